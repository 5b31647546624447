"""A finding: one problem at one place. The only currency of every check."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum

from promptctl.core.fast_dataclass import dataclass
from promptctl.errors import PromptctlError


class Severity(Enum):
    """How much a finding weighs. Only errors make `validate` answer no."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"
    OFF = "off"


@dataclass(frozen=True, slots=True)
class Location:
    """A span in a file; lines and columns count characters from 1, the end is exclusive.

    `line` 0 stands for the file as a whole.
    """

    path: str
    line: int = 0
    column: int = 0
    end_line: int = 0
    end_column: int = 0

    def __str__(self) -> str:
        return f"{self.path}:{self.line}:{self.column}" if self.line else self.path

    def __lt__(self, other: Location) -> bool:
        return self._order() < other._order()

    def _order(self) -> tuple[str, int, int, int, int]:
        return self.path, self.line, self.column, self.end_line, self.end_column


@dataclass(frozen=True, slots=True)
class Finding:
    """One problem: a stable rule id, a severity, a place, one sentence, and what to do about it."""

    rule: str
    severity: Severity
    location: Location
    message: str
    hint: str | None = None

    @property
    def is_error(self) -> bool:
        """Whether this finding makes the answer no."""
        return self.severity is Severity.ERROR


def sort_findings(findings: Iterable[Finding]) -> list[Finding]:
    """The findings by place, then rule, without duplicates."""
    unique = dict.fromkeys(findings)
    return sorted(unique, key=lambda f: (f.location, f.rule, f.message))


class PromptInvalid(PromptctlError):
    """A prompt has findings of error severity; `findings` holds all of them."""

    exit_code = 1

    def __init__(self, message: str, findings: Iterable[Finding], hint: str | None = None) -> None:
        self.findings = tuple(sort_findings(findings))
        super().__init__(message, hint)
