"""What refusals advise: a command that does what it says, and the one that was meant."""

from __future__ import annotations

import shlex

import pytest

from tests.conftest import GitRepository
from tests.releases.workplace import BREAKING, FILES, GREETING, edited, ok, run


@pytest.fixture
def here(git_repository: GitRepository) -> GitRepository:
    """greeting in three versions, all published."""
    for words in ("Greet", "Welcome", "Salute"):
        git_repository.commit(FILES | {"prompts/greeting.yaml": edited(words)})
        ok(git_repository.path, "publish", "greeting")
    return git_repository


def fails(repository: GitRepository, line: str, code: int, error: str, hint: str = "") -> None:
    done = run(repository.path, *shlex.split(line))
    assert (done.returncode, done.stdout) == (code, ""), done.stderr
    said = done.stderr.splitlines()
    assert said[-2 if hint else -1] == f"error: {error}"
    assert not hint or said[-1] == f"hint: {hint}"


def test_a_rollback_is_reinstated_by_undoing_it(here: GitRepository) -> None:
    ok(here.path, "rollback", "greeting", "-m", "too stiff")
    done = run(here.path, "publish", "greeting")
    back = "promptctl rollback greeting --undo -m REASON"
    assert done.stderr.endswith(f"to reinstate it: {back}\n")
    ok(here.path, *shlex.split(back)[1:])
    assert "published:v3" in ok(here.path, "status")


def test_a_move_that_breaks_is_reinstated_with_leave(here: GitRepository) -> None:
    here.commit({"prompts/greeting.yaml": BREAKING})
    ok(here.path, "publish", "greeting", "--allow-breaking")
    ok(here.path, "label", "greeting@3", "published", "--allow-breaking")
    done = run(here.path, "publish", "greeting")
    back = done.stderr.partition("to reinstate it: ")[2].rstrip()
    assert back == "promptctl label greeting@4 published --allow-breaking"
    ok(here.path, *shlex.split(back)[1:])


def test_at_the_bottom_taking_the_label_away_is_named_last(here: GitRepository) -> None:
    ok(here.path, "rollback", "greeting", "-m", "no")
    ok(here.path, "rollback", "greeting", "-m", "no")
    done = run(here.path, "rollback", "greeting", "-m", "no")
    undo, to, drop = done.stderr.partition("hint: ")[2].rstrip().split("; ")
    assert undo == "promptctl rollback greeting --undo -m REASON takes the last rollback back (v2)"
    assert to == "promptctl rollback greeting --to 3 -m REASON goes there"
    assert drop == ("promptctl label --delete greeting published retires it: callers get an error")


def test_behind_a_renaming_there_is_the_old_names_text(here: GitRepository) -> None:
    ok(here.path, "mv", "greeting", "hello")
    here.commit()
    ok(here.path, "publish", "hello")
    done = run(here.path, "rollback", "hello", "-m", "no")
    assert (
        "hint: the text before the renaming is greeting@3: promptctl show --raw greeting@3, to commit"
        " and publish it as hello; promptctl label --delete hello published" in done.stderr
    )


def test_mistyped_labels_and_names(here: GitRepository) -> None:
    as_commit = "For a commit: git log --oneline --all shows what there is"
    meant = "did you mean `greeting@published`?"
    for command in ("run greeting@publishd", "show greeting@publishd", "resolve greeting@publishd"):
        fails(here, command, 3, "greeting has no label publishd", f"{meant} {as_commit}")
    fails(here, "label greeting@publishd beta", 3, "greeting has no label publishd", meant)
    for line in ("rollback greting -m x", "label --delete greting published"):
        fails(here, line, 3, "there is no prompt greting", "did you mean `greeting`?")
    wrong = "rollback greeting --label publishd -m x"
    fails(here, wrong, 3, "greeting has no label publishd", "did you mean `published`?")


def test_words_in_the_wrong_place(here: GitRepository) -> None:
    alone = "write the name alone"
    usual = "promptctl rollback greeting -m REASON"
    fails(here, "rollback greeting@published -m x", 2, f"greeting@published: {alone}", usual)
    to_2 = "promptctl rollback greeting --to 2 -m REASON"
    fails(here, "rollback greeting@2 -m x", 2, f"greeting@2: {alone}", to_2)
    wrong = "--to greeting@1: write the version alone"
    fails(here, "rollback greeting --to greeting@1 -m x", 2, wrong, "--to 1")
    order = "the version stands first, then the label"
    fails(here, "label beta greeting@2", 2, order, "promptctl label greeting@2 beta")
    taken = "greeting@2: a label is taken from a prompt; write its name alone"
    right = "promptctl label --delete greeting published"
    fails(here, "label --delete greeting@2 published", 2, taken, right)
    glob = "`gr*` is a glob; here one prompt is needed"
    for line in ("rollback 'gr*' -m x", "mv 'gr*' x", "verify 'gr*'"):
        fails(here, line, 2, glob, "promptctl list 'gr*' shows which there are")


def test_a_label_is_retired_only_once(here: GitRepository) -> None:
    ok(here.path, "label", "--delete", "greeting", "published")
    done = run(here.path, "label", "--delete", "greeting", "published")
    assert (done.returncode, done.stdout) == (0, "")
    assert "published of greeting is retired already, by Ada Lovelace on" in done.stderr


def test_one_refused_prompt_names_the_others(here: GitRepository) -> None:
    here.commit(
        {"prompts/greeting.yaml": BREAKING, "prompts/b.yaml": GREETING, "prompts/c.yaml": GREETING}
    )
    done = run(here.path, "publish", "--all")
    rest = "; nothing was published; the others: promptctl publish b c"
    assert done.returncode == 4
    assert done.stderr.endswith(f"`--label staging` leaves them alone{rest}\n")
    ok(here.path, *shlex.split(rest.rpartition(": ")[2])[1:])
    assert "the others" not in run(here.path, "publish", "--all").stderr


def test_a_break_of_another_label_is_not_sent_to_that_label(here: GitRepository) -> None:
    ok(here.path, "label", "greeting@3", "staging")
    here.commit({"prompts/greeting.yaml": BREAKING})
    done = run(here.path, "publish", "greeting", "--label", "staging")
    assert done.stderr.endswith("all the same; another --label leaves them alone\n")


def test_without_network(here: GitRepository) -> None:
    here.git("remote", "add", "origin", "/nowhere/at/all.git")
    here.commit({"prompts/greeting.yaml": edited("Hail")})
    for line in ("publish greeting", "label greeting@1 published", "rollback greeting -m x"):
        done = run(here.path, *line.split())
        assert done.returncode == 4
        assert "git repository; fatal: Could not read from remote repository\n" in done.stderr
        hint = "hint: --no-push records it in this clone, until promptctl push sends it\n"
        assert done.stderr.endswith(hint)
    done = run(here.path, "verify")
    assert done.stderr.endswith("hint: promptctl verify --offline looks at this clone only\n")
    assert run(here.path, "verify", "--offline").returncode == 0


def test_rollback_says_that_it_wants_a_reason(here: GitRepository) -> None:
    assert "Why. Required" in " ".join(ok(here.path, "rollback", "--help").split())
