"""The corpus under tests/examples: each file, or folder, is a prompt repository with known findings.

`NAME.yaml` is one prompt; a folder `NAME/` is a repository of several files; GENERATED makes what is too
big, too odd or too secret-looking to lie in git. For an invalid one, `NAME.expected` lists the
findings: `line:column severity rule`, in folders with the path in front.

`python -m tests.example_files NAME…` writes the expectation of new examples: read it before you commit.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from promptctl.core.finding import Finding
from promptctl.operations.repository import open_repository
from promptctl.operations.validate import validate
from promptctl.output.terminal import visible

EXAMPLES = Path(__file__).resolve().parent / "examples"
HEAD = "provider: openai\nmodel: gpt-4o-mini\n"
HELLO = HEAD + "template: Hello\n"

Make = Callable[[Path], None]


@dataclass(frozen=True, slots=True)
class Example:
    """One case: how to make its repository, and what validate must find in it."""

    name: str
    make: Make
    expected: tuple[str, ...]
    single: bool = True


def valid_examples() -> Iterator[Example]:
    """Every example that must have no findings at all."""
    for path in sorted((EXAMPLES / "valid").iterdir()):
        yield Example(path.name.removesuffix(".yaml"), _maker(path), ())


def invalid_examples() -> Iterator[Example]:
    """Every example with findings, those from files and those that are generated."""
    for path in sorted((EXAMPLES / "invalid").iterdir()):
        if path.suffix != ".expected":
            expected = path.with_name(path.name.removesuffix(".yaml") + ".expected")
            name = path.name.removesuffix(".yaml")
            yield Example(name, _maker(path), _expected(expected), single=path.is_file())
    for name, make in GENERATED.items():
        yield Example(name, make, _expected(EXAMPLES / f"generated/{name}.expected"), single=False)


def _expected(path: Path) -> tuple[str, ...]:
    return tuple(path.read_text().split("\n")[:-1]) if path.exists() else ()


def finding_lines(findings: Iterable[Finding], *, single: bool) -> tuple[str, ...]:
    """Findings as the `.expected` files write them."""
    return tuple(
        f"{'' if single else visible(f.location.path) + ':'}{f.location.line}:{f.location.column}"
        f" {f.severity.value} {f.rule}"
        for f in findings
    )


def _maker(source: Path) -> Make:
    def make(root: Path) -> None:
        if source.is_dir():
            shutil.copytree(source, root, dirs_exist_ok=True)
        else:
            _write(root, f"prompts/{source.name}", source.read_bytes())
        if not (root / "promptctl.yaml").exists():
            _write(root, "promptctl.yaml", b"version: 1\n")

    return make


def _write(root: Path, path: str, content: bytes) -> None:
    target = root / path
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(content)


def _files(files: Mapping[str, str | bytes]) -> Make:
    def make(root: Path) -> None:
        _write(root, "promptctl.yaml", b"version: 1\n")
        for path, content in files.items():
            _write(root, path, content if isinstance(content, bytes) else content.encode())

    return make


def _prompt(content: str | bytes) -> Make:
    return _files({"prompts/case.yaml": content})


def _odd(make_it: Callable[[Path], None], text: str = HELLO, at: str = "prompts/odd.yaml") -> Make:
    def make(root: Path) -> None:
        _files({"prompts/fine.yaml": text})(root)
        (root / at).parent.mkdir(parents=True, exist_ok=True)
        make_it(root / at)

    return make


_LAUGHS = "a0: &a0 [lol, lol]\n" + "".join(
    f"a{i}: &a{i} [*a{i - 1}, *a{i - 1}, *a{i - 1}]\n" for i in range(1, 30)
)
_MERGES = "m0: &m0 {a: 1}\n" + "".join(
    f"m{i}: &m{i} {{<<: [*m{i - 1}, *m{i - 1}]}}\n" for i in range(1, 12)
)
_CHAIN = {
    f"prompts/_partials/p{i}.md": f"{{% include '_partials/p{i + 1}.md' %}}" for i in range(40)
} | {"prompts/_partials/p40.md": "end"}
_DOUBLING = {
    f"prompts/_partials/p{i}.md": f"{{% include '_partials/p{i + 1}.md' %}}" * 2 for i in range(14)
} | {"prompts/_partials/p14.md": "{{ x }}"}
_START = HEAD + "template: \"{% include '_partials/p0.md' %}\"\n"
_INCLUDES = HEAD + "template: \"{% include '_partials/link.md' %}\"\n"
_LONG = "Zq3Xw9Lk2Vb7Nc5Mt8Rj4Hf6Gd1Ps0Ya"
_SECRETS = {
    "openai": "sk-" + "proj-" + _LONG * 2,
    "anthropic": "sk-" + "ant-api03-" + _LONG * 2,
    "aws": "AKIA" + "Q3XW7LK2VB7NC5MT",
    "github": "ghp" + "_" + _LONG + "abcd",
    "slack": "xoxb" + "-123456789012-" + _LONG,
    "google": "AIza" + _LONG + "abc",
    "web-token": "eyJ" + _LONG + ".eyJ" + _LONG + "." + _LONG,
    "private-key": "-----BEGIN " + "RSA PRIVATE KEY----- " + _LONG * 3,
}

_RULES = "Rule: say only what the text says, and name the page.\n" * 100

GENERATED: dict[str, Make] = {
    "cache-prefix": (
        _prompt(
            HEAD
            + 'messages:\n- {role: system, content: "Today is {{ day }}."}\n'
            + f"- {{role: user, content: {json.dumps(_RULES)}}}\n"
            + "variables: {day: {type: string}}\n"
        )
    ),
    "cache-prefix-in-partial": (
        _files(
            {
                "prompts/case.yaml": HEAD
                + "messages:\n- {role: system, file: _partials/day.md}\n"
                + "- {role: user, content: \"{% include '_partials/rules.md' %}\"}\n"
                + "variables: {day: {type: string}}\n",
                "prompts/_partials/day.md": "Today is\n{{ day }}.\n",
                "prompts/_partials/rules.md": _RULES,
            }
        )
    ),
    "prompt-too-long": (
        _prompt("provider: openai\nmodel: gpt-4\ntemplate: " + json.dumps(_RULES * 8) + "\n")
    ),
    "bomb-aliases": (_prompt(HELLO + _LAUGHS)),
    "bomb-merge-keys": (_prompt(HELLO + _MERGES)),
    "bomb-flow-nesting": (_prompt(HELLO + "metadata: " + "[" * 100_000)),
    "bomb-flow-nesting-closed": (_prompt(HELLO + "metadata: " + "[" * 30_000 + "]" * 30_000)),
    "bomb-mapping-nesting": (_prompt(HELLO + "metadata: " + "{a: " * 20_000)),
    "bomb-block-nesting": (
        _prompt(HELLO + "metadata:\n" + "".join(f"{' ' * i}a:\n" for i in range(1, 700)))
    ),
    "bomb-many-keys": (
        _prompt(HELLO + "metadata:\n" + "".join(f"  k{i}: v\n" for i in range(60_000)))
    ),
    "bomb-question-marks": (_prompt(HELLO + "metadata:\n" + "? " * 20_000)),
    "bomb-dashes": (_prompt(HELLO + "metadata:\n" + "- " * 20_000)),
    "bomb-large-file": (_prompt(HELLO + "# " + "x" * 2_000_000 + "\n")),
    "bomb-unused-variables": (
        _prompt(HELLO + "variables:\n" + "".join(f"  v{i}: {{}}\n" for i in range(300)))
    ),
    "bomb-include-chain": (_files({"prompts/case.yaml": _START} | _CHAIN)),
    "bomb-include-doubling": (_files({"prompts/case.yaml": _START} | _DOUBLING)),
    "bomb-template-parentheses": (_prompt(HEAD + 'template: "{{ ' + "(" * 20_000 + ')"\n')),
    "bomb-template-loops": (_prompt(HEAD + "template: |\n  " + "{% for a in b %}" * 2_000 + "\n")),
    "bomb-template-not": (_prompt(HEAD + 'template: "{{ ' + "not " * 20_000 + 'x }}"\n')),
    "bomb-template-sums": (_prompt(HEAD + 'template: "{{ x' + " + x" * 20_000 + ' }}"\n')),
    "bomb-mustache-sections": (
        _prompt(HEAD + "template_format: mustache\ntemplate: '" + "{{#a}}" * 20_000 + "'\n")
    ),
    # One finding after the other on one long line, of which a person sees a few cells each.
    "bomb-line-of-unclosed-names": (
        _prompt(HEAD + "template_format: f-string\ntemplate: '" + "{x:" * 100_000 + "'\n")
    ),
    "bomb-line-of-many-variables": (
        _prompt(
            HEAD
            + 'template: "'
            + "".join(f"{{{{ v{i} }}}}" + "x" * 6_000 for i in range(100))
            + '"\n'
        )
    ),
    "bomb-unknown-keys": (
        _prompt(HELLO + "parameters: {" + ", ".join(f"k{i}: {i}" for i in range(15_000)) + "}\n")
    ),
    "bomb-messages": (_prompt(HEAD + "messages: [" + "1, " * 20_000 + "]\n")),
    "bomb-line-of-a-megabyte": (
        _prompt(
            HELLO + "parameters: {" + "".join(f"k{i}: {'é' * 5_000}, " for i in range(100)) + "}\n"
        )
    ),
    "bomb-lines": (_prompt(HELLO + "\n" * 1_000_000 + "]\n")),
    "bomb-schema-depth": (
        _prompt(
            HEAD
            + 'template: "{{ v }}"\nvariables: {v: '
            + "{items: " * 100
            + "{}"
            + "}" * 100
            + "}\n"
        )
    ),
    "encoding-nul": (_prompt(HELLO.encode() + b"# \x00\n")),
    "encoding-control": (_prompt(HELLO.encode() + b"# \x1b[2J\n")),
    "encoding-bom": (_prompt(b"\xef\xbb\xbf" + HELLO.encode())),
    "encoding-utf-16": (_prompt(HELLO.encode("utf-16"))),
    "encoding-latin-1": (_prompt((HEAD + "template: café\n").encode("latin-1"))),
    "encoding-surrogate": (_prompt(HELLO.encode() + b"# \xed\xa0\x80\n")),
    "encoding-binary": (_prompt(bytes(range(256)) * 4)),
    "crlf-places": (_prompt((HEAD + "template: |\n  Hi\n  {{ nme }}\n").replace("\n", "\r\n"))),
    "number-of-5000-digits": (_prompt(HELLO + "parameters: {seed: " + "9" * 5000 + "}\n")),
    "key-of-50000-characters": (_prompt(HELLO + "k" * 50_000 + ": x\n")),
    "key-of-500-characters": (_prompt(HELLO + "k" * 500 + ": x\n")),
    "link-to-prompt": (_odd(lambda path: path.symlink_to("fine.yaml"))),
    "link-outside": (_odd(lambda path: path.symlink_to("/etc/passwd"))),
    "link-to-nothing": (_odd(lambda path: path.symlink_to("nothing.yaml"))),
    "link-to-zeros": (_odd(lambda path: path.symlink_to("/dev/zero"))),
    "link-in-folder": (_odd(lambda path: path.symlink_to("/etc"), at="prompts/folder")),
    "link-partial": (
        _odd(lambda path: path.symlink_to("/etc/passwd"), _INCLUDES, "prompts/_partials/link.md")
    ),
    "pipe": (_odd(lambda path: os.mkfifo(path))),
    "name-clash-case": (_files({"prompts/greeting.yaml": HELLO, "prompts/Greeting.yaml": HELLO})),
    "name-clash-composed": (
        _files({"prompts/caf\u00e9.yaml": HELLO, "prompts/cafe\u0301.yaml": HELLO})
    ),
    "name-hostile": (_files({"prompts/\x1b[31m;$(id).yaml": HELLO})),
    "name-too-long": (_files({f"prompts/{'n' * 200}.yaml": HELLO})),
    "secret-in-metadata": (_prompt(HELLO + f"metadata: {{token: {_SECRETS['github']}}}\n")),
    "secret-in-example": (
        _prompt(
            HEAD + 'template: "{{ k }}"\nvariables: {k: {type: string}}\n'
            f"examples: [{{name: one, variables: {{k: {_SECRETS['aws']}}}}}]\n"
        )
    ),
    "secret-in-comment": (_prompt(HELLO + f"# {_SECRETS['slack']}\n")),
    "secret-in-partial": (
        _files(
            {
                "prompts/case.yaml": HEAD + "messages: [{role: system, file: _partials/a.md}]\n",
                "prompts/_partials/a.md": f"Use\n{_SECRETS['google']}\n",
            }
        )
    ),
    "secret-behind-template-error": (
        _files(
            {
                "prompts/case.yaml": HEAD + "messages: [{role: system, file: _partials/a.md}]\n",
                "prompts/_partials/a.md": f"{{{{ broken\n{_SECRETS['google']}\n",
            }
        )
    ),
    "secret-beside-binary": (
        _files(
            {
                "prompts/case.yaml": HEAD + "messages: [{role: system, file: _partials/a.md}]\n",
                "prompts/_partials/a.md": f"{_SECRETS['github']}\n".encode() + b"\xff\n",
            }
        )
    ),
    "secret-in-attached-file": (
        _files(
            {
                "prompts/case.yaml": HEAD + "messages:\n- role: user\n  content:\n"
                "  - {type: text, text: Read}\n  - {type: file, path: _files/a.txt}\n",
                "prompts/_files/a.txt": f"{_SECRETS['aws']}\n",
            }
        )
    ),
    **{
        f"secret-{kind}": (_prompt(HEAD + f'template: "Use {text} here"\n'))
        for kind, text in _SECRETS.items()
    },
}


def findings_of(example: Example) -> tuple[Finding, ...]:
    """What validate finds in an example now."""
    with tempfile.TemporaryDirectory() as folder:
        example.make(Path(folder))
        repository = open_repository(folder, {}, bare_name="worktree", lenient=True)
        return tuple(validate(repository, jobs=1).findings)


def _write_expectation(example: Example) -> None:
    folder = "generated" if example.name in GENERATED else "invalid"
    target = EXAMPLES / folder / f"{example.name}.expected"
    target.parent.mkdir(exist_ok=True)
    lines = finding_lines(findings_of(example), single=example.single)
    target.write_text("".join(f"{line}\n" for line in lines))


if __name__ == "__main__":
    for case in invalid_examples():
        if case.name in sys.argv[1:] or (sys.argv[1:] == ["--new"] and not case.expected):
            _write_expectation(case)
