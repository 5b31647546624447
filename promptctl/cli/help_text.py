"""Help as people know it from git and gh: `NAME`, `[DIR]`, and no notation of the parser's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

_BETWEEN = "   "
"""Parts two examples in the text of a command."""


def plain_help(command: Any) -> None:
    """Show the arguments of a command, and of the commands below it, by their own words only, and its
    examples one on a line."""
    for member in getattr(command, "commands", {}).values():
        plain_help(member)
    heading, colon, examples = (command.epilog or "").partition(": ")
    if colon and heading in ("Example", "Examples"):
        lines = (f"  {example.strip()}" for example in examples.split(_BETWEEN) if example.strip())
        command.epilog = "\n".join(["\b", f"{heading}:", *lines])  # such a paragraph is not filled
    for parameter in command.params:
        if parameter.param_type_name == "argument" and parameter.metavar:
            parameter.make_metavar = _always(parameter.metavar)
            if parameter.required:  # which its place in the usage line says
                parameter.get_help_record = _always((parameter.metavar, parameter.help or ""))
        if hasattr(parameter.type, "_describe_range"):  # the help text says it in words
            parameter.type._describe_range = _always("")


def _always(value: object) -> Callable[..., object]:
    return lambda *_, **__: value
