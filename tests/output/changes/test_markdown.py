"""A pull request's comment, read by GitHub's own parser: nothing of a prompt becomes more than code."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator

import cmarkgfm
import html5lib
import pytest
from cmarkgfm.cmark import Options
from hypothesis import example, given, settings
from hypothesis import strategies as st

from promptctl.core.change import Change, Effect
from promptctl.core.diff import Diff, PromptDiff
from promptctl.output.changes import MAX_COMMENT, diff_markdown
from promptctl.output.changes.markdown_text import code_span, safe_sentence
from tests.output.changes.diffs import edits, every_kind, hostile, prompt

EXTENSIONS = ["table", "autolink", "strikethrough", "tasklist"]
OURS = {
    *("p", "strong", "table", "thead", "tbody", "tr", "th", "td", "h4", "ul", "li", "code", "pre"),
    *("details", "summary", "del", "ins", "blockquote"),
}
TROUBLE = [
    "@octocat @org/team",
    "fixes #1 GH-1 octo/repo#2 octo/repo@0123456789abcdef0123456789abcdef01234567",
    "see https://evil.example/x www.evil.example a@b.example mailto:a@b.example",
    "0123456789abcdef deadbeef 1234567 JIRA-12 CVE-2020-1",
    "![x](https://evil.example/p.png) [x](javascript:alert(1)) <https://evil.example> [x]: /y",
    "<img src=x onerror=alert(1)> </pre></details><script>x</script> <!-- --> <a href='x'>",
    "- [ ] task\n- [x] done\n1. one\n# heading\n> quote\n---\n===\n| a | b |\n| - | - |",
    "```\n````` ~~~ `` ` ```diff",
    "`a``b` ``c` `d``` x` `",
    "/close\n/assign @me\n  /merge\n@dependabot merge",
    "a|b \\| c \\\\| d\\",
    ":smile: :+1: $x$ $$y$$ ~strike~ ~~strike~~ **b** _i_ ^[x] !1 %v1 &1 &amp; &#64;x ~label",
    "\x1b]8;;https://evil.example\x07 \u202e\u2066 \u200b \r\n\x00 \U000e0041",
    " ` leading and trailing ` ",
    "www.`x` http`://x` [!NOTE]",
    "x" * 3000,
    "\n\n\n",
    "",
]
REFERENCES = re.compile(
    r"@\w|#\d|GH-\d|[A-Za-z]-\d|\w/\w|://|www\.|:\w+:|\b[0-9a-f]{7,40}\b|[!%&~$^]\w|\w@|<|\[|\]|\\"
)


def parsed(markdown: str) -> ET.Element:
    page = cmarkgfm.markdown_to_html_with_extensions(
        markdown, options=Options.CMARK_OPT_UNSAFE, extensions=EXTENSIONS
    )
    return html5lib.parse(page, namespaceHTMLElements=False).find("body")


def outside_code(element: ET.Element) -> Iterator[str]:
    if element.tag not in ("code", "pre"):
        yield element.text or ""
        for child in element:
            yield from outside_code(child)
            yield child.tail or ""


def hold_safe(markdown: str) -> None:
    body = parsed(markdown)
    for element in body.iter():
        assert element is body or (isinstance(element.tag, str) and element.tag in OURS), (
            element.tag
        )
        assert not element.attrib, element.attrib
        if element.tag in ("del", "ins"):
            assert not list(element)
    for text in outside_code(body):
        assert not REFERENCES.search(text), text
    for line in markdown.split("\n"):
        assert not re.match(r"\s*[/@]", line), line
    assert not set(markdown) & set("\x00\r\x1b\x9b\u202e\u2066\u200b")


def test_ours_is_read_as_it_is_meant() -> None:
    body = parsed(diff_markdown(every_kind()))
    hold_safe(diff_markdown(every_kind()))
    rows = [[cell.text or cell[0].text for cell in row] for row in body.iter("tr")]
    assert rows[0] == ["prompt", "effect", "what changes"]
    assert [row[0] for row in rows[1:]] == [
        *("broken", "greeting", "new-owner", "old/smoke", "mail", "support/reply"),
        *("catalogue/blurb", "welcome-back", "layout", "owner"),
    ]
    assert "| `mail` and 1 more | behaviour |" in diff_markdown(every_kind())
    assert "#### 2 prompts: behaviour" in diff_markdown(every_kind())
    assert [ins.text for ins in body.iter("ins")][:2] == ["warmly", "warmly"]
    assert [element.tag for element in body.iter("h4")] == ["h4"] * 10


@pytest.mark.parametrize("text", TROUBLE, ids=range(len(TROUBLE)))
def test_trouble_is_shown_as_code(text: str) -> None:
    markdown = diff_markdown(hostile(text))
    hold_safe(markdown)
    if text.strip().isprintable() and text.strip():
        assert " ".join(text.split())[:20] in " ".join("".join(parsed(markdown).itertext()).split())


PIECES = st.sampled_from(
    [*"`|\\<>&@#:/![]()-*_~$\n\t '\"", *(part for t in TROUBLE for part in t.split())]
)


@settings(deadline=None, max_examples=60)
@given(st.lists(PIECES | st.text(max_size=3), max_size=12).map("".join))
@example("`\\|`|")
def test_no_text_becomes_markup(text: str) -> None:
    hold_safe(diff_markdown(hostile(text)))


@settings(deadline=None, max_examples=60)
@given(st.lists(PIECES, max_size=12).map("".join))
def test_a_code_span_is_one_piece_of_code(text: str) -> None:
    (paragraph,) = parsed(f"x {code_span(text)} y")
    (code,) = paragraph
    assert (code.tag, paragraph.text, code.tail) == ("code", "x ", " y")


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("variable `tone` was removed", "variable `tone` was removed"),
        ("removed (was v2)", "removed (was `v2`)"),
        ("a.yaml:3:1: it is missing", "`a.yaml:3:1`: it is missing"),
        ("ask @octocat or @org/team, please", "ask `@octocat` or `@org/team`, please"),
        ("ends in `a``b`", "ends in `a` `b`"),
        ("message 2 (`user`) was edited", "message 2 (`user`) was edited"),
    ],
)
def test_plain_words_stay_plain(sentence: str, expected: str) -> None:
    assert safe_sentence(sentence) == expected


# --- the size of a comment ---------------------------------------------------------------------------


def long_prompt(name: str, lines: int) -> PromptDiff:
    text = "".join(f"+{name} line {n} of & this < text @x " + "w" * 60 + "\n" for n in range(lines))
    change = Change("message-edited", Effect.BEHAVIOUR, ("messages", 0), "message 1 was edited")
    return prompt(name, Change(change.rule, change.effect, (), change.message, edits=edits(text)))


def test_long_texts_are_folded() -> None:
    assert "<details>" not in diff_markdown(Diff("a", "b", (long_prompt("short", 5),)))
    folded = parsed(diff_markdown(Diff("a", "b", (long_prompt("long", 20),))))
    (details,) = folded.iter("details")
    assert details.find("summary") is not None
    assert details.find("pre") is not None


@pytest.mark.parametrize("count", [30, 300, 5000])
def test_a_comment_fits_and_says_what_it_leaves_out(count: int) -> None:
    prompts = tuple(long_prompt(f"prompt-{n}", 40) for n in range(count))
    gone = Change("prompt-removed", Effect.BREAKING, (), "the prompt was removed")
    markdown = diff_markdown(Diff("a", "b", (*prompts, prompt("zzz", gone))))
    assert len(markdown) <= MAX_COMMENT
    hold_safe(markdown)
    assert "#### `zzz`: breaking" in markdown, "the worst comes first"
    assert "This comment is full." in markdown
    whole, brief, missing = (
        markdown.count("<details>"),
        *(
            int(found[1]) if found else 0
            for found in (
                re.search(r"(\d+) prompts? without", markdown),
                re.search(r"([\d]+) prompts? not at all", markdown.replace(",", "")),
            )
        ),
    )
    assert whole + brief + missing == count


def test_one_prompt_that_fills_a_comment_alone() -> None:
    changes = [
        Change(
            "message-edited",
            Effect.BEHAVIOUR,
            ("messages", n),
            f"message {n} was edited " + "x" * 400,
            edits=edits("+" + ("<&" * 300 + "\n") * 30),
        )
        for n in range(200)
    ]
    markdown = diff_markdown(Diff("a", "b", (prompt("x", *changes),)))
    assert len(markdown) <= MAX_COMMENT
    assert "shows 1 prompt without the texts;" in markdown
    assert "- and 160 more changes" in markdown


def test_nothing_differs() -> None:
    assert diff_markdown(Diff("published", "working tree", ())) == (
        "**no prompts differ**: published → working tree\n"
    )
