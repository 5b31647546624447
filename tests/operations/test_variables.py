"""Values of variables from --var, --vars and --stdin."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from promptctl.core.json_data import Json
from promptctl.core.prompt import Prompt, Variable
from promptctl.errors import UsageProblem, VariablesRefused
from promptctl.operations.variables import MAX_BYTES, VariableSources, gather_variables

SCHEMAS: dict[str, dict[str, Json]] = {
    "name": {"type": "string"},
    "count": {"type": "integer"},
    "tags": {"type": "array", "items": {"type": "string"}},
    "tone": {"enum": ["friendly", "formal"], "default": "friendly"},
    "maybe": {"type": ["string", "null"]},
    "anything": {"description": "whatever"},
}


def prompt(*names: str) -> Prompt:
    variables = {name: Variable(name, SCHEMAS[name]) for name in names}
    return Prompt("greeting", "echo", None, (), variables=variables)


def gathered(
    folder: Path,
    names: str,
    *assignments: str,
    file: str | None = None,
    stdin_name: str | None = None,
    stdin: bytes = b"",
) -> dict[str, Json]:
    return gather_variables(
        prompt(*names.split()),
        VariableSources(assignments, file, stdin_name),
        directory=folder,
        read_stdin=lambda limit: stdin[:limit],
    )


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("name", "Ada", "Ada"),
        ("name", "", ""),
        ("name", "5", "5"),
        ("name", "a=b", "a=b"),
        ("name", '"quoted"', '"quoted"'),
        ("name", "@@ada", "@ada"),
        ("name", "{{ secret }}", "{{ secret }}"),
        ("count", "5", 5),
        ("tags", '["a", "b"]', ["a", "b"]),
        ("tone", "formal", "formal"),
        ("maybe", "null", None),
        ("maybe", "plain words", "plain words"),
        ("anything", '{"a": 1}', {"a": 1}),
        ("anything", '"text"', "text"),
    ],
)
def test_values_are_text_or_json_as_declared(
    tmp_path: Path, name: str, text: str, value: Json
) -> None:
    assert gathered(tmp_path, name, f"{name}={text}") == {name: value}


def test_a_default_is_filled_in(tmp_path: Path) -> None:
    assert gathered(tmp_path, "name tone", "name=Ada") == {"name": "Ada", "tone": "friendly"}


def test_a_file_is_read_exactly(tmp_path: Path) -> None:
    (tmp_path / "text.txt").write_bytes("Zoë\r\n\n".encode())
    (tmp_path / "link").symlink_to("text.txt")
    assert gathered(tmp_path, "name", "name=@text.txt") == {"name": "Zoë\r\n\n"}
    assert gathered(tmp_path, "name", "name=@link") == {"name": "Zoë\r\n\n"}
    assert gathered(tmp_path, "name", f"name=@{tmp_path}/link") == {"name": "Zoë\r\n\n"}


def test_a_pipe_of_the_shell_is_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    writer = threading.Thread(target=lambda: (tmp_path / "pipe").write_text("[1]"))
    writer.start()
    assert gathered(tmp_path, "anything", "anything=@pipe") == {"anything": [1]}
    writer.join()


@pytest.mark.parametrize(
    ("content", "value"),
    [
        ("name: Ada\ncount: 3\n", {"name": "Ada", "count": 3}),
        ('{"name": "A\\ud83d\\ude00", "count": 3}', {"name": "A😀", "count": 3}),
        ("{name: Ada, count: 3}", {"name": "Ada", "count": 3}),
    ],
)
def test_a_file_of_variables(tmp_path: Path, content: str, value: dict[str, Json]) -> None:
    (tmp_path / "v").write_text(content)
    assert gathered(tmp_path, "name count", file="v") == value
    assert gathered(tmp_path, "name count", file="-", stdin=content.encode()) == value


def test_an_assignment_beats_the_file(tmp_path: Path) -> None:
    (tmp_path / "v.yaml").write_text("name: Ada\ncount: 3\n")
    values = gathered(tmp_path, "name count", "count=4", file="v.yaml")
    assert values == {"name": "Ada", "count": 4}


def test_standard_input_is_a_value(tmp_path: Path) -> None:
    assert gathered(tmp_path, "tags", stdin_name="tags", stdin=b'["a"]') == {"tags": ["a"]}


@pytest.mark.parametrize(
    ("given", "value"),
    [(b"a", "a"), (b"a\n", "a"), (b"a\n\n", "a\n"), (b"a\r\n", "a"), (b"\n", ""), (b"", "")],
)
def test_standard_input_loses_one_final_newline(tmp_path: Path, given: bytes, value: str) -> None:
    assert gathered(tmp_path, "name", stdin_name="name", stdin=given) == {"name": value}


def test_every_problem_is_named_at_once(tmp_path: Path) -> None:
    (tmp_path / "binary").write_bytes(b"a\0b")
    (tmp_path / "latin").write_bytes(b"caf\xe9")
    with pytest.raises(VariablesRefused) as caught:
        gathered(
            tmp_path,
            "name count tags tone maybe anything",
            "name=@absent",
            "count=many",
            "tags=@binary",
            "maybe=@latin",
            "nothing",
            "tone=angry",
            "nmae=Ada",
        )
    problems = caught.value.problems
    for words in (
        "variable `name`: absent: No such file or directory",
        "variable `count`: `many` is not JSON",
        "(integer is declared)",
        "variable `tags`: binary is binary, not text",
        "variable `maybe`: latin is not UTF-8 text (byte 4)",
        "--var `nothing` is not NAME=VALUE",
    ):
        assert any(words in problem for problem in problems), (words, problems)
    for name in ("tone", "nmae", "anything"):
        assert any(name in problem for problem in problems), (name, problems)
    assert caught.value.message.count("greeting: ") == 1


def test_a_variable_given_twice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(VariablesRefused, match="variable `name` is given twice"):
        gathered(tmp_path, "name", "name=a", "name=b")
    with pytest.raises(VariablesRefused, match="variable `name` is given twice"):
        gathered(tmp_path, "name", "name=a", stdin_name="name", stdin=b"b")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"- a\n", "v holds no object of variables"),
        (b"text", "v holds no object of variables"),
        (b"a: 1\na: 2\n", "v:2:1: "),
        (b'{"a": 1', "v:1:"),
        (b"\xff", "v is not UTF-8 text"),
        (b"a\0", "v is binary"),
    ],
)
def test_a_file_that_holds_no_variables_is_one_clear_line(
    tmp_path: Path, content: bytes, words: str
) -> None:
    (tmp_path / "v").write_bytes(content)
    with pytest.raises(UsageProblem) as caught:
        gathered(tmp_path, "name", file="v")
    assert words in caught.value.message
    assert "\n" not in caught.value.message


def test_a_missing_file_of_variables(tmp_path: Path) -> None:
    with pytest.raises(UsageProblem, match="absent: No such file"):
        gathered(tmp_path, "name", file="absent")


def test_standard_input_serves_one_purpose(tmp_path: Path) -> None:
    with pytest.raises(UsageProblem, match="both want standard input"):
        gathered(tmp_path, "name", file="-", stdin_name="name")


def test_huge_input_is_refused_without_reading_it_all(tmp_path: Path) -> None:
    with pytest.raises(VariablesRefused, match="larger than 16,777,216 bytes"):
        gathered(tmp_path, "name", "name=@/dev/zero")
    with pytest.raises(VariablesRefused, match="standard input is larger"):
        gathered(tmp_path, "name", stdin_name="name", stdin=b"a" * (MAX_BYTES + 1))


def test_a_value_that_is_no_json_is_answered_with_one_that_is(tmp_path: Path) -> None:
    with pytest.raises(VariablesRefused) as caught:
        gathered(tmp_path, "name tags", "name=a", "tags=a,b")
    assert """--var 'tags=["x", "y"]'""" in caught.value.message


def test_a_key_that_stands_twice_is_refused_by_its_name(tmp_path: Path) -> None:
    (tmp_path / "v.json").write_text('{"name": "a",\n "name": "b"}')
    with pytest.raises(UsageProblem, match=r"v\.json:2:2: .*name"):
        gathered(tmp_path, "name", file="v.json")
    with pytest.raises(VariablesRefused, match="the key 'x' stands twice"):
        gathered(tmp_path, "name tags", "name=a", 'tags=[{"x": 1, "y": 2, "x": 1}]')
