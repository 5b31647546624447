"""Effective settings as text and as JSON; never a key."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from promptctl.core.json_data import Json, dump_json
from promptctl.core.summary import EndpointSummary, SettingSummary
from promptctl.output.columns import wrapped_columns
from promptctl.output.json_text import json_line
from promptctl.output.terminal import Terminal


def settings_text(
    settings: Sequence[SettingSummary],
    endpoints: Sequence[EndpointSummary],
    timeouts: Sequence[SettingSummary],
    terminal: Terminal,
) -> str:
    """Each setting and each endpoint on a line, with where it comes from."""
    lines: list[str] = []
    if settings:
        lines += [
            terminal.paint("settings", "bold"),
            *_indented([row for s in settings for row in _setting_rows(s)], terminal),
        ]
        lines.append("")
    lines += [
        terminal.paint("endpoints", "bold"),
        *_indented([_endpoint_row(e) for e in endpoints], terminal),
    ]
    if timeouts:
        lines += ["", terminal.paint("timeouts", "bold")]
        lines += _indented([row for s in timeouts for row in _setting_rows(s)], terminal)
    return "\n".join(lines) + "\n"


def _indented(rows: Sequence[Sequence[str]], terminal: Terminal) -> Iterator[str]:
    width = terminal.out_width
    return (f"  {line}" for line in wrapped_columns(rows, width and width - 2))


def _setting_rows(setting: SettingSummary) -> Iterator[tuple[str, str, str]]:
    """A row, or one for each of several entries: `labels.staging`, `accepted_breaks[1]`."""
    value, source = setting.value, setting.source
    if isinstance(value, Mapping) and value:
        for key, member in value.items():
            yield f"{setting.name}.{key}", _shown(member), source
    elif isinstance(value, Sequence) and not isinstance(value, str) and value:
        for number, member in enumerate(value, 1):
            yield f"{setting.name}[{number}]", _shown(member), source
    else:
        yield setting.name, _shown(value), source


def _shown(value: Json) -> str:
    """A value for people: `branch: main, signed: true`."""
    if isinstance(value, Mapping) and value:
        return ", ".join(f"{key}: {_shown(member)}" for key, member in value.items())
    if value is None:
        return "-"
    return value if isinstance(value, str) else dump_json(value)


def _endpoint_row(endpoint: EndpointSummary) -> tuple[str, str, str, str]:
    """Most are built in, so only what is not says where it comes from."""
    if endpoint.problem is not None:
        return endpoint.provider, "-", "-", f"cannot be used: {endpoint.problem}"
    key = f"key {endpoint.key}"
    if endpoint.key_variable is not None:
        key += f" ({endpoint.key_variable})"
    source = "" if endpoint.source == "built in" else endpoint.source
    return endpoint.provider, endpoint.base_url or "on this machine", key, source


def settings_json(
    settings: Sequence[SettingSummary],
    endpoints: Sequence[EndpointSummary],
    timeouts: Sequence[SettingSummary],
) -> str:
    """The same as one JSON object, `promptctl.config/1`."""
    shown: dict[str, Json] = {
        "schema": "promptctl.config/1",
        "settings": [_setting_object(setting) for setting in settings],
        "endpoints": [
            {
                "provider": endpoint.provider,
                "api": endpoint.api or None,
                "base_url": endpoint.base_url or None,
                "source": endpoint.source or None,
                "key": endpoint.key.replace(" ", "_"),
                "key_variable": endpoint.key_variable,
                "problem": endpoint.problem,
            }
            for endpoint in endpoints
        ],
        "timeouts": [_setting_object(setting) for setting in timeouts],
    }
    return json_line(shown)


def _setting_object(setting: SettingSummary) -> Json:
    return {"name": setting.name, "value": setting.value, "source": setting.source}
