"""Records: the annotated tags that versions and label moves are, as text and as values.

A record's message is a subject, what the user said, and a last paragraph of trailers, which alone
counts. docs/releases.md describes the format; format 1 stays readable for ever.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal, NamedTuple, TypeVar, get_args

from promptctl.core.fast_dataclass import dataclass
from promptctl.core.reference import is_label, is_prompt_name

RecordKind = Literal["version", "publish", "label", "rollback", "retire", "rollout"]
RecordEffect = Literal["new", "breaking", "behaviour", "compatible", "cosmetic"]
_KINDS: tuple[RecordKind, ...] = get_args(RecordKind)
_EFFECTS: tuple[RecordEffect, ...] = get_args(RecordEffect)
_Choice = TypeVar("_Choice", bound=str)

MAX_RECORD = 64 * 1024
"""Bytes of the largest tag object that is read as a record."""
MAX_NUMBER = 999_999_999

_NUMBER = re.compile(r"[1-9][0-9]{0,8}")
_VERSION_PART = re.compile(r"v([1-9][0-9]{0,8})")
_LABEL_PART = re.compile(r"([a-z0-9_-]+)\.([1-9][0-9]{0,8})")
_TRAILER = re.compile(r"([A-Za-z][A-Za-z0-9-]*): (.*)")
_TAGGER = re.compile(r"(.*) (-?[0-9]{1,15}) ([+-][0-9]{4})")
_OID = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?")
_SIGNATURE = re.compile(r"^-----BEGIN (PGP|SSH|SIGNED) ", re.MULTILINE)
_FORMAT = "1"


class RecordInvalid(ValueError):
    """A tag in our name space is no record; the message says why, in one clause."""


class TagName(NamedTuple):
    """What the name of a record's tag says: version `number` of a prompt, or move `number` of a label."""

    prompt: str
    number: int
    label: str | None = None

    def __str__(self) -> str:
        if self.label is None:
            return f"{self.prompt}@v{self.number}"
        return f"{self.prompt}@{self.label}.{self.number}"


def parse_tag_name(tag: str) -> TagName | None:
    """What a tag's name, without the prefix of settings, stands for; None if it is no record's."""
    prompt, at, end = tag.partition("@")
    if not at or not is_prompt_name(prompt):
        return None
    version = _VERSION_PART.fullmatch(end)
    if version is not None:
        return TagName(prompt, int(version[1]))
    move = _LABEL_PART.fullmatch(end)
    if move is not None and is_label(move[1]):
        return TagName(prompt, int(move[2]), move[1])
    return None


@dataclass(frozen=True, slots=True)
class Record:
    """One version, or one move of a label, as its tag says."""

    tag: TagName
    kind: RecordKind
    commit: str
    version: int | None
    """The version that it makes or names; None for a label that names nothing."""
    previous: int | None
    """The version before, or the one that the label named before."""
    path: str
    """The prompt's file at the commit, from the top of the git repository."""
    content: str
    """`sha256:` and the digest of all that the version is made of."""
    effect: RecordEffect
    actor: str
    id: str
    run_url: str | None = None
    subject: str = ""
    message: str = ""
    """What the user said, perhaps nothing."""
    time: int = 0
    """Seconds since 1970, by the clock of whoever made it."""
    zone: str = "+0000"
    oid: str = ""
    is_signed: bool = False

    @property
    def name(self) -> str:
        """The prompt's name."""
        return self.tag.prompt


def format_message(record: Record) -> str:
    """The message of a record's tag. The user's text is changed only where it could not be read back."""
    said = "\n".join(line.rstrip() for line in record.message.strip().splitlines())
    parts = [record.subject, *([said] if said else []), "\n".join(_trailers(record))]
    return "\n\n".join(parts) + "\n"


def message_problem(message: str) -> str | None:
    """Why a text cannot be what the user says in a record; None if it can."""
    if len(message.encode("utf-8", "surrogatepass")) > MAX_RECORD // 2:
        return f"it is longer than {MAX_RECORD // 2:,} bytes"
    if any(0xD800 <= ord(char) <= 0xDFFF or char == "\0" for char in message):
        return "it holds a NUL or half a character"
    if _SIGNATURE.search(message):
        return "a line of it begins like a signature"
    return None


def _trailers(record: Record) -> list[str]:
    lines = [
        f"Promptctl-Record: {record.kind}",
        f"Format: {_FORMAT}",
        f"Name: {record.name}",
        *([f"Label: {record.tag.label}"] if record.tag.label else []),
        f"Version: {_numbered(record.version)}",
        f"Previous: {_numbered(record.previous)}",
        f"Path: {record.path}",
        f"Content: {record.content}",
        f"Effect: {record.effect}",
        f"Actor: {record.actor}",
    ]
    if record.run_url:
        lines.append(f"Run-Url: {record.run_url}")
    return [*lines, f"Id: {record.id}"]


def _numbered(version: int | None) -> str:
    return "none" if version is None else str(version)


def format_tag(record: Record, tag: str, tagger: str) -> bytes:
    """The tag object of a record: `tag` is its whole name, `tagger` a git identity without time.

    The format is that of `git mktag`.
    """
    head = f"object {record.commit}\ntype commit\ntag {tag}\ntagger {tagger} {record.time} {record.zone}\n"
    return f"{head}\n{format_message(record)}".encode()


def parse_record(content: bytes, tag: str, prefix: str, oid: str = "") -> Record:
    """The record in a tag object that stands at the tag `tag`. Raises RecordInvalid."""
    name = parse_tag_name(tag.removeprefix(prefix))
    if name is None or not tag.startswith(prefix):
        raise RecordInvalid("its name is not that of a record")
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        raise RecordInvalid("it is not UTF-8") from None
    head, _, message = text.partition("\n\n")
    headers = _headers(head)
    if headers.get("tag") != tag:
        raise RecordInvalid("the name inside it is another one")
    if headers.get("type") != "commit" or not _OID.fullmatch(headers.get("object", "")):
        raise RecordInvalid("it names no commit")
    tagger = _TAGGER.fullmatch(headers.get("tagger", ""))
    if tagger is None:
        raise RecordInvalid("nobody is named as its maker")
    signature = _SIGNATURE.search(message)
    body = message[: signature.start()] if signature else message
    trailers, said = _split_message(body)
    return _record(name, trailers, said, headers, tagger, oid, signature is not None)


def _headers(head: str) -> dict[str, str]:
    pairs = (line.partition(" ") for line in head.split("\n") if not line.startswith(" "))
    return {key: value for key, _, value in reversed(list(pairs))}


def _split_message(body: str) -> tuple[dict[str, str], str]:
    """The trailers of the last paragraph, and everything before it."""
    said, _, last = body.strip("\n").rpartition("\n\n")
    trailers: dict[str, str] = {}
    for line in last.split("\n"):
        found = _TRAILER.fullmatch(line)
        if found is None:
            raise RecordInvalid("its last paragraph is not one of trailers")
        if found[1] in trailers:
            raise RecordInvalid(f"the trailer {found[1]} stands in it twice")
        trailers[found[1]] = found[2].strip()
    return trailers, said


def _record(
    name: TagName,
    trailers: Mapping[str, str],
    said: str,
    headers: Mapping[str, str],
    tagger: re.Match[str],
    oid: str,
    is_signed: bool,
) -> Record:
    if trailers.get("Format") != _FORMAT:
        raise RecordInvalid("its format is not one that this promptctl knows")
    kind = _one_of(trailers, "Promptctl-Record", _KINDS)
    if trailers.get("Name") != name.prompt:
        raise RecordInvalid("the Name in it is another prompt's")
    if trailers.get("Label") != name.label or (kind == "version") != (name.label is None):
        raise RecordInvalid("the Label in it is another one")
    version = _number(trailers, "Version")
    if kind == "version" and version != name.number:
        raise RecordInvalid("the Version in it is another one")
    if version is None and kind not in ("retire", "rollback"):
        raise RecordInvalid("it names no version")
    subject, _, message = said.partition("\n\n")
    return Record(
        tag=name,
        kind=kind,
        commit=headers["object"],
        version=version,
        previous=_number(trailers, "Previous"),
        path=_path(trailers),
        content=trailers.get("Content", ""),
        effect=_one_of(trailers, "Effect", _EFFECTS),
        actor=trailers.get("Actor") or tagger[1],
        id=trailers.get("Id", ""),
        run_url=trailers.get("Run-Url"),
        subject=subject,
        message=message.strip("\n"),
        time=int(tagger[2]),
        zone=tagger[3],
        oid=oid,
        is_signed=is_signed,
    )


def _one_of(trailers: Mapping[str, str], key: str, choices: tuple[_Choice, ...]) -> _Choice:
    for choice in choices:
        if choice == trailers.get(key):
            return choice
    raise RecordInvalid(f"its {key} is none that there is")


def _number(trailers: Mapping[str, str], key: str) -> int | None:
    value = trailers.get(key, "")
    if value == "none":
        return None
    if not _NUMBER.fullmatch(value):
        raise RecordInvalid(f"its {key} is no number")
    return int(value)


def _path(trailers: Mapping[str, str]) -> str:
    path = trailers.get("Path", "")
    name = trailers.get("Name", "")
    parts = path.split("/")
    if not path.endswith(f"/{name}.yaml") or any(part in ("", ".", "..") for part in parts):
        raise RecordInvalid("its Path is not that of such a prompt")
    return path


def content_digest(entries: Mapping[tuple[str, str], str]) -> str:
    """The Content of a version: `(role, path)` -> blob id, digested as docs/releases.md says."""
    import hashlib  # OpenSSL takes its time to load, and only who makes or verifies a record needs it

    lines = sorted(f"{role}\0{path}\0{oid}\n".encode() for (role, path), oid in entries.items())
    return f"sha256:{hashlib.sha256(b''.join(lines)).hexdigest()}"
