"""Everything a prompt is made of, found and bounded."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from promptctl.core.closure import Closure, Source, file_name_problem, resolve_closure
from promptctl.core.json_data import Json
from promptctl.core.prompt import TemplateFormat
from promptctl.core.templates import Place
from promptctl.errors import FileMissing, FileRefused

JINJA = TemplateFormat.JINJA2


def closure_of(data: Mapping[str, Json], **files: bytes) -> Closure:
    def read(path: str) -> bytes:
        if path.endswith("link"):
            raise FileRefused(f"{path} is a link")
        key = path.replace("/", "__").replace(".", "_")
        if key not in files:
            raise FileMissing(f"{path} does not exist")
        return files[key]

    return resolve_closure(data, JINJA, read)


def user(content: Json) -> dict[str, Json]:
    return {"messages": [{"role": "user", "content": content}]}


def test_names_have_the_place_where_they_first_stand() -> None:
    found = closure_of(
        user("Hi {{ name }}\n{% include '_partials/tone.md' %}"),
        _partials__tone_md=b"Be\n  {{ tone }} to {{ name }}",
    )
    path = ("messages", 0, "content")
    assert found.problems == ()
    assert found.names == {
        "name": Source(path, None, Place(1, 7)),
        "tone": Source(path, "_partials/tone.md", Place(2, 6)),
    }
    assert found.files == {"_partials/tone.md": b"Be\n  {{ tone }} to {{ name }}"}


def test_a_name_that_the_including_text_binds_is_not_read_from_outside() -> None:
    found = closure_of(
        user("{% for item in items %}{% include 'a.md' %}{% endfor %}"),
        a_md=b"{{ item }}{{ other }}",
    )
    assert set(found.names) == {"items", "other"}


@pytest.mark.parametrize(
    ("text", "files", "rule", "source"),
    [
        ("{% include 'no.md' %}", {}, "include-missing", Source(("template",), None, Place(1, 12))),
        ("{% include '../x' %}", {}, "include-refused", Source(("template",), None, Place(1, 12))),
        (
            "{% include 'a/link' %}",
            {},
            "include-refused",
            Source(("template",), None, Place(1, 12)),
        ),
        (
            "\n{% include 'a.md' %}",
            {"a_md": b"\xff"},
            "include-refused",
            Source(("template",), None, Place(2, 12)),
        ),
        (
            "{% include 'a.md' %}",
            {"a_md": b"x\n{% include 'b.md' %}", "b_md": b"  {% include 'a.md' %}"},
            "include-cycle",
            Source(("template",), "b.md", Place(1, 14)),
        ),
        (
            "{% include 'a.md' %}",
            {"a_md": b"x\n{% foo %}"},
            "template-syntax",
            Source(("template",), "a.md", Place(2, 4)),
        ),
        ("{{ a", {}, "template-syntax", Source(("template",), None, Place(1, 1))),
    ],
)
def test_problems_have_their_place(
    text: str, files: dict[str, bytes], rule: str, source: Source
) -> None:
    found = closure_of({"template": text}, **files)
    assert [(problem.rule, problem.source) for problem in found.problems] == [(rule, source)]


def test_a_long_chain_of_includes_is_refused() -> None:
    files = {f"p{n}_md": f"{{% include 'p{n + 1}.md' %}}".encode() for n in range(40)}
    found = closure_of({"template": "{% include 'p0.md' %}"}, **files, p40_md=b"end")
    assert [problem.rule for problem in found.problems] == ["include-cycle"]


def test_a_missing_file_is_reported_wherever_it_is_named() -> None:
    text = "{% include 'no.md' %}{% include 'a.md' %}"
    found = closure_of({"template": text}, a_md=b"\n{% include 'no.md' %}")
    path = ("template",)
    assert [(problem.rule, problem.source) for problem in found.problems] == [
        ("include-missing", Source(path, None, Place(1, 12))),
        ("include-missing", Source(path, "a.md", Place(2, 12))),
    ]


def test_wide_includes_cost_their_number_not_their_paths() -> None:
    two = "{{% include 'p{0}.md' %}}{{% set x{0} = 1 %}}{{% include 'p{0}.md' %}}"
    files = {f"p{n}_md": two.format(n + 1).encode() for n in range(14)}
    found = closure_of({"template": "{% include 'p0.md' %}"}, **files, p14_md=b"{{ end }}")
    assert found.problems == ()
    assert set(found.names) == {"end"}


def test_a_message_may_be_a_file_and_a_part_an_image() -> None:
    part = {"type": "image", "path": "logo.png"}
    data: dict[str, Json] = {
        "messages": [{"role": "system", "file": "a.md"}, {"role": "user", "content": [part]}]
    }
    found = closure_of(data, a_md=b"\xef\xbb\xbfHi {{ name }}\r\n", logo_png=b"\x89PNG\xff")
    assert found.problems == ()
    assert found.files == {"a.md": b"Hi {{ name }}\n", "logo.png": b"\x89PNG\xff"}
    assert found.names == {"name": Source(("messages", 0, "file"), "a.md", Place(1, 7))}


def test_what_has_not_the_right_shape_is_passed_over() -> None:
    for data in ({"messages": 3}, {"messages": [3, {"content": [1, {"type": "text"}]}]}, {}):
        assert closure_of(data).problems == ()  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["a.md", "_partials/tone.md", "a b/ü-1.txt", "x/y@2x.png"])
def test_plain_names_are_accepted(name: str) -> None:
    assert file_name_problem(name) is None


@pytest.mark.parametrize(
    "name",
    ["", "/etc/passwd", "../x", "a/../b", "a//b", "./a", "a\\b", "C:x", ".env", "a/.git/config"],
)
def test_other_names_are_refused(name: str) -> None:
    assert file_name_problem(name) is not None


@pytest.mark.parametrize("name", ["a\0b", "a\nb", "a ", "x" * 501, "~/x", "a.", "\u202ea"])
def test_names_with_odd_characters_are_refused(name: str) -> None:
    assert file_name_problem(name) is not None
