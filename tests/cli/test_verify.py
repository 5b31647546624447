"""`promptctl verify`: each way in which a record can be broken, on real repositories."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import GitRepository, RunCli

GREETING = """\
provider: echo
variables: {name: {type: string}}
template: "{% include '_partials/tone.md' %} Hello {{ name }}"
"""

Verify = Callable[..., tuple[int, dict[str, Any]]]


@pytest.fixture
def shop(
    git_repository: GitRepository, bare_remote: GitRepository, run_cli: RunCli
) -> GitRepository:
    """A prompt in two versions, the second published, the first staging; all pushed."""
    repository = git_repository
    repository.git("checkout", "-q", "-B", "main")
    repository.commit(
        {"prompts/greeting.yaml": GREETING, "prompts/_partials/tone.md": "Be kind.\n"}
    )
    repository.git("push", "-q", "-u", "origin", "main")
    publish(repository, run_cli, "--label", "staging")
    repository.commit({"prompts/_partials/tone.md": "Be brief.\n"})
    repository.git("push", "-q")
    publish(repository, run_cli)
    return repository


def publish(repository: GitRepository, run_cli: RunCli, *options: str) -> None:
    done = run_cli(["publish", "greeting", *options], cwd=repository.path)
    assert done.exit_code == 0, done.stderr


@pytest.fixture
def verify(run_cli: RunCli, shop: GitRepository) -> Verify:
    def run(*words: str, cwd: Path | None = None) -> tuple[int, dict[str, Any]]:
        done = run_cli(["verify", *words, "--format", "json"], cwd=cwd or shop.path)
        assert done.exit_code in (0, 1), done.stderr
        return done.exit_code, json.loads(done.stdout)

    return run


def ids(answer: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [
        (problem["id"], problem["tag"].removeprefix("prompts/")) for problem in answer["problems"]
    ]


def forge(repository: GitRepository, tag: str, change: Callable[[str], str], to: str = "") -> str:
    """Put a changed copy of a tag object in its place, or at another tag."""
    ref = f"refs/tags/prompts/{to or tag}"
    content = repository.git("cat-file", "tag", f"refs/tags/prompts/{tag}") + "\n"
    changed = change(content).replace(f"tag prompts/{tag}\n", f"tag prompts/{to or tag}\n")
    oid = repository.git("hash-object", "-t", "tag", "-w", "--stdin", stdin=changed)
    repository.git("update-ref", ref, oid)
    return oid


def test_an_unbroken_record(shop: GitRepository, verify: Verify, run_cli: RunCli) -> None:
    assert verify() == (
        0,
        {
            "schema": "promptctl.verify/1",
            "unbroken": True,
            "remote": "origin",
            "prompts": 1,
            "records": 4,
            "problems": [],
        },
    )
    code, answer = verify("greeting", "--offline")
    assert (code, answer["remote"], answer["problems"]) == (0, None, [])
    done = run_cli(["verify"], cwd=shop.path)
    assert (done.exit_code, done.stdout) == (0, "")
    assert done.stderr == "4 records of 1 prompt, and origin: unbroken\n"


def test_a_fresh_clone_without_tags_is_checked_by_what_the_remote_has(
    shop: GitRepository, bare_remote: GitRepository, verify: Verify, tmp_path: Path
) -> None:
    clone = tmp_path / "clone"
    shop.git("clone", "-q", "--no-tags", "--depth", "1", f"file://{bare_remote.path}", str(clone))
    code, answer = verify(cwd=clone)
    assert (code, answer["records"], answer["problems"]) == (0, 4, [])


@pytest.mark.parametrize(
    ("what", "reason"),
    [("HEAD", "a commit"), ("HEAD^{tree}", "a tree"), ("HEAD:prompts/greeting.yaml", "a blob")],
)
def test_a_lightweight_tag_is_no_record(
    shop: GitRepository, verify: Verify, what: str, reason: str
) -> None:
    shop.git("update-ref", "refs/tags/prompts/greeting@v3", shop.git("rev-parse", what))
    code, answer = verify("--offline")
    assert (code, ids(answer)) == (1, [("no-record", "greeting@v3")])
    assert reason in answer["problems"][0]["message"]


def test_tags_whose_names_are_not_those_of_records(shop: GitRepository, verify: Verify) -> None:
    for name in ("Greeting@v1", "greeting@v007", "greeting@v9999999999", "greeting"):
        shop.git("update-ref", f"refs/tags/prompts/{name}", shop.head)
    assert ids(verify("--offline")[1]) == [
        ("no-record", name)
        for name in ("Greeting@v1", "greeting", "greeting@v007", "greeting@v9999999999")
    ]


def test_a_tag_that_moved_inside_itself_or_says_a_thing_twice(
    shop: GitRepository, verify: Verify
) -> None:
    oid = shop.git("rev-parse", "refs/tags/prompts/greeting@v2")
    shop.git("update-ref", "refs/tags/prompts/greeting@v3", oid)
    forge(
        shop, "greeting@v1", lambda text: text.replace("Version: 1\n", "Version: 1\nVersion: 1\n")
    )
    found = verify("--offline")[1]
    assert ("no-record", "greeting@v1") in ids(found)
    assert ("no-record", "greeting@v3") in ids(found)
    assert ("version-missing", "greeting@staging.1") in ids(found)


def test_numbers_that_are_missing_or_jump(shop: GitRepository, verify: Verify) -> None:
    forge(
        shop,
        "greeting@v2",
        lambda text: text.replace("Version: 2\nPrevious: 1", "Version: 4\nPrevious: 3"),
        "greeting@v4",
    )
    assert ids(verify("--offline")[1]) == [("number-gap", "greeting@v3")]
    forge(
        shop,
        "greeting@published.1",
        lambda text: text.replace("Previous: none", "Previous: 2"),
        "greeting@published.5000",
    )
    assert ("number-jump", "greeting@published.5000") in ids(verify("--offline")[1])


@pytest.mark.parametrize(
    ("tag", "old", "new", "problem"),
    [
        ("greeting@v2", "Previous: 1", "Previous: none", "previous-wrong"),
        ("greeting@staging.1", "Previous: none", "Previous: 2", "previous-wrong"),
        ("greeting@v2", "Path: prompts/", "Path: other/", "file-missing"),
        ("greeting@staging.1", "Path: prompts/", "Path: other/", "version-differs"),
        ("greeting@published.1", "Version: 2", "Version: 7", "version-missing"),
        ("greeting@published.1", "Version: 2", "Version: 1", "version-differs"),
    ],
)
def test_a_record_that_does_not_fit(
    shop: GitRepository, verify: Verify, tag: str, old: str, new: str, problem: str
) -> None:
    forge(shop, tag, lambda text: text.replace(old, new))
    code, answer = verify("--offline")
    assert code == 1
    assert (problem, tag) in ids(answer)


def test_a_content_that_is_not_that_of_the_commit(shop: GitRepository, verify: Verify) -> None:
    first, second = shop.git("rev-parse", "HEAD~"), shop.head
    for tag in ("greeting@v2", "greeting@published.1"):  # the partial is another one there
        forge(shop, tag, lambda text: text.replace(second, first))
    assert ids(verify("--offline")[1]) == [("content-wrong", "greeting@v2")]
    for tag in ("greeting@v2", "greeting@published.1"):
        forge(shop, tag, lambda text: text.replace(first, "1" * 40))
    found = ids(verify("--offline")[1])
    assert found == [("commit-missing", t) for t in ("greeting@published.1", "greeting@v2")]


def test_a_file_that_is_a_link_at_the_commit(
    shop: GitRepository, verify: Verify, run_cli: RunCli
) -> None:
    second = shop.head
    (shop.path / "prompts/greeting.yaml").unlink()
    (shop.path / "prompts/greeting.yaml").symlink_to("/etc/passwd")
    third = shop.commit()
    for tag in ("greeting@v2", "greeting@published.1"):
        forge(shop, tag, lambda text: text.replace(second, third))
    assert ids(verify("--offline")[1]) == [("file-missing", "greeting@v2")]


@pytest.mark.parametrize("what", ["", ":", ":prompts/_partials/tone.md", ":prompts/_partials"])
def test_an_object_in_place_of_another(shop: GitRepository, verify: Verify, what: str) -> None:
    real = shop.git("rev-parse", f"HEAD{what}")
    kind = shop.git("cat-file", "-t", real)
    other = {
        "commit": lambda: shop.git("rev-parse", "HEAD~"),
        "tree": lambda: shop.git("mktree", stdin=""),
        "blob": lambda: shop.git("hash-object", "-w", "--stdin", stdin="Be rude.\n"),
    }[kind]()
    shop.git("replace", real, other)
    code, answer = verify("--offline")
    assert code == 1
    assert ("object-replaced", "greeting@v2") in ids(answer)
    assert {problem["id"] for problem in answer["problems"]} == {"object-replaced"}


# --- the remote ------------------------------------------------------------------------------------


def test_a_tag_that_moved_at_the_remote(
    shop: GitRepository, bare_remote: GitRepository, verify: Verify
) -> None:
    ref = "refs/tags/prompts/greeting@v1"
    was = shop.git("rev-parse", ref)
    assert verify()[0] == 0
    bare_remote.git("update-ref", ref, shop.git("rev-parse", "refs/tags/prompts/greeting@v2"))
    code, answer = verify()
    assert (code, ids(answer)) == (1, [("moved", "greeting@v1")])
    command = way_back(answer["problems"][0]["hint"])
    assert command == f"git push --force origin {was}:{ref}"
    shop.git(*command.split()[1:])
    assert verify()[0] == 0


def test_a_tag_that_moved_at_the_remote_and_is_not_here(
    shop: GitRepository, bare_remote: GitRepository, verify: Verify, tmp_path: Path
) -> None:
    clone = tmp_path / "clone"
    shop.git("clone", "-q", "--no-tags", str(bare_remote.path), str(clone))
    assert verify(cwd=clone)[0] == 0
    other = shop.git("rev-parse", "refs/tags/prompts/greeting@v2")
    bare_remote.git("update-ref", "refs/tags/prompts/greeting@v1", other)
    assert ("moved", "greeting@v1") in ids(verify(cwd=clone)[1])


def test_a_tag_that_is_gone_at_the_remote(
    shop: GitRepository, bare_remote: GitRepository, verify: Verify
) -> None:
    assert verify()[0] == 0
    bare_remote.git("update-ref", "-d", "refs/tags/prompts/greeting@published.1")
    for _ in range(2):  # it is not forgotten by looking
        code, answer = verify()
        assert (code, ids(answer)) == (1, [("gone", "greeting@published.1")])
    shop.git(*way_back(answer["problems"][0]["hint"]).split()[1:])
    assert verify()[0] == 0


def way_back(hint: str) -> str:
    back, _, _ = hint.removeprefix("to put it back: ").partition("; to accept it: ")
    return back


def accept(repository: GitRepository, hint: str) -> None:
    command = hint.partition("; to accept it: ")[2].replace("; and ", " && ")
    command = command.rpartition(": ")[2]
    subprocess.run(["/bin/sh", "-ec", command], cwd=repository.path, check=True)


@pytest.mark.parametrize("known_here", [True, False])
def test_what_was_moved_or_deleted_is_named_until_it_is_accepted(
    shop: GitRepository,
    bare_remote: GitRepository,
    run_cli: RunCli,
    tmp_path: Path,
    known_here: bool,
) -> None:
    here = shop
    if not known_here:
        here = GitRepository(tmp_path / "clone")
        here.git("remote", "add", "origin", str(bare_remote.path))
        here.git("fetch", "-q", "--no-tags", "origin", "main")
        here.git("checkout", "-q", "-B", "main", "FETCH_HEAD")

    def found() -> dict[str, dict[str, Any]]:
        done = run_cli(["verify", "--format", "json"], cwd=here.path)
        answer = json.loads(done.stdout)["problems"]
        return {p["id"]: p for p in answer if p["id"] in ("moved", "gone")}

    assert found() == {}
    other = shop.git("rev-parse", "refs/tags/prompts/greeting@v2")
    bare_remote.git("update-ref", "refs/tags/prompts/greeting@v1", other)
    bare_remote.git("update-ref", "-d", "refs/tags/prompts/greeting@published.1")
    for _ in range(3):
        problems = found()
        assert {p["tag"] for p in problems.values()} == {
            "prompts/greeting@v1", "prompts/greeting@published.1",
        }  # fmt: skip
    accept(here, problems["moved"]["hint"])
    problems = found()
    assert set(problems) == {"gone"}
    accept(here, problems["gone"]["hint"])
    assert found() == {}


def test_a_record_that_is_only_here_is_a_warning(
    shop: GitRepository, verify: Verify, run_cli: RunCli
) -> None:
    done = run_cli(["label", "greeting@1", "beta", "--no-push"], cwd=shop.path)
    assert done.exit_code == 0, done.stderr
    code, answer = verify()
    assert (code, ids(answer)) == (0, [("not-pushed", "greeting@beta.1")])
    assert answer["problems"][0]["severity"] == "warning"
    assert answer["unbroken"] is True


def test_a_remote_that_is_not_there(
    shop: GitRepository, run_cli: RunCli, bare_remote: GitRepository
) -> None:
    bare_remote.path.rename(bare_remote.path.with_name("elsewhere"))
    done = run_cli(["verify"], cwd=shop.path)
    assert (done.exit_code, done.stdout) == (4, "")
    assert run_cli(["verify", "--offline"], cwd=shop.path).exit_code == 0


# --- signatures ------------------------------------------------------------------------------------


@pytest.fixture
def signed(shop: GitRepository, tmp_path: Path) -> GitRepository:
    """The default branch demands signatures of ada's key for `published`."""
    key = tmp_path / "key"
    subprocess.run(
        ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", str(key)], check=True
    )
    shop.git("config", "gpg.format", "ssh")
    shop.git("config", "user.signingKey", str(key))
    public = key.with_suffix(".pub").read_text()
    settings = "labels: {published: {signed: true, allowed_signers: signers}}\n"
    shop.commit({"promptctl.yaml": settings, "signers": f"ada@example.com {public}"})
    shop.git("push", "-q")
    return shop


def test_a_label_that_demands_signatures(
    signed: GitRepository, verify: Verify, run_cli: RunCli
) -> None:
    assert ids(verify()[1]) == [("signature-missing", "greeting@published.1")]
    assert verify()[0] == 1
    done = run_cli(["label", "greeting@1", "published"], cwd=signed.path)
    assert done.exit_code == 0, done.stderr
    code, answer = verify()
    assert (code, ids(answer)) == (0, [("signature-missing", "greeting@published.1")])
    assert answer["problems"][0]["severity"] == "warning", "it is older than the demand"


def test_what_stands_in_the_working_tree_makes_no_signer(
    signed: GitRepository, verify: Verify, run_cli: RunCli, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    subprocess.run(
        ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", str(other)], check=True
    )
    signed.git("config", "user.signingKey", str(other))
    public = other.with_suffix(".pub").read_text()
    signed.commit({"signers": f"ada@example.com {public}"})  # here, and not on the default branch
    assert run_cli(["label", "greeting@1", "published"], cwd=signed.path).exit_code == 0
    assert ("signature-invalid", "greeting@published.2") in ids(verify()[1])
    signed.write("promptctl.yaml", "version: 1\n")
    assert ("signature-invalid", "greeting@published.2") in ids(verify()[1])
    signed.git("push", "-q")
    assert ("signature-invalid", "greeting@published.2") not in ids(verify()[1])


def test_signers_that_are_not_there(signed: GitRepository, verify: Verify) -> None:
    (signed.path / "signers").unlink()
    signed.commit()
    signed.git("push", "-q")
    code, answer = verify()
    assert (code, [problem["id"] for problem in answer["problems"]]) == (1, ["signers-missing"])


# --- what is said ----------------------------------------------------------------------------------


def test_what_is_said_of_a_problem(shop: GitRepository, run_cli: RunCli) -> None:
    shop.git("update-ref", "refs/tags/prompts/greeting@v3", shop.head)
    done = run_cli(["verify", "--offline"], cwd=shop.path)
    assert done.exit_code == 1
    assert re.fullmatch(
        r"PROBLEM  prompts/greeting@v3: it is no record: it is a lightweight tag.*\(no-record\)\n"
        r"         hint: git show refs/tags/prompts/greeting@v3; "
        r"if nobody needs it: git tag -d prompts/greeting@v3\n",
        done.stdout,
    )
    assert done.stderr == "4 records of 1 prompt, this clone only: 1 problem\n"


def test_a_tag_cannot_drive_a_terminal(shop: GitRepository, run_cli: RunCli) -> None:
    shop.git("update-ref", "refs/tags/prompts/\u202ex@v1", shop.head)
    done = run_cli(["verify", "--offline"], cwd=shop.path)
    assert done.exit_code == 1
    assert "\u202e" not in done.stdout
    assert "\\u202e" in done.stdout


def test_a_hint_can_be_pasted_whatever_the_tag_is_called(
    shop: GitRepository, run_cli: RunCli, tmp_path: Path
) -> None:
    shop.git("update-ref", "refs/tags/prompts/$(touch${IFS}owned)'x", shop.head)
    done = run_cli(["verify", "--offline", "--format", "json"], cwd=shop.path)
    hint = json.loads(done.stdout)["problems"][0]["hint"]
    command = hint.partition(": ")[2]
    subprocess.run(["/bin/sh", "-c", command], cwd=shop.path, check=True)
    assert not (shop.path / "owned").exists()
    assert run_cli(["verify", "--offline"], cwd=shop.path).exit_code == 0


def test_names(shop: GitRepository, run_cli: RunCli, tmp_path: Path) -> None:
    done = run_cli(["verify", "greting", "--offline"], cwd=shop.path)
    assert done.exit_code == 3
    assert "did you mean `greeting`?" in done.stderr
    shop.git("update-ref", "refs/tags/prompts/other@v1", shop.head)
    assert run_cli(["verify", "greeting", "--offline"], cwd=shop.path).exit_code == 0
    (tmp_path / "plain").mkdir()
    (tmp_path / "plain/promptctl.yaml").write_text("version: 1\n")
    assert run_cli(["verify"], cwd=tmp_path / "plain").exit_code == 3
