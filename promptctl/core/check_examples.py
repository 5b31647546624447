"""Rendering a prompt with its own examples and defaults: what fails there fails for its callers too."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from promptctl.core.check_subject import Subject, lookup
from promptctl.core.closure import Closure, Source
from promptctl.core.finding import Finding, Location
from promptctl.core.json_data import Json, Path
from promptctl.core.rules import found
from promptctl.core.schema_words import shown
from promptctl.core.templates import Effort, Template, TemplateFailed, effort

MAX_EXAMPLES = 20
MAX_EFFORT = 0.3
"""Templates that take more are not tried, and no rendering begins after so much is spent."""

PlaceOf = Callable[[Source], Location]


def check_examples(subject: Subject, closure: Closure, place_of: PlaceOf) -> Iterator[Finding]:
    """Findings about examples that the templates fail with, and about failing defaults.

    The prompt has no errors otherwise. Templates that cannot fail are not rendered.
    """
    declared = subject.mapping("variables")
    templates = [*closure.templates.values(), *closure.partials.values()]
    if not any(template.can_fail(declared) for template in templates):
        return
    if sum(template.cost for template in templates) > MAX_EFFORT:
        return
    token = effort.set(Effort(MAX_EFFORT))
    try:
        yield from _failures(subject, closure, place_of, declared)
    finally:
        effort.reset(token)


def _failures(
    subject: Subject, closure: Closure, place_of: PlaceOf, declared: Mapping[str, Json]
) -> Iterator[Finding]:
    defaults = {
        name: schema["default"]
        for name, schema in declared.items()
        if isinstance(schema, Mapping) and "default" in schema
    }
    failed = False
    for index, _ in list(subject.items("examples"))[:MAX_EXAMPLES]:
        given = subject.mapping("examples", index, "variables")
        failure = _failure(subject, closure, {**defaults, **given})
        if failure is not None:
            failed = True
            name = subject.value("examples", index, "name")
            source, error = failure
            message = f"example {shown(name)} fails at {place_of(source)}: {error.message}"
            yield subject.found("example-invalid", ("examples", index, "name"), message, error.hint)
    if not failed and len(defaults) == len(declared):
        failure = _failure(subject, closure, defaults)
        if failure is not None:
            source, error = failure
            how = "with its defaults" if declared else "without variables"
            message = f"{how} the template fails: {error.message}"
            yield found("example-invalid", place_of(source), message, error.hint)


def _failure(
    subject: Subject, closure: Closure, values: Mapping[str, Json]
) -> tuple[Source, TemplateFailed] | None:
    """The first template that fails with these values, and where."""
    for path, template in closure.templates.items():
        error = _error(template, values, closure.partials)
        if error is not None:
            return Source(path, error.file or _own_file(subject, path), error.place), error
    return None


def _error(
    template: Template, values: Mapping[str, Json], partials: Mapping[str, Template]
) -> TemplateFailed | None:
    allowed = effort.get()
    if allowed is None or allowed.left < 0:
        return None
    try:
        template.render(values, partials)
    except TemplateFailed as error:
        return error
    return None


def _own_file(subject: Subject, path: Path) -> str | None:
    value = lookup(subject.data, path)
    return value if path[-1] == "file" and isinstance(value, str) else None
