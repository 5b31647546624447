"""What `init` and `new` say: the files they made and what to type next."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

from promptctl.core.json_data import Json
from promptctl.output.cells import cell_width
from promptctl.output.columns import columns
from promptctl.output.json_text import json_line
from promptctl.output.terminal import Terminal, visible_line

_COMMAND = 76
"""Characters of a command that can be read, and be pasted line by line."""
_PURPOSES = {
    "promptctl.yaml": "settings",
    "prompt.schema.json": "lets editors check prompts as you type",
    "prompts.yml": "reviews every pull request",
    "publish-prompts.yml": "publishes what is merged",
    ".pre-commit-config.yaml": "formats and checks before each commit",
    ".gitattributes": "same bytes on every machine",
}


@dataclass(frozen=True, slots=True)
class StartFacts:
    """What `init` did; `chosen` says that the user named the provider, and
    `key_variable` is where its key is missing.

    `folder` is the place as the user typed it, `root` the same as an absolute path; `tag_prefix` is
    what the tags of its releases begin with.
    """

    folder: str
    root: str
    made: tuple[str, ...]
    kept: tuple[str, ...]
    new_git: bool
    branch: str
    prompt: str | None
    provider: str
    model: str | None
    chosen: bool
    tag_prefix: str
    key_variable: str | None
    dry_run: bool


def start_text(facts: StartFacts, terminal: Terminal) -> str:
    """One line for each file, those made and those kept."""
    made, kept = ("would make", "would keep") if facts.dry_run else ("made", "kept")
    listed = [(made, "green", path) for path in facts.made]
    listed += [(kept, "dim", path) for path in facts.kept]
    rows = [(verb, visible_line(path), _purpose(path, facts.prompt)) for verb, _, path in listed]
    lines = columns(rows)
    limit = terminal.out_width
    if limit is not None and any(cell_width(line) > limit for line in lines):
        lines = columns([row[:2] for row in rows])
    painted = (
        terminal.paint(verb, style) + line.removeprefix(verb)
        for (verb, style, _), line in zip(listed, lines, strict=True)
    )
    return "".join(f"{line}\n" for line in painted)


def start_json(facts: StartFacts) -> str:
    """What `init` did as one JSON object, `promptctl.init/1`."""
    value: dict[str, Json] = {
        "schema": "promptctl.init/1",
        "root": facts.root,
        "dry_run": facts.dry_run,
        "made": list(facts.made),
        "kept": list(facts.kept),
        "new_git": facts.new_git,
        "prompt": facts.prompt,
        "provider": None if facts.prompt is None else facts.provider,
        "model": None if facts.prompt is None else facts.model,
    }
    return json_line(value)


def new_json(name: str, path: str, provider: str, model: str | None) -> str:
    """The prompt that `new` made as one JSON object, `promptctl.new/1`."""
    value: dict[str, Json] = {
        "schema": "promptctl.new/1",
        "name": name,
        "path": path,
        "provider": provider,
        "model": model,
    }
    return json_line(value)


def _purpose(path: str, prompt: str | None) -> str:
    if prompt is not None and path.endswith(f"/{prompt}.yaml"):
        return "a first prompt"
    return _PURPOSES.get(PurePosixPath(path).name, "")


def start_notes(facts: StartFacts) -> Iterator[str]:
    """What happened besides the files, and the commands to type next."""
    if facts.dry_run:
        yield "Nothing was made (--dry-run)."
        return
    if facts.new_git:
        yield f"Made a git repository on branch {visible_line(facts.branch)}; nothing is committed yet."
    if not facts.made:
        yield "Everything is in place already."
    if any(path.endswith("/publish-prompts.yml") for path in facts.made):
        yield (
            f"On GitHub, add a tag ruleset for {facts.tag_prefix}**/* that forbids updates and deletions\n"
            "(Settings, Rules, Rulesets): then nobody can change what was released."
        )
    if facts.prompt is None:
        yield from _next(facts, "promptctl list", "promptctl validate", *_commit(facts))
        return
    if facts.provider == "echo" and not facts.chosen:
        yield (
            "The prompt uses provider echo: no model, it sends your own message back.\n"
            "For a real one on this machine: promptctl model install, then --provider local."
        )
    publish = f"promptctl publish {facts.prompt}    # with a remote: git push first"
    yield from _next(facts, "promptctl validate", _run(facts.prompt), *_commit(facts), publish)
    if facts.key_variable is not None:
        yield "To run it you need a key first:"
        yield f"  export {facts.key_variable}=…"


def _commit(facts: StartFacts) -> Iterator[str]:
    """How the new files get into git; of a repository that was there before, those and no others."""
    if facts.new_git:
        yield "git add . && git commit -m 'Prompts as code'"
    elif facts.made:
        line = "git add"
        for path in map(shlex.quote, facts.made):
            if len(line) + len(path) > _COMMAND and line != "git add":
                yield line
                line = "git add"
            line += f" {path}"
        yield line
        yield "git commit -m 'Prompts as code'"


def _run(prompt: str) -> str:
    return f"promptctl run {prompt} --var word=photosynthesis"


def _next(facts: StartFacts, *commands: str) -> Iterator[str]:
    yield ""
    yield "Next:"
    if facts.folder not in ("", "."):
        yield f"  cd {shlex.quote(facts.folder)}"
    for command in commands:
        yield f"  {command}"


def new_notes(name: str) -> Iterator[str]:
    """The commands to type after `new`."""
    yield "Next:"
    yield f"  promptctl edit {name}"
    yield f"  promptctl validate {name}"
