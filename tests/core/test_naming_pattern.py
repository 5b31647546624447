"""core.naming_pattern: no spelling of a file's name escapes the pattern; git and Python read it alike."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from promptctl.core.naming_pattern import naming_patterns

NAME = "_partials/tone of voice.md"
NAMING = {
    "jinja": '{% include "_partials/tone of voice.md" %}',
    "jinja, single quotes": "{% include '_partials/tone of voice.md' %}",
    "jinja, escaped": r'{% include "_partials/tone of v\x6fice.md" %}',
    "jinja, joined": '{% include "_partials/" "tone of voice.md" %}',
    "jinja, joined in two lines": '{% include "_partials/"\n "tone of voi" "ce.md" %}',
    "mustache": "{{> _partials/tone of voice.md}}",
    "file": "  file: _partials/tone of voice.md",
    "yaml, escaped": '  file: "_partials/tone\\u0020of\\x20voic\\u0065.md"',
    "yaml, folded": '  file: "_partials/tone\n    of voice.md"',
    "yaml, joined lines": '  file: "_partials/tone of vo\\\n    ice.md"',
    "carriage return": '  file: "_partials/tone of vo\\\r\n    ice.md"\r\n',
    "flow": "{role: user, file: _partials/tone of voice.md}",
    "tag over two lines": '{%\ninclude "_partials/tone of voice.md" %}',
}
NOT_NAMING = ["_partials/other.md", "template: Hello {{ name }}.\n", "{% if a %}b{% endif %}", ""]


def _by_git(folder: Path, patterns: list[str]) -> set[str]:
    script = "".join(f"{pattern}\n" for pattern in patterns)
    done = subprocess.run(
        ["git", "grep", "--no-index", "-l", "-E", "-f", "-", "--", "."],
        cwd=folder, input=script, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode in (0, 1), done.stderr
    return set(done.stdout.split())


def test_every_way_to_name_a_file_is_found(tmp_path: Path) -> None:
    for number, text in enumerate(NAMING.values()):
        (tmp_path / f"{number}.yaml").write_bytes(text.encode())
    patterns = naming_patterns([NAME])
    assert _by_git(tmp_path, patterns) == {f"{number}.yaml" for number in range(len(NAMING))}
    for text in NAMING.values():
        assert any(re.search(pattern, text, re.MULTILINE) for pattern in patterns), text


def test_what_names_nothing_is_no_candidate(tmp_path: Path) -> None:
    for number, text in enumerate(NOT_NAMING):
        (tmp_path / f"{number}.yaml").write_text(text)
    patterns = naming_patterns([NAME])
    assert _by_git(tmp_path, patterns) == set()
    for text in NOT_NAMING:
        assert not any(re.search(pattern, text, re.MULTILINE) for pattern in patterns), text


def test_quotes_in_a_name_are_written_in_many_ways() -> None:
    for name, text in {
        'a"b long.md': 'file: "a\\"b long.md"',
        "it's.md": "file: 'it''s.md'",
        "back\\slash.md": 'file: "back\\\\slash.md"',
        "no\u00a0break.md": 'file: "no\\_break.md"',
    }.items():
        assert any(re.search(pattern, text) for pattern in naming_patterns([name])), name


def test_many_names_are_a_few_patterns() -> None:
    names = [f"_partials/{number}.md" for number in range(2000)]
    patterns = naming_patterns(names)
    assert len(patterns) == 5
    assert all(any(re.search(p, f"file: {name}") for p in patterns) for name in names[::100])


@pytest.mark.parametrize(
    "name", ["a.b", "a+b", "a(b)", "a[b]", "a{2}", "a|b", "a^b$", "a*b", "a?b", "ä"]
)
def test_signs_of_patterns_mean_themselves(name: str, tmp_path: Path) -> None:
    (tmp_path / "named").write_text(f"file: {name}\n")
    (tmp_path / "other").write_text("file: aab\naxb\nab\naa\n")
    (first, *_) = naming_patterns([name])
    assert _by_git(tmp_path, [first]) == {"named"}
    assert re.search(first, f"file: {name}")
    assert not re.search(first, "aab axb ab aa")
