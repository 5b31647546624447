"""The values of a prompt's variables, put together from the command line, a file and standard input."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from promptctl.core.document import parse_document
from promptctl.core.fast_dataclass import dataclass
from promptctl.core.json_data import Json, JsonInvalid, parse_json
from promptctl.core.prompt import Prompt
from promptctl.core.render import check_variables
from promptctl.core.schema_words import shown
from promptctl.errors import PromptctlError, UsageProblem, VariablesRefused

MAX_BYTES = 16 * 1024 * 1024
"""Of one file or of standard input; no model that we know reads as much."""


@dataclass(frozen=True, slots=True)
class VariableSources:
    """Where values come from, as the user said it; `assignments` beat `file`."""

    assignments: Sequence[str] = ()
    """`NAME=VALUE`, `NAME=@FILE`, and `@@` for a value that begins with `@`."""
    file: str | None = None
    """A file with a JSON or YAML object; `-` is standard input."""
    stdin_name: str | None = None
    """The variable that takes standard input, without one final newline."""


def gather_variables(
    prompt: Prompt,
    sources: VariableSources,
    *,
    directory: Path,
    read_stdin: Callable[[int], bytes],
) -> dict[str, Json]:
    """The values for a prompt, defaults filled in and checked against its declared variables.

    Raises VariablesRefused, which names every problem of every variable at once; UsageProblem where
    a source as a whole cannot be used. `read_stdin` is asked for at most so many bytes.
    """
    if sources.file == "-" and sources.stdin_name is not None:
        raise UsageProblem("--vars - and --stdin both want standard input; use one of them")
    values = values_of_file(sources.file, directory, read_stdin)
    refused: dict[str, str] = {}
    if sources.stdin_name is not None:
        try:
            text = _without_final_newline(_decoded(read_stdin(MAX_BYTES + 1)))
            values[sources.stdin_name] = _value(prompt, sources.stdin_name, text)
        except _Unusable as error:
            refused[sources.stdin_name] = f"variable `{sources.stdin_name}`: standard input {error}"
    assigned: set[str] = {sources.stdin_name} if sources.stdin_name is not None else set()
    for assignment in sources.assignments:
        name, problem = _assign(prompt, assignment, values, assigned, directory)
        if problem is not None:
            refused[name] = problem
    return _checked(prompt, values, refused)


class _Unusable(Exception):
    """Text for a variable that cannot be its value; the message continues a sentence."""


def _assign(
    prompt: Prompt,
    assignment: str,
    values: dict[str, Json],
    assigned: set[str],
    directory: Path,
) -> tuple[str, str | None]:
    """Put one `--var` into the values; its name, and what is wrong with it if something is."""
    name, equals, text = assignment.partition("=")
    if not equals or not name:
        return assignment, f"--var {shown(assignment)} is not NAME=VALUE"
    if name in assigned:
        return name, f"variable `{name}` is given twice"
    assigned.add(name)
    try:
        values[name] = _value(prompt, name, _dereferenced(text, directory))
    except _Unusable as error:
        return name, f"variable `{name}`: {error}"
    return name, None


def _dereferenced(text: str, directory: Path) -> str:
    """The text itself, or the content of the file that `@FILE` names."""
    if text.startswith("@@"):
        return text[1:]
    if not text.startswith("@"):
        if any("\ud800" <= char <= "\udfff" for char in text):
            raise _Unusable("its value is not UTF-8 text")
        return text
    path = text[1:]
    if not path:
        raise _Unusable("@ needs the name of a file; @@ is a literal @")
    try:
        return _decoded(_read(directory / path))
    except OSError as error:
        raise _Unusable(f"{path}: {error.strerror}") from error
    except _Unusable as error:
        raise _Unusable(f"{path} {error}") from error


def _read(path: Path) -> bytes:
    # The user names this file, so a link or a pipe (`@<(command)`) is welcome; only its size is not.
    with path.open("rb") as file:
        return file.read(MAX_BYTES + 1)


def _decoded(content: bytes) -> str:
    if len(content) > MAX_BYTES:
        raise _Unusable(f"is larger than {MAX_BYTES:,} bytes")
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise _Unusable(f"is not UTF-8 text (byte {error.start + 1})") from error
    if "\0" in text:
        raise _Unusable("is binary, not text")
    return text


def _without_final_newline(text: str) -> str:
    """The text as it was meant: `echo` and editors add a newline that nobody wants to send."""
    return text.removesuffix("\r\n" if text.endswith("\r\n") else "\n")


def _value(prompt: Prompt, name: str, text: str) -> Json:
    """The value that a text means: itself where a string is declared, else JSON."""
    declared = prompt.variables.get(name)
    if declared is None or _is_text(declared.schema):
        return text
    try:
        return parse_json(text, unique_keys=True)
    except JsonInvalid as error:
        wanted = declared.schema.get("type")
        if isinstance(wanted, Sequence) and "string" in wanted:
            return text
        hint = f"{wanted} is declared" if isinstance(wanted, str) else "a text goes in quotes"
        if wanted in _SHAPES:
            hint += f": --var '{name}={_SHAPES[wanted]}'"
        raise _Unusable(f"{_cut(text)} is not JSON: {error} ({hint})") from error


_SHAPES: Mapping[Json, str] = {"array": '["x", "y"]', "object": '{"key": "x"}'}
"""What to type for a value that is no scalar."""


def _is_text(schema: Mapping[str, Json]) -> bool:
    if "type" in schema:
        return schema["type"] == "string"
    choices = schema.get("enum")
    return (
        isinstance(choices, Sequence)
        and bool(choices)
        and all(isinstance(choice, str) for choice in choices)
    )


def _cut(text: str) -> str:
    return f"`{text if len(text) <= 40 else text[:39] + '…'}`"


def values_of_file(
    file: str | None, directory: Path, read_stdin: Callable[[int], bytes]
) -> dict[str, Json]:
    """The object that a file holds, in JSON or in YAML."""
    if file is None:
        return {}
    shown = "standard input" if file == "-" else file
    try:
        content = read_stdin(MAX_BYTES + 1) if file == "-" else _read(directory / file)
        text = _decoded(content)
    except OSError as error:
        raise UsageProblem(f"{shown}: {error.strerror}") from error
    except _Unusable as error:
        raise UsageProblem(f"{shown} {error}") from error
    data = _parsed(text, content, shown)
    if not isinstance(data, Mapping):
        raise UsageProblem(f"{shown} holds no object of variables", "write NAME: VALUE lines")
    return dict(data)


def _parsed(text: str, content: bytes, shown: str) -> Json:
    if text.lstrip().startswith("{"):
        try:
            return parse_json(text, unique_keys=True)
        except JsonInvalid:
            pass  # a flow mapping of YAML begins the same way, and YAML's findings name a place
    parsed = parse_document(content, shown)
    errors = [finding for finding in parsed.findings if finding.is_error]
    if errors:
        first = errors[0]
        raise UsageProblem(f"{first.location}: {first.message}", first.hint)
    return parsed.document.data if parsed.document is not None else {}


def _checked(
    prompt: Prompt, values: Mapping[str, Json], refused: Mapping[str, str]
) -> dict[str, Json]:
    """The checked values; if some could not even be read, the problems of all in one error."""
    if not refused:
        return check_variables(prompt, values)
    others = {name: value for name, value in prompt.variables.items() if name not in refused}
    rest = {name: value for name, value in values.items() if name not in refused}
    problems, hint = list(refused.values()), None
    try:
        check_variables(replace(prompt, variables=others), rest)
    except VariablesRefused as error:
        problems += error.problems
        hint = error.hint
    except PromptctlError as error:
        problems.append(error.message)
    raise VariablesRefused(prompt.name, problems, hint)
