"""`diff`: a changed partial shows in each prompt that uses it, however it is named."""

from __future__ import annotations

import pytest

from tests.conftest import GitRepository
from tests.git.diffing import SETTINGS, diff_of, told
from tests.releases.workplace import ok

TONE = "_partials/tone of voice.md"
JINJA = "provider: echo\ntemplate: 'Hello. {%% include %s %%} Bye.'\n"
USERS = {
    "jinja": JINJA % f'"{TONE}"',
    "jinja-escaped": JINJA % r'"_partials/tone of v\x6fice.md"',
    "jinja-folded": 'provider: echo\ntemplate: >-\n  Hello. {%\n  include "_partials/tone\n'
    '  of voice.md" %} Bye.\n',
    "mustache": f"provider: echo\ntemplate_format: mustache\ntemplate: 'Hello. {{{{> {TONE}}}}} Bye.'\n",
    "file": f"provider: echo\ntemplate_format: none\nmessages: [{{role: user, file: {TONE}}}]\n",
    "file-escaped": 'provider: echo\ntemplate_format: f-string\nmessages:\n  - role: user\n'
    '    file: "_partials/t\\u006fne\\x20of v\\\n      oice.md"\n',
    "file-folded": "provider: echo\nmessages:\n  - role: user\n    file: _partials/tone\n      of voice.md\n",
    "nested-jinja": "provider: echo\nmessages: [{role: user, file: _partials/outer.md}]\n",
    "nested-mustache": "provider: echo\ntemplate_format: mustache\n"
    "template: '{{> _partials/outer.mustache}}'\n",
    "deep": "provider: echo\ntemplate: '{% include \"_partials/outermost.md\" %}'\n",
}  # fmt: skip
OTHERS = {
    "plain": "provider: echo\ntemplate: Hello.\n",
    "named-in-text": f"provider: echo\ntemplate: 'Read {TONE} first.'\n",
    "other-file": "provider: echo\nmessages: [{role: user, file: _partials/other.md}]\n",
    "escapes": 'provider: echo\ntemplate: "H\\u0065llo {{ name }}"\nvariables: {name: {type: string}}\n',
}
PARTIALS = {
    TONE: "Be kind.\n",
    "_partials/other.md": "Be brief.\n",
    "_partials/outer.md": f'Before. {{% include "{TONE}" %}}\n',
    "_partials/outer.mustache": f"{{{{> {TONE}}}}}\n",
    "_partials/outermost.md": '{% include "_partials/" "outer.md" %}\n',
}


@pytest.fixture
def partials(git_repository: GitRepository) -> GitRepository:
    texts = {f"{name}.yaml": text for name, text in {**USERS, **OTHERS}.items()} | PARTIALS
    files = {f"prompts/{path}": text for path, text in texts.items()}
    git_repository.commit({"promptctl.yaml": SETTINGS, **files})
    return git_repository


def test_every_way_to_include_it_is_seen_in_commits_index_and_working_tree(
    partials: GitRepository,
) -> None:
    folder = partials.path
    assert told(diff_of(folder, "HEAD~0")) == {}
    partials.write(f"prompts/{TONE}", "Be cold.\n")
    expected = set(USERS)
    assert set(told(diff_of(folder, "HEAD~0"))) == expected
    assert told(diff_of(folder, cached=True)) == {}
    partials.git("add", ".")
    assert set(told(diff_of(folder, cached=True))) == expected
    partials.commit()
    found = diff_of(folder, "HEAD~1..HEAD")
    assert set(told(found)) == expected
    assert not [prompt.problem for prompt in found.prompts if prompt.problem]
    assert {prompt.effect.value for prompt in found.prompts} == {"behaviour"}
    assert set(told(diff_of(folder, "HEAD..HEAD~1"))) == expected


def test_published_versions_hold_their_partials(partials: GitRepository) -> None:
    ok(partials.path, "publish", "--all")
    assert told(diff_of(partials.path)) == {}
    partials.write(f"prompts/{TONE}", "Be cold.\n")
    assert set(told(diff_of(partials.path))) == set(USERS)


def test_a_file_from_elsewhere_in_between(partials: GitRepository) -> None:
    """What lies between the prompt and the file changed too, and names it no longer."""
    partials.commit({f"prompts/{TONE}": "Be cold.\n", "prompts/_partials/outer.md": "Nothing.\n"})
    found = told(diff_of(partials.path, "HEAD~1..HEAD"))
    assert set(found) == set(USERS)
    assert found["nested-jinja"] == "modified behaviour: message-edited file-changed"


def test_a_partial_that_moved_with_those_who_name_it(partials: GitRepository) -> None:
    prompts = partials.path / "prompts"
    (prompts / TONE).rename(prompts / "_partials/voice.md")
    for file in prompts.rglob("*"):
        if file.is_file() and TONE in file.read_text():
            file.write_text(file.read_text().replace(TONE, "_partials/voice.md"))
    partials.commit()
    found = told(diff_of(partials.path, "HEAD~1..HEAD"))
    assert found["jinja"] == "modified cosmetic: file-moved"
    assert found["mustache"] == "modified cosmetic: file-moved"
    assert found["file"] == "modified cosmetic: file-moved"
    assert found["jinja-escaped"] == "modified problem"


def test_a_partial_that_is_gone_is_a_problem_of_its_users(partials: GitRepository) -> None:
    (partials.path / "prompts" / TONE).unlink()
    found = diff_of(partials.path, "HEAD~0")
    assert {prompt.name for prompt in found.prompts if prompt.problem} == set(USERS)
    assert all("tone of voice.md" in (prompt.problem or "") for prompt in found.prompts)


def test_a_prompt_that_includes_another_prompts_file(git_repository: GitRepository) -> None:
    text = "provider: echo\nmessages: [{role: user, file: inner.yaml}]\n"
    inner = "provider: echo\ntemplate: Hello.\n"
    files = {"prompts/outer.yaml": text, "prompts/inner.yaml": inner}
    git_repository.commit({"promptctl.yaml": SETTINGS, **files})
    git_repository.commit({"prompts/inner.yaml": inner.replace("Hello", "Goodbye")})
    assert told(diff_of(git_repository.path, "HEAD~1..HEAD")) == {
        "inner": "modified behaviour: message-edited",
        "outer": "modified behaviour: message-edited",
    }
    assert told(diff_of(git_repository.path, "HEAD~1")) == told(
        diff_of(git_repository.path, "HEAD~1..HEAD")
    )


def test_an_image_that_changed(git_repository: GitRepository) -> None:
    text = (
        "provider: openai\nmodel: gpt-4o\nmessages:\n  - role: user\n    content:\n"
        "      - {type: image, path: _images/a.png}\n"
    )
    png = b"\x89PNG\r\n\x1a\n\0\0"
    files: dict[str, str | bytes] = {"prompts/a.yaml": text, "prompts/_images/a.png": png + b"1"}
    git_repository.commit({"promptctl.yaml": SETTINGS, **files})
    git_repository.commit({"prompts/_images/a.png": png + b"2"})
    (prompt,) = diff_of(git_repository.path, "HEAD~1..HEAD").prompts
    (change,) = prompt.changes
    assert (change.rule, change.old, change.new, change.edits) == ("file-changed", None, None, ())
