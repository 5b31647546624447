"""Where things stand in a YAML file, and which comments count."""

import pytest

from tests.core.documents import IGNORED, PLACES, TEXTS, between, document


@pytest.mark.parametrize(
    ("path", "key", "text"),
    [
        (("description",), False, "Grüße 😀"),
        (("description",), True, "description"),
        (("messages", 0, "role"), False, "user"),
        (("messages", 0, "content"), False, "|\n      one\n        two {{ x }}"),
        (("messages", 0, "content"), True, "content"),
        (("messages", 1), False, '{role: "a b", file: x.md}'),
        (("messages", 1, "role"), False, '"a b"'),
        (("messages", 1, "missing"), False, '{role: "a b", file: x.md}'),
        (("messages", 7, "missing"), True, "messages"),
        (("empty",), False, "empty"),
        (("metadata", "tags", 0), False, "'it''s'"),
        (("metadata", "tags", 1), False, "plain text"),
        (("nowhere", 1), False, PLACES.rstrip()),
    ],
)
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_places_point_at_the_text(
    path: tuple[str | int, ...], key: bool, text: str, newline: str
) -> None:
    source = PLACES.replace("\n", newline)
    place = document(source).location(path, key=key)
    assert between(source, place.line, place.column, place.end_line, place.end_column) == (
        text.replace("\n", newline)
    )


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize(
    "key",
    [line.split(":")[0] for line in TEXTS.splitlines() if line[0:1].isalpha()],
)
def test_a_position_in_a_text_is_found_in_the_file(key: str, newline: str) -> None:
    source = document(TEXTS.replace("\n", newline))
    data = source.data
    assert isinstance(data, dict)
    before = data[key].split("{{ x }}")[0]
    place = source.text_location((key,), before.count("\n") + 1, len(before.split("\n")[-1]) + 1)
    assert source.source.line(place.line)[place.column - 1 :].startswith("{{ x }}")
    assert source.source.line(place.line).strip() in TEXTS
    assert source.location((key,)).line <= place.line <= source.location((key,)).end_line


def test_a_position_that_a_text_does_not_have_is_the_text() -> None:
    source = document("a: text\nb: [1]\nc: |\n  x\n")
    for path, line, column in [(("a",), 3, 1), (("a",), 1, 99), (("b",), 1, 1), (("c",), 9, 1)]:
        assert source.text_location(path, line, column) == source.location(path)


def test_comments_switch_rules_off_and_texts_do_not() -> None:
    block = frozenset({"block"})
    assert document(IGNORED).ignored_rules == {
        2: frozenset({"head", "one", "two"}),
        4: block,
        5: block,
        6: block,
        7: block,
        8: block,
        12: frozenset({"above"}),
        15: frozenset({"tight"}),
    }
