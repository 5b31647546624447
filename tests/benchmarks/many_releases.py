"""A repository with thousands of releases, made in seconds by `git fast-import`."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

from promptctl.core.record import Record, TagName, content_digest, format_message

PROMPTS, VERSIONS, UNRELATED = 1_000, 20, 200_000
_WHO = "Ada Lovelace <ada@example.com>"
_START = 1_767_258_000


def prompt_name(number: int) -> str:
    """The name of one of the prompts."""
    return f"team-{number % 20:02}/prompt-{number:04}"


def _text(number: int, version: int) -> bytes:
    return (
        f"description: Prompt {number}.\nprovider: echo\nvariables: {{name: {{type: string}}}}\n"
        f'template: "Greet {{{{ name }}}}, version {version} of {number}."\n'
    ).encode()


def _path(number: int) -> str:
    return f"prompts/{prompt_name(number)}.yaml"


def _blob_id(content: bytes) -> str:
    import hashlib

    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()


def _data(content: bytes) -> bytes:
    return b"data %d\n%s\n" % (len(content), content)


def _commit(version: int) -> Iterator[bytes]:
    yield f"commit refs/heads/main\nmark :{version}\n".encode()
    yield f"committer {_WHO} {_START + version * 60} +0000\n".encode()
    yield _data(f"Version {version}".encode())
    if version == 1:
        yield b"M 100644 inline promptctl.yaml\n" + _data(b"version: 1\n")
    for number in range(PROMPTS):
        yield f"M 100644 inline {_path(number)}\n".encode() + _data(_text(number, version))


def _tag(record: Record, mark: int) -> bytes:
    head = f"tag prompts/{record.tag}\nfrom :{mark}\ntagger {_WHO} {record.time} +0000\n"
    return head.encode() + _data(format_message(record).encode())


def _records(number: int, version: int) -> Iterator[Record]:
    name = prompt_name(number)
    content = content_digest({("prompt", ""): _blob_id(_text(number, version))})
    before = version - 1 or None
    for tag in (TagName(name, version), TagName(name, version, "published")):
        yield Record(
            tag=tag,
            kind="version" if tag.label is None else "publish",
            commit="",
            version=version,
            previous=before,
            path=_path(number),
            content=content,
            effect="behaviour" if before else "new",
            actor=_WHO,
            id=f"{number:016x}{version:016x}",
            subject=f"{name} v{version}",
            time=_START + version * 60 + 1,
        )


def make_repository(folder: Path, *, unrelated: int) -> Path:
    """1,000 prompts with 20 versions each, all published, and so many tags of other things; packed."""
    subprocess.run(["git", "init", "-q", "-b", "main", str(folder)], check=True)
    process = subprocess.Popen(["git", "fast-import", "--quiet"], cwd=folder, stdin=subprocess.PIPE)
    assert process.stdin is not None
    for version in range(1, VERSIONS + 1):
        for piece in _commit(version):
            process.stdin.write(piece)
    for version in range(1, VERSIONS + 1):
        for number in range(PROMPTS):
            for record in _records(number, version):
                process.stdin.write(_tag(record, version))
    process.stdin.close()
    if process.wait():
        raise RuntimeError("git fast-import failed")
    for command in (["checkout", "-q", "-f", "main"], ["pack-refs", "--all"]):
        subprocess.run(["git", *command], cwd=folder, check=True)
    _add_unrelated(folder, unrelated)
    return folder


def _add_unrelated(folder: Path, count: int) -> None:
    """Packed tags that are no releases, written as git writes them."""
    head = subprocess.check_output(["git", "rev-parse", "HEAD"], cwd=folder, text=True).strip()
    packed = folder / ".git/packed-refs"
    header, *lines = packed.read_text().splitlines()
    refs: list[tuple[str, list[str]]] = []
    for line in lines:
        if line.startswith("^"):
            refs[-1][1].append(line)
        else:
            refs.append((line.split(" ")[1], [line]))
    refs += [
        (f"refs/tags/build/{n:06}", [f"{head} refs/tags/build/{n:06}", f"^{head}"][:1])
        for n in range(count)
    ]
    body = "\n".join(line for _, group in sorted(refs) for line in group)
    packed.write_text(f"{header}\n{body}\n")
