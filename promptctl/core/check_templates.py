"""Rules about templates: do they parse, and do they use what the prompt declares."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import lru_cache, partial

from promptctl.core.check_content import check_attached
from promptctl.core.check_examples import check_examples
from promptctl.core.check_subject import Subject
from promptctl.core.check_text import check_length, check_spaces
from promptctl.core.closure import (
    MAX_TEXT_BYTES,
    Closure,
    ClosureProblem,
    ReadFile,
    Source,
    resolve_closure,
)
from promptctl.core.finding import Finding, Location
from promptctl.core.json_data import Json, Path
from promptctl.core.nearest import did_you_mean
from promptctl.core.prompt import TemplateFormat
from promptctl.core.rules import found
from promptctl.core.schema_words import shown
from promptctl.core.secrets import find_secrets
from promptctl.core.sections import is_undeclared
from promptctl.core.source_text import SourceText

MAX_PROBLEMS = 20
"""Of one prompt's templates; more have one cause, and the first twenty show it. Nor is a declared name
looked for that is near a used one for more names: that costs a look at all of them."""


def check_templates(
    subject: Subject, read: ReadFile, folder: str, *, is_sound: bool = False
) -> Iterator[Finding]:
    """Findings about a prompt's templates and about the files that they include from `folder`.

    Where all the rest of the prompt `is_sound`, its examples are rendered.
    """
    template_format = format_of(subject.data)
    if template_format is None:
        return
    closure = resolve_closure(subject.data, template_format, read)
    for problem in closure.problems[:MAX_PROBLEMS]:
        yield _worded(subject, problem, folder)
    for file, content in closure.files.items():
        check = _check_partial if file in closure.texts else _check_attached
        yield from check(content, f"{folder}/{file}")
    yield from check_attached(subject, closure.files)
    if ("variables",) in subject.broken:
        return
    declared = subject.mapping("variables")
    misspelt: set[str | None] = set()
    for name, source in closure.names.items():
        if name not in declared:
            near = declared if len(misspelt) < MAX_PROBLEMS else {}
            finding = _undeclared(subject, name, source, near, folder)
            misspelt.add(finding.hint)
            yield finding
    for finding in _undeclared_inside(subject, closure, folder):
        misspelt.add(finding.hint)
        yield finding
    used = closure.used
    unused = [n for n in declared if n not in used and _meant(n) not in misspelt]
    if unused and not closure.problems and not _has_broken_template(subject):
        for name in unused:
            yield _unused(subject, name)
    if subject.wants("trailing-space"):
        yield from check_spaces(subject, closure)
    place_of = partial(_place, subject, folder=folder)
    if not closure.problems:
        yield from check_length(subject, closure, place_of)
    if not closure.problems and subject.wants("variable-in-branch"):
        yield from _check_branches(subject, closure)
    if is_sound and not closure.problems and not misspelt:
        yield from check_examples(subject, closure, place_of)


def format_of(data: Mapping[str, Json]) -> TemplateFormat | None:
    """The language of a prompt's templates; None if it names none that exists."""
    try:
        return TemplateFormat(data.get("template_format", TemplateFormat.JINJA2.value))
    except ValueError:
        return None


def reached_files(data: Mapping[str, Json], read: ReadFile) -> frozenset[str]:
    """Paths of all files that a prompt includes or attaches, also of those that do not exist."""
    reached: set[str] = set()

    def remember(file: str) -> bytes:
        reached.add(file)
        return read(file)

    template_format = format_of(data)
    if template_format is not None:
        resolve_closure(data, template_format, remember)
    return frozenset(reached)


def _place(subject: Subject, source: Source, folder: str) -> Location:
    place = source.place
    if source.file is not None:
        line, column = (place.line, place.column) if place else (1, 1)
        return Location(f"{folder}/{source.file}", line, column, line, column + 1)
    if place is None:
        return subject.document.location(source.path)
    return subject.document.text_location(source.path, place.line, place.column)


def _worded(subject: Subject, problem: ClosureProblem, folder: str) -> Finding:
    place = _place(subject, problem.source, folder)
    if problem.rule.startswith("include-") and place.path == subject.document.path:
        place = _whole_name(subject, place)
    return found(problem.rule, place, problem.message, problem.hint)


_FILE_NAME = re.compile(r"(['\"])[^'\"]*\1|[^\s}'\"]+")


def _whole_name(subject: Subject, place: Location) -> Location:
    """The span of the file name that begins at a place, with its quotes."""
    name = _FILE_NAME.match(subject.document.source.line(place.line), place.column - 1)
    return replace(place, end_column=name.end() + 1) if name else place


def _has_broken_template(subject: Subject) -> bool:
    """Whether some template could not be looked at: it might use any variable."""
    paths = [("template",), *(("messages", index) for index, _ in subject.items("messages"))]
    broken = any(path[0] in ("template", "messages") for path in subject.broken)
    return broken or any(subject.document.refuses(path) for path in paths)


def _meant(name: str) -> str | None:
    """The hint of a misspelt name that was meant to be this one: then it is used after all."""
    return did_you_mean(name, [name])


def _undeclared(
    subject: Subject, name: str, source: Source, declared: Mapping[str, Json], folder: str
) -> Finding:
    where = ""
    if source.file is not None:
        prompt = subject.document.path.removeprefix(f"{folder}/").removesuffix(".yaml")
        where = f" in the prompt {shown(prompt)}"
    hint = did_you_mean(name, declared) or f"declare it: variables: {{{name}: {{type: string}}}}"
    message = f"the template uses {shown(name)}, which is not declared{where}"
    if name == "loop" and format_of(subject.data) is TemplateFormat.JINJA2:
        message = "`loop` is known only inside a `for` loop of the same text"
        hint = "move it between `{% for … %}` and its `{% else %}` or `{% endfor %}`"
    place = _place(subject, source, folder)
    if source.file is not None or subject.document.source.line(place.line).startswith(
        name, place.column - 1
    ):
        place = replace(place, end_column=place.column + len(name))
    return found("variable-undeclared", place, message, hint)


def _undeclared_inside(subject: Subject, closure: Closure, folder: str) -> Iterator[Finding]:
    """Names inside Mustache sections that no item can have."""
    declared = subject.mapping("variables")
    known: set[str] = set()
    for inner, source in closure.uncertain.items():
        if inner.name not in known and is_undeclared(inner, declared):
            known.add(inner.name)
            near = declared if len(known) <= MAX_PROBLEMS else {}
            yield _undeclared(subject, inner.name, source, near, folder)


def _unused(subject: Subject, name: str) -> Finding:
    message = f"the variable {shown(name)} is declared, but no template uses it"
    return subject.found("variable-unused", ("variables", name), message, "remove it", key=True)


def _check_branches(subject: Subject, closure: Closure) -> Iterator[Finding]:
    """Required variables that only branches of templates read: callers give them for nothing."""
    templates = [*closure.templates.values(), *closure.partials.values()]
    for name, schema in subject.mapping("variables").items():
        readers = [template for template in templates if name in template.names]
        is_required = isinstance(schema, Mapping) and "default" not in schema
        if is_required and readers and all(name in reader.branched for reader in readers):
            message = f"{shown(name)} must always be given, but only a branch uses it"
            hint = "give it a default, so that callers may leave it out"
            path: Path = ("variables", name)
            yield subject.found("variable-in-branch", path, message, hint, key=True)


@lru_cache(maxsize=64)
def _check_partial(content: bytes, path: str) -> tuple[Finding, ...]:
    """What is wrong with an included text by itself, whichever prompt includes it."""
    # What is not UTF-8 has its own finding; a secret beside it must not hide behind that.
    source = SourceText(path, content.decode("utf-8", "replace"))
    return tuple(secret_findings(source))


def _check_attached(content: bytes, path: str) -> tuple[Finding, ...]:
    """The same for a document; images and the like are no text, and are not searched."""
    if len(content) > MAX_TEXT_BYTES or b"\0" in content[:1024]:
        return ()
    try:
        content.decode()
    except UnicodeDecodeError:
        return ()
    return _check_partial.__wrapped__(content, path)


def secret_findings(source: SourceText) -> Iterator[Finding]:
    """A finding for everything in a text that looks like a secret."""
    for secret in find_secrets(source.text):
        yield found(
            "secret",
            source.span(secret.start, secret.end),
            f"this looks like {secret.kind} ({secret.prefix}…)",
            "remove it and revoke it; what is in git's history stays there",
        )
