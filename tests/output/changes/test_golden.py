"""Every rendering of one diff, as it was read and found good; `make transcripts` rewrites them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from promptctl.output.cells import cell_width
from promptctl.output.changes import (
    diff_html,
    diff_json,
    diff_markdown,
    diff_names,
    diff_stat,
    diff_text,
)
from tests.output.changes.diffs import every_kind, terminal

GOLDEN = Path(__file__).parent / "golden"
WIDTHS = (40, 80, 200)
FILES: dict[str, Callable[[], str]] = {
    "pipe.txt": lambda: diff_text(every_kind(), terminal(tty=False)),
    "stat.pipe.txt": lambda: diff_stat(every_kind(), terminal(tty=False)),
    "names.txt": lambda: diff_names(every_kind()),
    "diff.md": lambda: diff_markdown(every_kind()),
    "diff.html": lambda: diff_html(every_kind()),
    "diff.json": lambda: diff_json(every_kind()),
}
for _width in WIDTHS:
    for _color in (False, True):
        _kind = f"{_width}.{'color' if _color else 'plain'}.txt"
        FILES[f"text.{_kind}"] = lambda w=_width, c=_color: diff_text(  # type: ignore[misc]
            every_kind(), terminal(w, color=c)
        )
        FILES[f"stat.{_kind}"] = lambda w=_width, c=_color: diff_stat(  # type: ignore[misc]
            every_kind(), terminal(w, color=c)
        )


@pytest.mark.parametrize("name", FILES)
def test_rendering(name: str, request: pytest.FixtureRequest) -> None:
    fresh = FILES[name]()
    path = GOLDEN / name
    if request.config.getoption("--rewrite-transcripts"):
        path.write_text(fresh, encoding="utf-8", newline="")
    assert path.read_bytes().decode() == fresh, "`make transcripts` writes what comes out now"


def test_every_golden_file_is_held() -> None:
    assert {path.name for path in GOLDEN.iterdir()} == set(FILES)


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("color", [False, True])
def test_no_line_is_wider_than_the_screen(width: int, color: bool) -> None:
    screen = terminal(width, color=color)
    text = diff_text(every_kind(), screen) + diff_stat(every_kind(), screen)
    assert max(map(cell_width, text.splitlines())) <= width
    assert all(line.count("\x1b[0m") * 2 == line.count("\x1b[") for line in text.splitlines())
