"""What list, live, log and status look like on screens of several widths: names are whole on each."""

from __future__ import annotations

from pathlib import Path

import pytest

from promptctl.core.record import Record, TagName
from promptctl.core.release_log import ReleaseLog
from promptctl.core.standing import Standing
from promptctl.core.summary import PromptSummary, VariableSummary
from promptctl.output.cells import cell_width
from promptctl.output.listings import listing_text
from promptctl.output.records import live_text, log_lines
from promptctl.output.standing import standing_text
from promptctl.output.terminal import Terminal, open_terminal

SCREENS = Path(__file__).parent / "screens"
WIDTHS = (40, 50, 80, 200)
LONG = "support/returns/answer-in-the-customers-own-words"
LABELS = {"published": 12, "staging": 13}


def prompts() -> list[PromptSummary]:
    variables = (VariableSummary("question", True), VariableSummary("tone", False))
    about = "Answer a question about an order with the help of the order system."
    facts = ("openai", "gpt-4o-mini", variables)
    return [
        PromptSummary("greeting", "", about, *facts, latest=13, labels=LABELS),
        PromptSummary("support/order-status", "", about, *facts, latest=1, labels={"published": 1}),
        PromptSummary(LONG, "", about, *facts),
    ]


def record(name: str, kind: str, number: int, message: str) -> Record:
    label = None if kind == "version" else "published"
    return Record(
        tag=TagName(name, number, label),
        kind=kind,  # type: ignore[arg-type]
        commit="c" * 40,
        version=number,
        previous=number - 1 or None,
        path=f"prompts/{name}.yaml",
        content="sha256:0",
        effect="behaviour",
        actor="Ada Lovelace <ada@example.com>",
        id="1",
        message=message,
        time=1_767_258_000,
    )


def records() -> tuple[Record, ...]:
    said = "Shorter, as legal asked in their review of last week\n\nand more below"
    return (
        record("greeting", "publish", 13, said),
        record("greeting", "version", 13, said),
        record("support/order-status", "publish", 1, ""),
        record(LONG, "rollback", 2, "too chatty"),
    )


def standings() -> list[Standing]:
    return [
        Standing("greeting", "", "modified", "unpublished", 13, LABELS),
        Standing("support/order-status", "", "clean", "current", 1, {"published": 1}),
        Standing(LONG, "", "untracked", "new"),
    ]


def screen(what: str, terminal: Terminal) -> str:
    if what == "list":
        return listing_text(prompts(), terminal)
    if what == "live":
        return live_text([one for one in records() if one.kind != "version"], terminal)
    if what == "log":
        return log_lines(ReleaseLog(records(), ()), terminal)
    return standing_text(standings(), terminal)


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("what", ["list", "live", "log", "status"])
def test_a_screen(what: str, width: int, request: pytest.FixtureRequest) -> None:
    terminal = open_terminal({})
    terminal.out_is_tty, terminal.width = True, width
    shown = screen(what, terminal)
    golden = SCREENS / f"{what}-{width}.txt"
    if request.config.getoption("--rewrite-transcripts"):
        golden.write_text(shown)
    assert shown == golden.read_text()
    for name in ("greeting", "support/order-status", LONG):
        assert name in shown
    for line in shown.splitlines():
        assert cell_width(line) <= width or line.startswith(LONG), line
        assert line.rstrip() == line
