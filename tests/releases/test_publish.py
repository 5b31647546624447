"""publish, label, rollback and push on real repositories, from the first version to the way back."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from promptctl.core.record import parse_record
from tests.conftest import GitRepository
from tests.releases.workplace import BREAKING, FILES, GREETING, clone, edited, ok, run, tags


@pytest.fixture
def here(git_repository: GitRepository) -> GitRepository:
    """A clone without a remote."""
    git_repository.commit(FILES)
    return git_repository


@pytest.fixture
def shared(here: GitRepository, bare_remote: GitRepository) -> GitRepository:
    """A clone whose main is at the remote."""
    here.git("push", "--quiet", "origin", "main")
    return here


def test_the_first_version_is_a_tag_on_the_commit_and_the_label_another(
    here: GitRepository,
) -> None:
    done = run(here.path, "publish", "greeting", "-m", "First words")
    assert done.returncode == 0, done.stderr
    assert done.stdout == ("greeting@v1  new\ngreeting@published.1  nothing → v1\n")
    assert "undo: promptctl label --delete greeting published" in done.stderr
    assert set(tags(here)) == {"prompts/greeting@v1", "prompts/greeting@published.1"}
    raw = here.git("cat-file", "tag", "refs/tags/prompts/greeting@v1") + "\n"
    record = parse_record(raw.encode(), "prompts/greeting@v1", "prompts/")
    assert (record.commit, record.message, record.effect) == (here.head, "First words", "new")
    assert record.actor == "Ada Lovelace <ada@example.com>"
    assert here.git("fsck", "--strict") == ""


def test_versions_and_labels_are_references_everywhere(here: GitRepository) -> None:
    ok(here.path, "publish", "greeting")
    here.commit({"prompts/greeting.yaml": edited("Welcome")})
    ok(here.path, "publish", "greeting", "--label", "staging")
    for reference, words in [
        ("greeting@1", "Greet"), ("greeting@v2", "Welcome"), ("greeting@latest", "Welcome"),
        ("greeting@published", "Greet"), ("greeting@staging", "Welcome"),
    ]:  # fmt: skip
        assert f"{words} {{{{" in ok(here.path, "show", "--raw", reference), reference
        assert f"{words} Ada" in ok(here.path, "run", reference, "--var", "name=Ada")
    for reference in ("greeting@3", "greeting@beta", "nobody@latest"):
        assert run(here.path, "show", reference).returncode == 3, reference


def test_the_same_text_makes_no_version(here: GitRepository) -> None:
    ok(here.path, "publish", "greeting")
    before = tags(here)
    here.commit({"README": "something else"})
    done = run(here.path, "publish", "greeting")
    assert (done.returncode, done.stdout, tags(here)) == (0, "", before)
    assert "already published as v1 by Ada Lovelace" in done.stderr


def test_an_older_text_again_is_a_new_version(here: GitRepository) -> None:
    ok(here.path, "publish", "greeting")
    here.commit({"prompts/greeting.yaml": edited("Welcome")})
    ok(here.path, "publish", "greeting")
    here.commit({"prompts/greeting.yaml": GREETING})
    assert "greeting@v3" in ok(here.path, "publish", "greeting")


def test_a_partial_is_part_of_the_version(here: GitRepository) -> None:
    text = GREETING.replace("Greet {{", "{% include '_partials/tone.md' %} {{")
    here.commit({"prompts/greeting.yaml": text, "prompts/_partials/tone.md": "Be kind."})
    ok(here.path, "publish", "greeting")
    here.commit({"prompts/_partials/tone.md": "Be brief."})
    assert "greeting@v2" in ok(here.path, "publish", "greeting")
    assert "Be kind." in ok(here.path, "run", "greeting@1", "--var", "name=Ada")


def test_what_is_not_committed_is_not_published(here: GitRepository) -> None:
    here.write("prompts/greeting.yaml", edited("Welcome"))
    here.write("prompts/other.yaml", GREETING)
    for name in ("greeting", "other"):
        done = run(here.path, "publish", name)
        assert done.returncode == 4, done.stderr
        assert "git commit" in done.stderr
    assert tags(here) == {}


def test_findings_of_the_commit_refuse_it(here: GitRepository) -> None:
    here.commit({"prompts/greeting.yaml": GREETING + "nonsense: 1\n"})
    done = run(here.path, "publish", "greeting")
    assert done.returncode == 1
    assert "prompts/greeting.yaml:7:1" in done.stderr


def test_a_break_is_refused_until_it_is_allowed(here: GitRepository) -> None:
    ok(here.path, "publish", "greeting")
    here.commit({"prompts/greeting.yaml": BREAKING})
    done = run(here.path, "publish", "greeting")
    assert done.returncode == 4
    assert "place" in done.stderr
    assert "--allow-breaking" in done.stderr
    assert "greeting@v2" not in tags(here)
    ok(here.path, "publish", "greeting", "--label", "staging")
    assert run(here.path, "label", "greeting@staging", "published").returncode == 4
    ok(here.path, "label", "greeting@staging", "published", "--allow-breaking")
    raw = here.git("cat-file", "tag", "refs/tags/prompts/greeting@published.2")
    assert "\nEffect: breaking\n" in raw


def test_a_break_that_the_default_branch_accepts_is_no_refusal(shared: GitRepository) -> None:
    """What counts is the default branch at the remote: a break accepted only here is refused."""
    ok(shared.path, "publish", "greeting")
    shared.commit({"prompts/greeting.yaml": BREAKING})
    shared.git("push", "--quiet", "origin", "main")
    told = json.loads(ok(shared.path, "diff", "greeting", "--format", "json"))
    (change,) = [one for one in told["prompts"][0]["changes"] if one["effect"] == "breaking"]
    entry = f"{{fingerprint: '{change['fingerprint']}', reason: agreed, prompt: greeting}}"
    shared.commit({"promptctl.yaml": f"accepted_breaks: [{entry}]\n"})
    shared.git("switch", "--quiet", "--detach", "HEAD~1")
    shared.git("checkout", "--quiet", "main", "--", "promptctl.yaml")
    refused = run(shared.path, "publish", "greeting", "--dry-run")
    assert refused.returncode == 4
    assert "breaks callers of published" in refused.stderr
    shared.git("switch", "--quiet", "--force", "main")
    shared.git("push", "--quiet", "origin", "main")
    assert "greeting@v2  breaking" in ok(shared.path, "publish", "greeting")


def test_a_publish_does_not_undo_a_rollback_that_its_author_has_not_seen(
    shared: GitRepository, bare_remote: GitRepository, tmp_path: Path
) -> None:
    """Once told, the same command goes through; a version that others made since is no surprise."""
    ok(shared.path, "publish", "greeting")
    shared.commit({"prompts/greeting.yaml": edited("Welcome")})
    shared.git("push", "--quiet", "origin", "main")
    ok(shared.path, "publish", "greeting")
    bob = clone(bare_remote.path, tmp_path / "bob")
    ok(bob.path, "publish", "greeting")
    ok(shared.path, "rollback", "greeting", "-m", "Too warm")
    bob.commit({"prompts/greeting.yaml": edited("Hail")})
    bob.git("push", "--quiet", "origin", "main")
    refused = run(bob.path, "publish", "greeting")
    assert refused.returncode == 4
    assert "released greeting v1 as greeting@published.3 meanwhile" in refused.stderr
    assert "greeting@published.4" not in tags(bare_remote)
    assert "greeting@v3" in ok(bob.path, "publish", "greeting")
    shared.git("pull", "--quiet", "--no-tags", "origin", "main")
    shared.commit({"prompts/greeting.yaml": edited("Ahoy")})
    shared.git("push", "--quiet", "origin", "main")
    assert "greeting@v4" in ok(shared.path, "publish", "greeting")


def test_a_parallel_state_is_refused_until_it_is_allowed(here: GitRepository) -> None:
    start = here.head
    here.commit({"prompts/greeting.yaml": edited("Welcome")})
    ok(here.path, "publish", "greeting")
    here.git("switch", "--quiet", "--create", "other", start)
    here.commit({"prompts/greeting.yaml": edited("Salute")})
    done = run(here.path, "publish", "greeting")
    assert done.returncode == 4
    assert "--allow-older" in done.stderr
    assert "greeting@v2" in ok(here.path, "publish", "greeting", "--allow-older")


def test_a_label_goes_back_and_forth(here: GitRepository) -> None:
    for words in ("Greet", "Welcome", "Salute"):
        here.commit({"prompts/greeting.yaml": edited(words)})
        ok(here.path, "publish", "greeting")

    def live() -> str:
        return ok(here.path, "show", "--raw", "greeting@published").split('"')[1].split(" ")[0]

    assert run(here.path, "rollback", "greeting").returncode == 2  # no reason given
    ok(here.path, "rollback", "greeting", "-m", "too stiff")
    assert live() == "Welcome"
    done = run(here.path, "publish", "greeting")
    assert (done.returncode, live()) == (0, "Welcome")
    assert "promptctl rollback greeting --undo -m REASON" in done.stderr
    ok(here.path, "rollback", "greeting", "-m", "again")
    assert live() == "Greet"
    assert run(here.path, "rollback", "greeting", "-m", "more").returncode == 4
    ok(here.path, "rollback", "greeting", "--undo", "-m", "was fine")
    assert live() == "Welcome"
    ok(here.path, "rollback", "greeting", "--undo", "-m", "was fine too")
    assert live() == "Salute"
    assert run(here.path, "rollback", "greeting", "--undo", "-m", "x").returncode == 4
    ok(here.path, "rollback", "greeting", "--to", "v1", "-m", "all wrong")
    assert live() == "Greet"
    ok(here.path, "label", "--delete", "greeting", "published", "-m", "gone")
    done = run(here.path, "show", "greeting@published")
    assert done.returncode == 3
    assert "retired" in done.stderr
    ok(here.path, "rollback", "greeting", "-m", "no, not gone")
    assert live() == "Greet"


def test_a_plan_changes_nothing_and_is_json_too(here: GitRepository) -> None:
    shown = ok(here.path, "publish", "--all", "--dry-run", "--format", "json")
    (prompt,) = json.loads(shown)["prompts"]
    assert (prompt["version"], prompt["new_version"], prompt["tags"]) == (1, True, [])
    assert tags(here) == {}
    shown = ok(here.path, "publish", "--all", "--format", "json", "-m", "x")
    (prompt,) = json.loads(shown)["prompts"]
    assert prompt["tags"] == ["greeting@v1", "greeting@published.1"]
    assert run(here.path, "publish").returncode == 2
    assert run(here.path, "publish", "greeting", "--label", "latest").returncode == 2


def test_nobody_publishes_without_a_name(here: GitRepository, hermetic: Path) -> None:
    nameless = {"GIT_COMMITTER_NAME": "", "GIT_COMMITTER_EMAIL": "", "EMAIL": ""}
    done = run(here.path, "publish", "greeting", env=nameless)
    assert done.returncode == 2, done.stderr
    assert "git config user.name" in done.stderr
    assert tags(here) == {}


# --- with a remote ---------------------------------------------------------------------------------


def test_a_release_is_at_the_remote_and_here(
    shared: GitRepository, bare_remote: GitRepository
) -> None:
    ok(shared.path, "publish", "greeting")
    assert tags(shared) == tags(bare_remote)
    assert len(tags(shared)) == 2


def test_a_commit_that_is_not_merged_is_refused(
    shared: GitRepository, bare_remote: GitRepository
) -> None:
    shared.commit({"prompts/greeting.yaml": edited("Welcome")})
    done = run(shared.path, "publish", "greeting")
    assert done.returncode == 4
    assert "push the commit first: git push origin main\n" in done.stderr
    assert (tags(shared), tags(bare_remote)) == ({}, {})
    ok(shared.path, "publish", "greeting", "--label", "staging")
    shared.git("switch", "--quiet", "--create", "idea")
    done = run(shared.path, "publish", "greeting", "--label", "published")
    assert "push the commit first: git push origin HEAD:main; or merge" in done.stderr
    shared.git("commit", "--quiet", "--allow-empty", "--message", "later")
    done = run(shared.path, "label", "greeting@1", "published")
    assert done.returncode == 4
    assert "into main, and push that: git push origin main" in done.stderr


def test_another_clone_goes_on_where_the_first_stopped(
    shared: GitRepository, bare_remote: GitRepository, tmp_path: Path
) -> None:
    other = clone(bare_remote.path, tmp_path / "other")
    ok(shared.path, "publish", "greeting")
    done = run(other.path, "publish", "greeting")
    assert "already published as v1" in done.stderr
    other.commit({"prompts/greeting.yaml": edited("Welcome")})
    other.git("push", "--quiet", "origin", "HEAD:main")
    ok(other.path, "publish", "greeting")
    assert tags(other) == tags(bare_remote)
    done = run(shared.path, "rollback", "greeting", "-m", "no")
    assert done.returncode == 4, "a move goes on top of one that its author has not seen"
    assert "Ada Lovelace" in done.stderr
    assert "greeting@published.2" in done.stderr
    ok(shared.path, "rollback", "greeting", "-m", "no")
    assert tags(shared) == tags(bare_remote)


def test_a_number_that_a_label_names_is_never_given_again(shared: GitRepository) -> None:
    ok(shared.path, "publish", "greeting", "--no-push")
    shared.git("tag", "--delete", "prompts/greeting@v1")
    assert run(shared.path, "publish", "greeting", "--no-push").returncode == 4
    made = ok(shared.path, "publish", "greeting", "--no-push", "--label", "staging")
    assert "greeting@v2" in made


def test_tags_that_are_no_records_are_in_nobodys_way(
    shared: GitRepository, bare_remote: GitRepository
) -> None:
    ok(shared.path, "publish", "greeting")
    shared.git("tag", "prompts/greeting@v9")
    shared.git("tag", "prompts/greeting@published.2")
    shared.commit({"prompts/greeting.yaml": edited("Welcome")})
    shared.git("push", "--quiet", "origin", "main")
    assert "greeting@published.3" in ok(shared.path, "publish", "greeting")
    assert ok(shared.path, "push") == ""
    assert "prompts/greeting@v9" not in tags(bare_remote)


def test_a_clone_that_lost_a_number_takes_what_the_remote_has(
    shared: GitRepository, bare_remote: GitRepository, tmp_path: Path
) -> None:
    other = clone(bare_remote.path, tmp_path / "other")
    ok(other.path, "publish", "greeting", "--no-push")
    ok(shared.path, "publish", "greeting")
    for command in (["publish", "greeting"], ["push"], ["verify"]):
        done = run(other.path, *command)
        assert done.returncode in (1, 4)
        assert (
            "git fetch --prune origin '+refs/tags/prompts/greeting@*:" in done.stdout + done.stderr
        )
    other.git(
        "fetch", "--prune", "origin", "+refs/tags/prompts/greeting@*:refs/tags/prompts/greeting@*"
    )
    assert tags(other) == tags(bare_remote)


def test_a_rollback_never_ends_in_nothing(shared: GitRepository) -> None:
    ok(shared.path, "publish", "greeting")
    ok(shared.path, "label", "--delete", "greeting", "published")
    ok(shared.path, "label", "greeting@1", "published")
    done = run(shared.path, "rollback", "greeting", "-m", "no")
    assert done.returncode == 4
    assert "was retired before" in done.stderr


def test_a_depth_1_clone_without_tags_publishes(
    shared: GitRepository, bare_remote: GitRepository, tmp_path: Path
) -> None:
    ok(shared.path, "publish", "greeting")
    shared.commit({"prompts/greeting.yaml": edited("Welcome")})
    shared.git("push", "--quiet", "origin", "main")
    shallow = clone(bare_remote.path, tmp_path / "shallow", "--depth", "1", "--no-tags")
    shallow.git("checkout", "--quiet", "--detach")
    assert run(shallow.path, "show", "greeting@1").returncode == 3
    assert "greeting@v2" in ok(shallow.path, "publish", "greeting")
    assert tags(bare_remote).keys() >= {"prompts/greeting@v2", "prompts/greeting@published.2"}
    assert "Greet {{" in ok(shallow.path, "show", "--raw", "greeting@1")


def test_what_is_not_pushed_waits(shared: GitRepository, bare_remote: GitRepository) -> None:
    done = run(shared.path, "publish", "greeting", "--no-push")
    assert done.returncode == 0
    assert "promptctl push" in done.stderr
    assert tags(bare_remote) == {}
    done = run(shared.path, "rollback", "greeting", "-m", "x")
    assert done.returncode == 4
    assert "promptctl push" in done.stderr
    assert len(ok(shared.path, "push", "--dry-run").splitlines()) == 2
    ok(shared.path, "push")
    assert tags(shared) == tags(bare_remote)
    assert ok(shared.path, "push") == ""


@pytest.mark.parametrize("hook", ["pre-receive", "update"])
def test_a_refused_push_leaves_everything_as_it_was(
    shared: GitRepository, bare_remote: GitRepository, hook: str
) -> None:
    script = bare_remote.path / "hooks" / hook
    script.write_text(
        "#!/bin/sh\necho 'the release freeze is on: https://bob:hunter2@x.example/'\nexit 1\n"
    )
    script.chmod(0o755)
    done = run(shared.path, "publish", "greeting")
    assert done.returncode == 4
    assert "the release freeze is on" in done.stderr
    assert "hunter2" not in done.stderr
    assert (tags(shared), tags(bare_remote)) == ({}, {})
    script.unlink()
    ok(shared.path, "publish", "greeting")
    assert tags(shared) == tags(bare_remote)


def test_a_remote_that_is_gone_refuses_too(shared: GitRepository, tmp_path: Path) -> None:
    shared.git("remote", "set-url", "origin", str(tmp_path / "nowhere.git"))
    done = run(shared.path, "publish", "greeting")
    assert done.returncode == 4
    assert "origin cannot be reached" in done.stderr
    assert tags(shared) == {}


def test_all_at_once_needs_a_remote_that_can(
    shared: GitRepository, bare_remote: GitRepository
) -> None:
    shared.commit({"prompts/other.yaml": GREETING})
    shared.git("push", "--quiet", "origin", "main")
    bare_remote.git("config", "receive.advertiseAtomic", "false")
    done = run(shared.path, "publish", "--all", "--atomic")
    assert done.returncode == 4, done.stderr
    assert (tags(shared), tags(bare_remote)) == ({}, {})
    bare_remote.git("config", "receive.advertiseAtomic", "true")
    ok(shared.path, "publish", "--all", "--atomic")
    assert len(tags(bare_remote)) == 4


def test_rules_and_labels_come_from_the_default_branch(
    shared: GitRepository, bare_remote: GitRepository
) -> None:
    shared.commit({"promptctl.yaml": "version: 1\nlabels: {staging: {branch: release}}\n"})
    shared.git("push", "--quiet", "origin", "main")
    shared.write("promptctl.yaml", "version: 1\n")
    done = run(shared.path, "publish", "greeting", "--label", "staging")
    assert done.returncode == 4
    assert "release" in done.stderr
    shared.git("push", "--quiet", "origin", "HEAD:release")
    ok(shared.path, "publish", "greeting", "--label", "staging")


def test_a_signed_release_is_one_that_git_verifies(shared: GitRepository, tmp_path: Path) -> None:
    import subprocess

    key = tmp_path / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True)
    shared.git("config", "gpg.format", "ssh")
    shared.git("config", "user.signingKey", str(key))
    signers = tmp_path / "signers"
    signers.write_text(f"ada@example.com {key.with_suffix('.pub').read_text()}")
    shared.git("config", "gpg.ssh.allowedSignersFile", str(signers))
    ok(shared.path, "publish", "greeting", "--sign", "-m", "signed words")
    for tag in tags(shared):
        shared.git("verify-tag", f"refs/tags/{tag}")
    assert "Greet {{" in ok(shared.path, "show", "--raw", "greeting@published")


@pytest.mark.parametrize("kind", ["sha256", "worktree", "detached", "folder", "crlf"])
def test_odd_repositories_release_as_others_do(tmp_path: Path, kind: str) -> None:
    options = ["--object-format=sha256"] if kind == "sha256" else []
    repository = GitRepository(tmp_path / "repository", *options)
    files = {f"sub/{p}": t for p, t in FILES.items()} if kind == "folder" else FILES
    repository.commit(files)
    place = repository.path / "sub" if kind == "folder" else repository.path
    if kind == "worktree":
        repository.git("worktree", "add", "--quiet", str(tmp_path / "second"))
        place = tmp_path / "second"
    if kind == "detached":
        repository.git("checkout", "--quiet", "--detach")
    if kind == "crlf":
        repository.write("prompts/greeting.yaml", GREETING.replace("\n", "\r\n"))
    ok(place, "publish", "greeting")
    assert ok(place, "show", "--raw", "greeting@published") == GREETING
    ok(place, "label", "greeting@1", "staging")
    assert len(tags(repository)) == 3


def test_a_bare_repository_is_read_and_labelled(
    shared: GitRepository, bare_remote: GitRepository
) -> None:
    ok(shared.path, "publish", "greeting")
    shared.commit({"prompts/greeting.yaml": edited("Welcome")})
    shared.git("push", "--quiet", "origin", "main")
    ok(shared.path, "publish", "greeting")
    assert "Welcome {{" in ok(bare_remote.path, "show", "--raw", "greeting@published")
    ok(bare_remote.path, "label", "greeting@1", "staging")
    ok(bare_remote.path, "rollback", "greeting", "-m", "no")
    assert "Greet {{" in ok(bare_remote.path, "show", "--raw", "greeting@published")


# --- what a hostile reader tried -------------------------------------------------------------------


def test_push_asks_what_publish_would_have_asked(
    shared: GitRepository, bare_remote: GitRepository
) -> None:
    shared.commit({"prompts/greeting.yaml": edited("Welcome")})
    ok(shared.path, "publish", "greeting", "--no-push")
    done = run(shared.path, "push")
    assert done.returncode == 4
    assert "not on origin/main" in done.stderr
    assert tags(bare_remote) == {}
    shared.git("push", "--quiet", "origin", "main")
    ok(shared.path, "push")


def test_push_never_lets_a_label_name_the_version_of_somebody_else(
    shared: GitRepository, bare_remote: GitRepository, tmp_path: Path
) -> None:
    ok(shared.path, "publish", "greeting")
    other = clone(bare_remote.path, tmp_path / "other")
    other.commit({"prompts/greeting.yaml": edited("Theirs")})
    ok(other.path, "publish", "greeting", "--label", "staging")
    shared.commit({"prompts/greeting.yaml": edited("Ours")})
    shared.git("push", "--quiet", "origin", "main")
    ok(shared.path, "publish", "greeting", "--no-push")
    shared.git("update-ref", "-d", "refs/tags/prompts/greeting@v2")
    shared.git("fetch", "--quiet", "origin", "refs/tags/prompts/*:refs/tags/prompts/*")
    done = run(shared.path, "push")
    assert done.returncode == 4
    assert "greeting@published.2" in done.stderr
    assert "prompts/greeting@published.2" not in tags(bare_remote)


def test_a_rollback_goes_only_where_the_label_has_been(shared: GitRepository) -> None:
    ok(shared.path, "publish", "greeting")
    shared.commit({"prompts/greeting.yaml": edited("Welcome")})
    ok(shared.path, "publish", "greeting", "--label", "staging")
    done = run(shared.path, "rollback", "greeting", "--to", "2", "-m", "x")
    assert done.returncode == 4
    assert "promptctl label greeting@2 published" in done.stderr


def test_a_missing_remote_is_no_reason_to_publish_here_alone(shared: GitRepository) -> None:
    shared.git("remote", "rename", "origin", "upstream")
    done = run(shared.path, "publish", "greeting")
    assert done.returncode == 4
    assert tags(shared) == {}


def test_a_branch_cannot_choose_what_it_is_judged_by(
    shared: GitRepository, bare_remote: GitRepository
) -> None:
    bare_remote.git("symbolic-ref", "HEAD", "refs/heads/nowhere")
    shared.git("switch", "--quiet", "--create", "pr")
    shared.commit({"promptctl.yaml": "version: 1\ndefault_branch: pr\n"})
    shared.git("push", "--quiet", "origin", "pr")
    done = run(shared.path, "publish", "greeting")
    assert done.returncode == 4
    assert "not on origin/main" in done.stderr
    shared.commit({"promptctl.yaml": "version: 1\ntag_prefix: other/\n"})
    done = run(shared.path, "publish", "greeting", "--label", "staging")
    assert done.returncode == 4
    assert "tag_prefix" in done.stderr


def test_a_version_that_is_gone_stops_its_label(
    shared: GitRepository, bare_remote: GitRepository, tmp_path: Path
) -> None:
    ok(shared.path, "publish", "greeting")
    bare_remote.git("tag", "--delete", "prompts/greeting@v1")
    fresh = clone(bare_remote.path, tmp_path / "fresh")
    fresh.commit({"prompts/greeting.yaml": BREAKING})
    fresh.git("push", "--quiet", "origin", "HEAD:main")
    done = run(fresh.path, "publish", "greeting")
    assert done.returncode == 4
    assert "published names greeting v1, which is not here" in done.stderr
    ok(fresh.path, "publish", "greeting", "--label", "staging")
    assert "prompts/greeting@v2" in tags(bare_remote)


def test_a_clone_of_some_depth_stays_as_deep(
    shared: GitRepository, bare_remote: GitRepository, tmp_path: Path
) -> None:
    for number in range(6):
        shared.commit({"README": str(number)})
    shared.git("push", "--quiet", "origin", "main")
    for depth in (1, 4):
        shallow = clone(bare_remote.path, tmp_path / f"depth-{depth}", "--depth", str(depth))
        ok(shallow.path, "publish", "greeting", "--label", f"l{depth}")
        assert shallow.git("rev-list", "--count", "HEAD") == str(depth)


@pytest.mark.parametrize(
    "folder", [" lead", "new\nline", b"bad\xff".decode("utf-8", "surrogateescape")]
)
def test_a_folder_that_no_record_could_name_is_refused(tmp_path: Path, folder: str) -> None:
    repository = GitRepository(tmp_path / "mono")
    repository.commit({f"{folder}/{path}": text for path, text in FILES.items()})
    done = run(repository.path / folder, "publish", "greeting")
    assert done.returncode == 2, done.stderr
    assert tags(repository) == {}


def test_a_tag_in_the_way_is_seen_before_anything_is_pushed(
    shared: GitRepository, bare_remote: GitRepository
) -> None:
    shared.commit({"prompts/support/triage.yaml": GREETING})
    shared.git("push", "--quiet", "origin", "main")
    shared.git("tag", "prompts/support")
    done = run(shared.path, "publish", "support/triage")
    assert done.returncode == 4
    assert "git tag -d prompts/support" in done.stderr
    assert tags(bare_remote) == {}


def test_a_mirror_labels(shared: GitRepository, bare_remote: GitRepository, tmp_path: Path) -> None:
    ok(shared.path, "publish", "greeting")
    mirror = clone(bare_remote.path, tmp_path / "mirror.git", "--mirror")
    ok(mirror.path, "label", "greeting@1", "beta")
    assert "prompts/greeting@beta.1" in tags(bare_remote)
    assert "main" in bare_remote.git("branch")
