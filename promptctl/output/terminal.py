"""The three streams: who is at the other end, what may be shown there, and how."""

from __future__ import annotations

import errno
import io
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TextIO

from promptctl.output.cells import wrap_note

ColorChoice = Literal["auto", "always", "never"]

_STYLES = {
    "bold": "1",
    "dim": "2",
    "red": "31",
    "green": "32",
    "yellow": "33",
    "blue": "34",
    "magenta": "35",
    "cyan": "36",
}
_BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def _is_hidden(char: str) -> bool:
    code = ord(char)
    return (
        (code < 0x20 and char not in "\t\n")
        or 0x7F <= code <= 0x9F
        or char in _BIDI
        or 0xD800 <= code <= 0xDFFF
        or code in (0x2028, 0x2029, 0xFEFF)
    )


def visible(text: str) -> str:
    """The text with every character that could drive a terminal shown as `\\x1b`, `\\u202e` …

    Tab and newline stay. The one filter for all text that comes from prompts, models, providers and
    git; it looks at single characters, so a stream may be cut anywhere.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(_escape(c) if _is_hidden(c) else c for c in text)


def visible_line(text: str) -> str:
    """As `visible`, for text that must stay on one line: newlines and tabs become blanks."""
    return visible(text.replace("\r\n", " ").replace("\n", " ").replace("\t", " "))


def _escape(char: str) -> str:
    code = ord(char)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


@dataclass(slots=True)
class Terminal:
    """Standard output for results, standard error for everything else."""

    out: TextIO
    err: TextIO
    stdin: TextIO
    out_is_tty: bool = False
    err_is_tty: bool = False
    in_is_tty: bool = False
    out_color: bool = False
    err_color: bool = False
    width: int = 80
    verbosity: int = 0
    """-1 quiet, 0 normal, 1 verbose."""
    json_errors: bool = False
    is_dumb: bool = False
    """Whether the terminal cannot move its cursor: nothing is animated there."""
    no_pager: bool = False
    """Whether the user wants a long result written and not paged."""
    is_shared: bool = False
    """Whether both streams end up in one place that is no terminal, as after `2>&1 |`."""

    @property
    def quiet(self) -> bool:
        """Whether the user asked for results and errors only."""
        return self.verbosity < 0

    @property
    def out_width(self) -> int | None:
        """The cells of a line of the result; None where nobody looks: text is wrapped for people only."""
        return self.width if self.out_is_tty else None

    def write(self, text: str) -> None:
        """Write a result to standard output as it is."""
        self.out.write(text)

    def write_bytes(self, content: bytes) -> None:
        """Write a result byte for byte; at a terminal as text that cannot drive it."""
        if self.out_is_tty:
            self.write(visible(content.decode("utf-8", "replace")))
            return
        self.out.flush()
        self.out.buffer.write(content)

    def note(self, text: str, *styles: str) -> None:
        """Write one line for people to standard error, unless they asked for quiet."""
        if not self.quiet:
            shown = visible(text)
            self._write_lines(self.paint_err(shown, *styles) if styles else shown, 2)

    def detail(self, text: str) -> None:
        """Write one line to standard error if the user asked what happens (`-v`)."""
        if self.verbosity > 0:
            self.note(text, "dim")

    def write_labelled(self, label: str, text: str, *styles: str) -> None:
        """Write `label: text` to standard error, with the text's own lines below each other."""
        painted = self.paint_err(f"{label}:", *styles)
        self._write_lines(f"{painted} {visible(text)}", len(label) + 2)

    def _write_lines(self, text: str, indent: int) -> None:
        """At a terminal long lines are wrapped; not those that begin with blanks, which are commands."""
        for line in text.split("\n"):
            width = self.width if self.err_is_tty and not line.startswith("  ") else None
            self.err.write("\n".join(wrap_note(line, width, indent)) + "\n")

    def confirm(self, question: str, *, default: bool) -> bool:
        """Ask a yes-or-no question; Enter alone is `default`, and no where nobody sits at the terminal."""
        if not (self.in_is_tty and self.err_is_tty):
            return False
        self.err.write(f"{visible_line(question)} {'[Y/n]' if default else '[y/N]'} ")
        self.err.flush()
        try:
            answer = self.stdin.readline()
        except KeyboardInterrupt:
            self.err.write("\n")
            raise
        said = answer.strip().lower()
        return said in ("y", "yes") or (default and bool(answer) and not said)

    def flush(self) -> None:
        """Flush both streams; errors of the operating system come out here."""
        self.out.flush()
        self.err.flush()

    def paint(self, text: str, *styles: str) -> str:
        """The text in colour where standard output shows colour."""
        return _paint(text, styles) if self.out_color else text

    def paint_err(self, text: str, *styles: str) -> str:
        """The text in colour where standard error shows colour."""
        return _paint(text, styles) if self.err_color else text


def _paint(text: str, styles: tuple[str, ...]) -> str:
    return f"\x1b[{';'.join(_STYLES[s] for s in styles)}m{text}\x1b[0m" if text else text


class _Closed(io.StringIO):
    """Standard output that the caller closed: writing to it is an error, as it is for git."""

    def write(self, text: str) -> int:
        """Raise OSError."""
        raise OSError(errno.EBADF, "standard output is closed")


def open_terminal(environ: Mapping[str, str], color: ColorChoice = "auto") -> Terminal:
    """The process's own streams. Text that an encoding cannot show is replaced, never an error."""
    out = sys.stdout if sys.stdout is not None else _Closed()
    err = sys.stderr if sys.stderr is not None else open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115
    stdin = sys.stdin if sys.stdin is not None else io.StringIO()
    for stream in (out, err):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="replace")
    out_tty, err_tty = _is_tty(out), _is_tty(err)
    return Terminal(
        out=out,
        err=err,
        stdin=stdin,
        out_is_tty=out_tty,
        err_is_tty=err_tty,
        in_is_tty=_is_tty(stdin),
        out_color=_wants_color(environ, color, out_tty),
        err_color=_wants_color(environ, color, err_tty),
        width=_width(environ),
        is_dumb=environ.get("TERM", "dumb") == "dumb",
        is_shared=not out_tty and _same_place(out, err),
    )


def _same_place(one: TextIO | None, other: TextIO | None) -> bool:
    if one is None or other is None:
        return False
    try:
        return os.path.samestat(os.fstat(one.fileno()), os.fstat(other.fileno()))
    except (OSError, ValueError):  # closed, or no file at all
        return False


def _is_tty(stream: TextIO | None) -> bool:
    try:
        return stream is not None and stream.isatty()
    except ValueError:  # closed
        return False


def _wants_color(environ: Mapping[str, str], choice: ColorChoice, is_tty: bool) -> bool:
    if choice != "auto":
        return choice == "always"
    return is_tty and not environ.get("NO_COLOR") and environ.get("TERM", "dumb") != "dumb"


def _width(environ: Mapping[str, str]) -> int:
    given = environ.get("COLUMNS", "")
    if given.isascii() and given.isdigit() and 0 < int(given) < 10_000:
        return int(given)
    for descriptor in (1, 2, 0):
        try:
            return os.get_terminal_size(descriptor).columns or 80
        except OSError:
            continue
    return 80
