"""Plain YAML scalars -> JSON values, and which of them YAML 1.1 and 1.2 readers take differently."""

from __future__ import annotations

import re

from promptctl.core.fast_dataclass import dataclass
from promptctl.core.json_data import Json

_EXACT = 2**53
"""Whole numbers below it have one spelling as a float and as an integer."""
MAX_DIGITS = 4300
"""Longer integers are refused, as Python and most readers of JSON do."""

_WORDS: dict[str, Json] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
# YAML 1.1 also has y and n, which no reader in use takes for anything but text.
_BOOLEANS_OF_1_1 = frozenset(
    spelling
    for word in ("yes", "no", "on", "off")
    for spelling in (word, word.capitalize(), word.upper())
)
_NOT_FINITE = frozenset(
    sign + word
    for word in (".inf", ".Inf", ".INF", ".nan", ".NaN", ".NAN")
    for sign in ("", "+", "-")
)
SPECIAL_WORDS = frozenset(_WORDS) | _BOOLEANS_OF_1_1 | {"=", "<<"}
"""Plain scalars that are, for some reader, something else than the text they show."""
NUMBER_START = frozenset("+-.0123456789")
"""A plain scalar that begins with none of these is no number."""

# YAML 1.2 core schema, https://yaml.org/spec/1.2.2/#103-core-schema
_INTEGER = re.compile(r"[-+]?[0-9]+\Z")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?\Z")
# What few files hold is a text here: `re` compiles it when it is first used.
_OCTAL_OR_HEX = r"(?:0o[0-7]+|0x[0-9a-fA-F]+)\Z"
# YAML 1.1, https://yaml.org/type/int.html and float.html, where it differs from the above
_NUMBER_OF_1_1 = r"""[-+]?(?:
        0b[01_]+ | 0x[0-9a-fA-F_]+
      | [0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?
      | [0-9][0-9_]*(?:\.[0-9_]*(?:[eE][-+][0-9]+)?)?
      | \.[0-9][0-9_]*(?:[eE][-+][0-9]+)?
    )\Z"""
_FLOAT_OF_BOTH = re.compile(r"[-+]?(?:[0-9]+\.[0-9]*|\.[0-9]+)(?:[eE][-+][0-9]+)?\Z")


@dataclass(frozen=True, slots=True)
class ScalarProblem:
    """Why a plain scalar is not taken as it stands."""

    rule: str
    message: str
    hint: str


def read_plain(text: str) -> tuple[Json, ScalarProblem | None]:
    """The value of a plain scalar by the core schema of YAML 1.2, and what is wrong with it.

    Dates are text. A refused number is None.
    """
    if text in _WORDS:
        return _WORDS[text], None
    if text in SPECIAL_WORDS:
        return text, (_differs(text, "true or false") if text in _BOOLEANS_OF_1_1 else None)
    if text[0] not in NUMBER_START:
        return text, None
    if text in _NOT_FINITE:
        return None, ScalarProblem("yaml-number", f"`{text}` is no JSON number", _QUOTE)
    if _INTEGER.match(text):
        return _read_integer(text)
    if _FLOAT.match(text):
        return _read_float(text)
    return _read_other(text)


_QUOTE = "quote it if it is meant as text"


def _differs(text: str, other: str, meant: str | None = None) -> ScalarProblem:
    """`meant` is how all readers take the number that the text most probably is."""
    shown = text if len(text) <= 40 else f"{text[:40]}…"
    message = f"YAML readers disagree on `{shown}`: some read {other}"
    plain = meant is not None and len(meant) <= 40
    return ScalarProblem(
        "yaml-ambiguous", message, f"write {meant}, or {_QUOTE}" if plain else _QUOTE
    )


def _read_integer(text: str) -> tuple[Json, ScalarProblem | None]:
    digits = text.lstrip("+-")
    if len(digits) > MAX_DIGITS:
        message = f"an integer of {len(digits):,} digits is too long"
        return None, ScalarProblem("yaml-number", message, _QUOTE)
    if digits[0] == "0" and len(digits) > 1:
        octal = digits.strip("01234567") == ""
        other = f"the octal number {int(digits, 8)}" if octal and len(digits) < 40 else "text"
        return int(text), _differs(text, other, str(int(text)))
    return int(text), None


def _read_float(text: str) -> tuple[Json, ScalarProblem | None]:
    value = float(text)
    if value - value != 0:
        return None, ScalarProblem("yaml-number", "the number is out of range", _QUOTE)
    if not _FLOAT_OF_BOTH.match(text):
        hint = "write it with a point and a signed exponent, like 1.0e+3"
        if value.is_integer() and abs(value) < _EXACT:
            hint = f"write {int(value)}, or {_QUOTE}"
        return value, ScalarProblem("yaml-ambiguous", _differs(text, "text").message, hint)
    return value, None


def _read_other(text: str) -> tuple[Json, ScalarProblem | None]:
    based = re.match(_OCTAL_OR_HEX, text)
    if based:
        if len(text) > MAX_DIGITS:
            return None, ScalarProblem("yaml-number", "the integer is too long", _QUOTE)
        value = int(text, 0)
        return value, (_differs(text, "text", str(value)) if text[1] == "o" else None)
    if re.match(_NUMBER_OF_1_1, text, re.VERBOSE):
        return text, _differs(text, "a number", _without_marks(text))
    return text, None


def _without_marks(text: str) -> str | None:
    """A number of YAML 1.1 as every reader takes it; None for one with parts of sixty."""
    if ":" in text or len(text) > 40:
        return None
    digits = text.replace("_", "").lstrip("+")
    body = digits.lstrip("-")
    base = {"0b": 2, "0x": 16}.get(body[:2])
    if base is not None:
        return f"{'-' if digits[0] == '-' else ''}{int(body[2:], base)}" if body[2:] else None
    return digits if read_plain(digits)[1] is None else None
