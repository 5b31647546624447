"""Fallbacks under check: each is looked at as the prompt that it makes of its file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from promptctl.core.catalog import has_one_interface
from promptctl.core.check_subject import Subject
from promptctl.core.finding import Finding
from promptctl.core.json_data import Json, dump_json
from promptctl.core.prompt import Path
from promptctl.core.render import parameters_elsewhere
from promptctl.core.schema_words import shown

_OWN = ("provider", "model", "parameters")


def fallback_subjects(subject: Subject) -> Iterator[tuple[Subject, bool]]:
    """For each sound fallback the prompt with its provider, model and parameters in place of its own.

    With each, whether it gets the parameters of the prompt.
    """
    for index, fallback in subject.items("fallbacks"):
        whole: Path = ("fallbacks", index)
        if isinstance(fallback, Mapping) and subject.is_sound(whole):
            yield _as_prompt(subject, whole, fallback), "parameters" not in fallback


def _as_prompt(subject: Subject, whole: Path, fallback: Mapping[str, Json]) -> Subject:
    kept = {key: v for key, v in subject.data.items() if key not in (*_OWN, "fallbacks")}
    inherits = "parameters" not in fallback
    parameters: Json = fallback.get("parameters")
    same = fallback.get("provider") == subject.data.get("provider")
    if not same and has_one_interface(str(fallback.get("provider"))):
        kept.pop("api", None)
    if inherits:
        parameters = parameters_elsewhere(subject.mapping("parameters"), same_provider=same)
    data = {**kept, **fallback, "parameters": parameters}
    broken = {
        path for path in subject.broken if path[:1] not in [(key,) for key in (*_OWN, "fallbacks")]
    }

    def place(path: Path) -> Path:
        is_own = path[0] in _OWN and not (inherits and path[0] == "parameters")
        return (*whole, *path) if is_own else (*whole, "provider")

    return replace(subject, data=data, broken=frozenset(broken), place=place)


def check_repeated(subject: Subject) -> Iterator[Finding]:
    """Findings about fallbacks that ask the same of the same model as somebody before them."""
    own = {key: subject.value(key) for key in _OWN}
    asked = {_request(own)}
    for index, fallback in subject.items("fallbacks"):
        if not isinstance(fallback, Mapping):
            continue
        request = _request({**own, "model": None, **fallback})
        if request in asked:
            name = shown(" ".join(str(fallback[k]) for k in ("provider", "model") if k in fallback))
            message = f"{name} has been asked the same before, and did not answer"
            path: Path = ("fallbacks", index)
            yield subject.found("fallback-repeated", path, message, "remove it, or name another")
        asked.add(request)


def _request(asked: Mapping[str, Json]) -> str:
    return dump_json([asked[key] or None for key in _OWN])
