"""Mistakes on the command line that the parser finds, in promptctl's words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from promptctl.core.nearest import nearest_word
from promptctl.errors import UsageProblem

_NUMBERS = {
    "is not a valid int range": "is no whole number",
    "is not a valid int": "is no whole number",
    "is not a valid float range": "is no number",
    "is not a valid float": "is no number",
}


def usage_problem(error: Any) -> UsageProblem:
    """The problem that an error of the parser stands for, and where to look or what was meant."""
    context = getattr(error, "ctx", None)
    where = f"{context.command_path if context is not None else 'promptctl'} --help"
    kind = type(error).__name__
    if kind == "NoSuchOption":
        hint = _meant_option(error.option_name, list(_options(context)))
        return UsageProblem(f"there is no option `{error.option_name}`", hint or where)
    if kind == "MissingParameter" and error.param is not None:
        return UsageProblem(f"{_name(error)} is missing", where)
    if kind == "BadOptionUsage" and "requires an argument" in error.message:
        return UsageProblem(f"`{error.option_name}` needs a value", where)
    if kind == "BadParameter" and error.param is not None:
        message = _ranged(error.message, error.param.type)
        return UsageProblem(f"{_name(error)}: {_requoted(message)}", _meant(error) or where)
    extra = re.match(
        r"Got unexpected extra arguments?(?:\(s\))? \((.*)\)", error.format_message(), re.DOTALL
    )
    if extra:
        return UsageProblem(f"more arguments than the command takes: `{extra[1]}`", where)
    return UsageProblem(_requoted(error.format_message()), where)


def _options(context: Any) -> Iterator[str]:
    for parameter in context.command.params if context is not None else ():
        if parameter.param_type_name == "option":
            yield from (name for name in parameter.opts if name.startswith("--"))


def _meant_option(given: str, known: list[str]) -> str | None:
    near = nearest_word(given.lstrip("-"), [name.lstrip("-") for name in known])
    if near is not None:
        return f"did you mean `--{near}`?"
    if "--var" in known and re.fullmatch(r"--[A-Za-z_]\w*", given):
        return f"a variable is given as --var {given[2:]}=VALUE"
    return None


def _name(error: Any) -> str:
    """What the command's usage calls the parameter."""
    parameter = error.param
    options = [name for name in parameter.opts if name.startswith("-")]
    word = max(options, key=len) if options else parameter.metavar or parameter.name.upper()
    return f"`{word.strip('[]…')}`"


def _meant(error: Any) -> str | None:
    """The nearest of the words that may stand there."""
    given = re.match(r"'([^']*)'", error.message)
    near = nearest_word(given[1], getattr(error.param.type, "choices", ())) if given else None
    return f"did you mean `{near}`?" if near is not None else None


def _ranged(message: str, kind: Any) -> str:
    value, is_range, _ = message.partition(" is not in the range")
    if not is_range:
        return message
    if kind.max is None:
        return f"{value} is less than {kind.min}"
    return f"{value} is not between {kind.min} and {kind.max}"


def _requoted(message: str) -> str:
    """The parser's sentence with our quotes, without its notation of types."""
    text = re.sub(r"'([^']*)'", r"`\1`", message.rstrip("."))
    for theirs, ours in _NUMBERS.items():
        text = text.replace(theirs, ours)
    return text[:1].lower() + text[1:]
