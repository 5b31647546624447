"""What fmt did, or would do: for people, as a patch, and as JSON."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence

from promptctl.core.finding import Finding
from promptctl.core.layout import Layout
from promptctl.output.findings.json_report import finding_object
from promptctl.output.findings.text import Paint, ReadLines, findings_text
from promptctl.output.json_text import json_line
from promptctl.output.terminal import Terminal, visible, visible_line

SCHEMA = "promptctl.fmt/1"
_TO_QUOTE = frozenset('"\\')

_STYLES = {"---": ("bold",), "+++": ("bold",), "@": ("cyan",), "-": ("red",), "+": ("green",)}


def formatting_text(paths: Sequence[str]) -> str:
    """The files that get another layout, one on each line."""
    return "".join(f"{visible_line(path)}\n" for path in paths)


def patch_text(layouts: Sequence[Layout], prefix: str = "") -> str:
    """The changes as a patch that git applies; `prefix` leads from git's top to the root."""
    return "".join(line for layout in layouts for line in _patch(layout, prefix))


def write_patch(terminal: Terminal, patch: str) -> None:
    """Write a patch: byte for byte where a program reads it."""
    if not (terminal.out_is_tty or terminal.out_color):
        terminal.write_bytes(patch.encode())
        return
    for line in patch.split("\n")[:-1]:
        terminal.write(f"{_painted(line, terminal.paint)}\n")


def _painted(line: str, paint: Paint) -> str:
    styles = next((styles for start, styles in _STYLES.items() if line.startswith(start)), ())
    return paint(visible(line), *styles)


def _patch(layout: Layout, prefix: str) -> Iterator[str]:
    old, new = (_quoted(f"{side}/{prefix}{layout.path}") for side in "ab")
    before, after = _lines(layout.before), _lines(layout.after)
    for line in difflib.unified_diff(before, after, old, new):
        yield line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"


def _quoted(name: str) -> str:
    """A file's name as git writes it: quoted where it holds what could end it, or is no text."""
    if name.isprintable() and not _TO_QUOTE.intersection(name):
        return name
    return f'"{"".join(map(_octal, name.encode("utf-8", "surrogateescape")))}"'


def _octal(byte: int) -> str:
    char = chr(byte)
    plain = " " <= char <= "~" and char not in _TO_QUOTE
    return char if plain else f"\\{byte:03o}"


def _lines(content: bytes) -> list[str]:
    """Lines end at LF alone, as they do for git."""
    *lines, last = content.decode("utf-8", "replace").split("\n")
    return [f"{line}\n" for line in lines] + ([last] if last else [])


def formatting_summary(layouts: Sequence[Layout], checked: int, *, is_written: bool) -> str:
    """One line for standard error: `2 of 7 files formatted`."""
    changed = sum(layout.outcome == "changed" for layout in layouts)
    left = len(layouts) - changed
    files = "1 file" if checked == 1 else f"{checked:,} files"
    said = f"{files}, nothing to format"
    if changed:
        said = f"{changed:,} of {files} {'formatted' if is_written else 'would be formatted'}"
    if left:
        said += f"; {left:,} left as {'it is' if left == 1 else 'they are'}"
    return said if is_written or not changed else f"{said}: promptctl fmt"


def write_left(
    terminal: Terminal,
    findings: Sequence[Finding],
    kept: Sequence[tuple[str, str | None]],
    read_lines: ReadLines,
) -> None:
    """Say on standard error which files stay as they are, and why."""
    terminal.flush()
    wrapped, width = terminal.err_is_tty, terminal.width
    terminal.err.write(
        findings_text(findings, read_lines, terminal.paint_err, width, wrapped=wrapped)
    )
    for path, problem in kept:
        said = f"{visible_line(path)} is left as it is: in canonical layout {problem}"
        terminal.write_labelled("error", said, "bold", "red")


def formatting_json(layouts: Sequence[Layout], checked: int, *, is_written: bool) -> str:
    """One JSON object on one line; schemas/fmt-output.schema.json describes it."""
    return json_line(
        {
            "schema": SCHEMA,
            "files_checked": checked,
            "written": is_written,
            "files": [
                {
                    "path": layout.path.encode("utf-8", "replace").decode(),
                    "outcome": layout.outcome,
                    "problem": layout.problem and f"in canonical layout {layout.problem}",
                    "findings": [finding_object(finding) for finding in layout.findings],
                }
                for layout in layouts
            ],
        }
    )
