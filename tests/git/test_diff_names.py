"""`diff`: prompts that were renamed, and prompts that cannot be read."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from promptctl.core.change import Effect
from tests.conftest import GitRepository, RunCli
from tests.git.diffing import BRIEF, FILES, GREETING, SETTINGS, TRIAGE, diff_of, told
from tests.releases.workplace import ok

DECLARED = SETTINGS + "renamed: {greeting: hello}\n"
RENAMED, UNDECLARED = "prompt-renamed", "prompt-renamed-undeclared"


@pytest.fixture
def prompts(git_repository: GitRepository) -> GitRepository:
    git_repository.commit(FILES)
    return git_repository


def _move(repository: GitRepository, old: str, new: str) -> None:
    target = repository.path / f"prompts/{new}.yaml"
    target.parent.mkdir(parents=True, exist_ok=True)
    (repository.path / f"prompts/{old}.yaml").rename(target)


# --- renamed -----------------------------------------------------------------------------------------


def test_a_declared_renaming_is_compatible(prompts: GitRepository) -> None:
    _move(prompts, "greeting", "hello")
    prompts.write("promptctl.yaml", DECLARED)
    expected = {"hello": f"renamed compatible: {RENAMED}"}
    assert told(diff_of(prompts.path, "HEAD~0")) == expected
    prompts.git("add", ".")
    assert told(diff_of(prompts.path, cached=True)) == expected
    prompts.commit()
    assert told(diff_of(prompts.path, "HEAD~1..HEAD")) == expected
    (prompt,) = diff_of(prompts.path, "HEAD~1..HEAD").prompts
    assert prompt.old is not None
    assert (prompt.old.name, prompt.name) == ("greeting", "hello")


def test_either_name_is_one_of_those_that_were_asked_for(prompts: GitRepository) -> None:
    _move(prompts, "greeting", "hello")
    prompts.commit()
    for name in ("greeting", "hello", "h*"):
        assert set(told(diff_of(prompts.path, "HEAD~1..HEAD", name))) == {"hello"}
    assert told(diff_of(prompts.path, "HEAD~1..HEAD", "triage")) == {}


def test_an_undeclared_one_breaks_who_asks_by_the_old_name(prompts: GitRepository) -> None:
    _move(prompts, "greeting", "support/hello")
    found = diff_of(prompts.path, "HEAD~0")
    assert told(found) == {"support/hello": f"renamed breaking: {UNDECLARED}"}
    (change,) = found.prompts[0].changes
    assert "promptctl.yaml" in change.message


def test_renamed_and_edited(prompts: GitRepository) -> None:
    (prompts.path / "prompts/greeting.yaml").unlink()
    prompts.commit({"prompts/hello.yaml": BRIEF, "promptctl.yaml": DECLARED})
    assert told(diff_of(prompts.path, "HEAD~1..HEAD")) == {
        "hello": f"renamed behaviour: message-edited {RENAMED}"
    }


def test_backwards_the_older_settings_know_the_name(prompts: GitRepository) -> None:
    _move(prompts, "greeting", "hello")
    prompts.commit({"promptctl.yaml": DECLARED})
    found = told(diff_of(prompts.path, "HEAD..HEAD~1"))
    assert found == {"greeting": f"renamed breaking: {UNDECLARED}"}


def test_the_case_of_a_folder_and_a_swap(prompts: GitRepository) -> None:
    _move(prompts, "greeting", "held")
    _move(prompts, "triage", "greeting")
    _move(prompts, "held", "triage")
    found = diff_of(prompts.path, "HEAD~0")
    assert {prompt.status for prompt in found.prompts} == {"modified"}
    assert found.effect is Effect.BREAKING


def test_a_whole_folder_moved(git_repository: GitRepository) -> None:
    files = {f"prompts/old/p{i}.yaml": GREETING + f"# {i % 3}\n" for i in range(300)}
    git_repository.commit({"promptctl.yaml": SETTINGS, **files})
    (git_repository.path / "prompts/old").rename(git_repository.path / "prompts/new")
    git_repository.commit()
    found = diff_of(git_repository.path, "HEAD~1..HEAD")
    assert len(found.prompts) == 300
    for prompt in found.prompts:
        assert prompt.old is not None
        assert prompt.old.name == prompt.name.replace("new/", "old/")


def test_mv_leads_to_a_compatible_diff_against_what_is_published(prompts: GitRepository) -> None:
    ok(prompts.path, "publish", "greeting", "triage")
    ok(prompts.path, "mv", "greeting", "hello")
    assert told(diff_of(prompts.path)) == {"hello": f"renamed compatible: {RENAMED}"}
    prompts.commit()
    ok(prompts.path, "publish", "hello")
    assert told(diff_of(prompts.path)) == {}


# --- sides that cannot be read -----------------------------------------------------------------------

BROKEN = {
    "no yaml": "messages: [\n",
    "no mapping": "- a\n",
    "unknown key": GREETING + "temperatur: 1\n",
    "twice": GREETING + "provider: echo\n",
    "no text": b"\xff\xfe\0",
    "empty": "",
    "template": GREETING.replace("{{ name }}", "{{ name"),
    "include": GREETING.replace("Be brief.", "'{% include \"gone.md\" %}'"),
    "alias bomb": "a: &a [x, x]\n"
    + "".join(
        f"{chr(98 + i)}: &{chr(98 + i)} [*{chr(97 + i)}, *{chr(97 + i)}]\n" for i in range(20)
    ),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_a_broken_side_is_told_and_the_others_are_compared(
    kind: str, prompts: GitRepository, run_cli: RunCli
) -> None:
    edited = TRIAGE.replace("Sort this", "Judge this")
    prompts.commit({"prompts/greeting.yaml": BROKEN[kind], "prompts/triage.yaml": edited})
    for targets in (("HEAD~1..HEAD",), ("HEAD~1",), ("HEAD..HEAD~1",)):
        found = diff_of(prompts.path, *targets)
        first, second = found.prompts
        assert first.name == "greeting"
        assert first.problem
        assert "\n" not in first.problem
        assert first.changes == ()
        assert second.effect is Effect.BEHAVIOUR
    result = run_cli(["diff", "HEAD~1..HEAD"], cwd=prompts.path)
    assert result.exit_code == 0, result.stderr
    assert "greeting" in result.stdout
    # What is broken in both states in the same way does not differ.
    assert "greeting" not in told(diff_of(prompts.path, "HEAD~0"))
    prompts.commit({"prompts/_partials/x.md": "x"})
    assert told(diff_of(prompts.path, "HEAD~1..HEAD")) == {}


def test_rules_that_a_repository_may_set_keep_nothing_from_being_compared(
    prompts: GitRepository,
) -> None:
    unused = GREETING.replace("  name:", "  unused: {type: string}\n  name:")
    strict = SETTINGS + "rules: {variable-unused: error}\n"
    prompts.commit({"prompts/greeting.yaml": unused, "promptctl.yaml": strict})
    assert told(diff_of(prompts.path, "HEAD~1..HEAD")) == {
        "greeting": "modified breaking: variable-added-required"
    }


def test_settings_that_cannot_be_read_are_those_by_default(prompts: GitRepository) -> None:
    prompts.commit({"promptctl.yaml": "renamed: [", "prompts/greeting.yaml": BRIEF})
    prompts.commit({"promptctl.yaml": SETTINGS})
    expected = {"greeting": "modified behaviour: message-edited"}
    assert told(diff_of(prompts.path, "HEAD~2..HEAD~1")) == expected


# --- names that others chose -------------------------------------------------------------------------


def test_names_that_are_no_prompt_names_are_left_out(prompts: GitRepository) -> None:
    odd = ["Loud.yaml", "a b.yaml", "-x.yaml", "x\ny.yaml", "\x1b[31m.yaml", "a.yml", "ä.yaml"]
    names: list[str | bytes] = [*odd, b"\xff.yaml", "_hidden.yaml", "greeting.tests.yaml"]
    for name in names:
        place = os.path.join(os.fsencode(prompts.path / "prompts"), os.fsencode(name))
        Path(os.fsdecode(place)).write_text(GREETING)
    assert told(diff_of(prompts.path, "HEAD~0")) == {}
    prompts.commit()
    assert told(diff_of(prompts.path, "HEAD~1..HEAD")) == {}


def test_links_and_submodules_are_followed_nowhere(prompts: GitRepository, tmp_path: Path) -> None:
    (tmp_path / "secret.yaml").write_text(GREETING.replace("Greet", "SECRET"))
    (prompts.path / "prompts/greeting.yaml").unlink()
    (prompts.path / "prompts/greeting.yaml").symlink_to(tmp_path / "secret.yaml")
    (prompts.path / "prompts/linked").symlink_to(tmp_path)
    prompts.git("update-index", "--add", "--cacheinfo", f"160000,{prompts.head},prompts/sub")
    prompts.git("add", "prompts/greeting.yaml", "prompts/linked")
    prompts.git("commit", "--quiet", "--message", "Link")
    for targets in (("HEAD~1..HEAD",), ("HEAD~1",)):
        found = diff_of(prompts.path, *targets)
        assert "SECRET" not in repr(found)
        assert told(found) in (
            {"greeting": "modified problem"},
            {"greeting": "removed breaking: prompt-removed"},
        )


@pytest.mark.parametrize("name", ["a;touch x", "$(touch x)", "--output=x", "-O", "../x", "x\ny"])
def test_arguments_are_data(name: str, prompts: GitRepository, run_cli: RunCli) -> None:
    for argv in ([name], [f"{name}..HEAD"], [f"HEAD...{name}"], [f"{name}@1", "greeting@1"]):
        result = run_cli(["diff", "--", *argv], cwd=prompts.path)
        assert result.exit_code in (2, 3), result.stderr
        assert "Traceback" not in result.stderr
        assert result.stdout == ""
    assert not (prompts.path / "x").exists()


def test_nothing_that_the_repository_names_is_run(prompts: GitRepository, tmp_path: Path) -> None:
    """Drivers for diff and text conversion, filters, pagers and monitors are programs."""
    program = tmp_path / "program"
    program.write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\ncat\n")
    program.chmod(0o755)
    drivers = ("diff.x.textconv", "diff.x.command", "diff.external", "filter.x.smudge")
    for key in (*drivers, "filter.x.clean", "core.pager", "pager.diff", "core.fsmonitor"):
        prompts.git("config", key, str(program))
    prompts.write(".gitattributes", "*.yaml diff=x filter=x\n*.md diff=x filter=x\n")
    (tmp_path / "ran").unlink(missing_ok=True)
    prompts.write("prompts/greeting.yaml", BRIEF)
    for targets, cached in (
        ((), False),
        (("HEAD~0",), False),
        ((), True),
        (("HEAD..HEAD~0",), False),
    ):
        diff_of(prompts.path, *targets, cached=cached)
    assert not (tmp_path / "ran").exists()


def test_a_large_prompt_ends_soon(prompts: GitRepository) -> None:
    lines = "".join(f"      word {i} of {i * 7 % 1000} more\n" for i in range(15_000))
    text = f"provider: echo\nmessages:\n  - role: user\n    content: |\n{lines}"
    prompts.commit({"prompts/greeting.yaml": text})
    prompts.commit({"prompts/greeting.yaml": text.replace("word", "term")})
    start = time.process_time()
    assert told(diff_of(prompts.path, "HEAD~1..HEAD")) == {
        "greeting": "modified behaviour: message-edited"
    }
    assert time.process_time() - start < 20
