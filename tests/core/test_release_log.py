"""The order of a log: time first, and within one second what depends on what."""

from __future__ import annotations

import pytest

from promptctl.core.record import Record, TagName
from promptctl.core.release import gather_records
from promptctl.core.release_log import newest_first


def made(tag: str, version: int | None, time: int = 0, name: str = "p") -> Record:
    label, dot, serial = tag.partition(".")
    parsed = TagName(name, int(serial), label) if dot else TagName(name, int(tag[1:]))
    return Record(
        *(parsed, "label" if dot else "version", "c" * 40, version, None),
        *(f"prompts/{name}.yaml", "", "new", "Ada", ""),
        time=time,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("records", "label", "order"),
    [
        # everything within one second
        (
            [made("v1", 1), made("v2", 2), made("a.1", 1), made("a.2", 2), made("a.3", 1)],
            None,
            ["a.3", "a.2", "v2", "a.1", "v1"],
        ),
        ([made("v1", 1), made("a.1", 1), made("a.2", None)], None, ["a.2", "a.1", "v1"]),
        ([made("v1", 1, 5), made("v2", 2, 3), made("a.1", 1, 4)], None, ["v1", "a.1", "v2"]),
        ([made("v1", 1), made("a.1", 1), made("b.1", 1)], "b", ["b.1"]),
        ([made("v1", 1)], "a", []),
        ([made(f"a.{n}", 1) for n in range(1, 12)], None, [f"a.{n}" for n in range(11, 0, -1)]),
    ],
)
def test_newest_first(records: list[Record], label: str | None, order: list[str]) -> None:
    found = newest_first([gather_records("p", records, (), ())], label)
    assert [str(record.tag).partition("@")[2] for record in found] == order


def test_prompts_are_mixed_by_time() -> None:
    prompts = [
        gather_records(name, [made("v1", 1, time, name), made("v2", 2, time + 2, name)], (), ())
        for name, time in (("p", 1), ("q", 2))
    ]
    found = [str(record.tag) for record in newest_first(prompts)]
    assert found == ["q@v2", "p@v2", "q@v1", "p@v1"]
