"""The page, read as a browser reads it: one file, no request, and nothing of a prompt becomes markup."""

from __future__ import annotations

import base64
import hashlib
import re
import xml.etree.ElementTree as ET

import html5lib
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from promptctl.core.diff import Diff
from promptctl.output.changes import diff_html
from promptctl.output.changes.html_style import STYLE, STYLE_HASH
from tests.output.changes.diffs import every_kind, hostile
from tests.output.changes.test_markdown import PIECES, TROUBLE


def parsed(page: str) -> ET.Element:
    return html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(page)


def shape(page: str) -> list[tuple[str, dict[str, str]]]:
    """Every element with its attributes."""
    return [(element.tag, dict(element.attrib)) for element in parsed(page).iter()]


OURS = {
    *("html", "head", "body", "meta", "title", "style", "header", "main", "h1", "h2", "h3", "p"),
    *("strong", "code", "span", "del", "ins", "pre", "ul", "li", "section"),
    *("table", "thead", "tbody", "tr", "th", "td", "a"),
}
VALUES = re.compile(
    r"#?p\d+|effect (breaking|behaviour|compatible|cosmetic|problem)|states|fingerprint|gap|prose"
    r"|accepted (behaviour|compatible)|row|col"
)


def hold_safe(page: str) -> None:
    elements = shape(page)
    for tag, attributes in elements:
        assert tag in OURS
        assert tag in ("meta", "html") or all(
            VALUES.fullmatch(value) for value in attributes.values()
        )
        assert not {name for name in attributes if name.startswith("on")} | {"style", "src"} & set(
            attributes
        )
    assert [tag for tag, _ in elements].count("style") == 1
    assert not set(page) & set("\x00\r\x1b\x9b\u202e\u2066\u200b")


def test_the_page_needs_nothing_else() -> None:
    page = diff_html(every_kind())
    hold_safe(page)
    assert not re.search(r"https?:|//|url\(|@import|<script|<link|<img", page)
    policy = next(
        meta.attrib["content"] for meta in parsed(page).iter("meta") if "http-equiv" in meta.attrib
    )
    assert policy.startswith("default-src 'none'; ")


def test_the_policy_knows_the_style_sheet() -> None:
    digest = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
    assert f"sha256-{digest}" == STYLE_HASH
    (style,) = parsed(diff_html(every_kind())).iter("style")
    assert style.text == STYLE


def test_it_reads_by_its_headings_and_links() -> None:
    root = parsed(diff_html(every_kind()))
    targets = {section.attrib["id"] for section in root.iter("section")}
    assert {link.attrib["href"].removeprefix("#") for link in root.iter("a")} == targets
    assert len(targets) == 10
    assert ["".join(h.itertext()) for h in root.iter("h2")][:2] == [
        *("broken not comparable", "greeting breaking"),
    ]
    greeting = next(pre for pre in root.iter("pre"))
    assert [(part.tag, part.text) for part in greeting] == [
        ("del", "in a {{ tone }} tone"),
        ("ins", "warmly"),
    ]


@pytest.mark.parametrize("text", TROUBLE, ids=range(len(TROUBLE)))
def test_trouble_is_text(text: str) -> None:
    page = diff_html(hostile(text))
    hold_safe(page)
    assert shape(page)[:8] == shape(diff_html(hostile("calm")))[:8]
    if text.strip().isprintable() and text.strip():
        assert " ".join(text.split())[:20].replace("`", "") in (
            " ".join("".join(parsed(page).itertext()).split()).replace("`", "")
        )


@settings(deadline=None, max_examples=60)
@given(st.lists(PIECES | st.text(max_size=3), max_size=12).map("".join))
@example("\ufffe\uffff\U0001ffff\ud800\ufdd0")
def test_no_text_becomes_markup(text: str) -> None:
    hold_safe(diff_html(hostile(text)))


# --- what the colours can be read with -----------------------------------------------------------------


def _luminance(colour: str) -> float:
    parts = (int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5))
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _contrast(one: str, other: str) -> float:
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", [0, 1, 2], ids=["light", "dark", "print"])
def test_every_colour_can_be_read(theme: int) -> None:
    block = re.findall(r":root \{(.*?)\}", STYLE, re.DOTALL)[theme]
    colours = dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6})", block))
    inks = set(colours) - {"page", "field", "gone-field", "new-field", "line"}
    pairs = [(ink, ground) for ink in inks - {"gone", "new"} for ground in ("page", "field")]
    for ink, ground in [*pairs, ("gone", "gone-field"), ("new", "new-field")]:
        assert _contrast(colours[ink], colours[ground]) >= 4.5, (ink, ground)


def test_nothing_differs() -> None:
    page = diff_html(Diff("published", "working tree", ()))
    hold_safe(page)
    assert "no prompts differ" in page
