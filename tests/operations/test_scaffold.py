"""`init` and `new` as operations: what they write, what they leave alone, what they refuse."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from promptctl.core.document import parse_document
from promptctl.errors import AlreadyExists, LocalIOError, ReferenceInvalid, Refused, UsageProblem
from promptctl.operations.placement import placed
from promptctl.operations.scaffold import init_prompts, new_prompt
from promptctl.operations.scaffold_texts import TEMPLATES, choose_answerer, prompt_text
from promptctl.settings import read_settings
from tests.conftest import GitRepository

FILES = (
    "promptctl.yaml",
    "prompts/explain.yaml",
    ".promptctl/prompt.schema.json",
    ".gitattributes",
    ".github/workflows/prompts.yml",
    ".github/workflows/publish-prompts.yml",
    ".pre-commit-config.yaml",
)


def files_below(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and ".git" not in path.relative_to(folder).parts
    }


def test_init_makes_a_repository_that_reads_back(tmp_path: Path) -> None:
    root = tmp_path / "shop"
    start = init_prompts(root, os.environ)
    assert start.made == FILES
    assert start.kept == ()
    assert sorted(files_below(root)) == sorted(FILES)
    settings = read_settings(root, os.environ)
    assert settings.git_top == root
    assert settings.project is not None
    assert len(settings.project) == 36


def workflow(root: Path, name: str) -> dict[str, Any]:
    """What a workflow says, read as YAML."""
    content = (root / ".github/workflows" / name).read_bytes()
    document = parse_document(content, name).document
    assert document is not None
    assert isinstance(document.data, dict)
    return document.data


@pytest.mark.parametrize("branch", ["trunk", "main", "a,b", "#b", '"x"', "&a", "release/1.0", "no"])
def test_ci_runs_on_the_branch_that_the_repository_is_on(tmp_path: Path, branch: str) -> None:
    new, there = tmp_path / "new", tmp_path / "there"
    config = tmp_path / "gitconfig"
    written = ["git", "config", "--file", str(config), "init.defaultBranch", branch]
    subprocess.run(written, check=True)
    start = init_prompts(new, dict(os.environ) | {"GIT_CONFIG_GLOBAL": str(config)})
    assert start.branch == branch
    assert GitRepository(new).git("symbolic-ref", "--short", "HEAD") == branch
    GitRepository(there, f"--initial-branch={branch}")
    init_prompts(there, os.environ)
    for root in (new, there):
        for name in ("prompts.yml", "publish-prompts.yml"):
            assert workflow(root, name)["on"]["push"]["branches"] == [branch]


def test_a_branch_or_folder_that_looks_like_a_pattern_stands_for_itself(tmp_path: Path) -> None:
    repository = GitRepository(tmp_path, "--initial-branch=c++!]")
    init_prompts(repository.path / "a[1]*", os.environ)
    assert workflow(tmp_path, "prompts.yml")["on"]["push"]["branches"] == [r"c\+\+\!\]"]
    assert workflow(tmp_path, "publish-prompts.yml")["on"]["push"] == {
        "branches": [r"c\+\+\!\]"],
        "paths": [r"a\[1\]\*/prompts/**", r"a\[1\]\*/promptctl.yaml"],
    }


def test_publishing_is_careful(tmp_path: Path) -> None:
    (tmp_path / "promptctl.yaml").write_text("default_branch: trunk\nprompts_dir: my texts\n")
    init_prompts(tmp_path, os.environ)
    publish = workflow(tmp_path, "publish-prompts.yml")
    assert publish["on"]["push"]["branches"] == ["trunk"]
    assert publish["on"]["push"]["paths"] == ["my texts/**", "promptctl.yaml"]
    assert "workflow_dispatch" in publish["on"]
    assert publish["permissions"] == {"contents": "write"}
    assert publish["concurrency"] == {"group": "publish-prompts", "cancel-in-progress": False}
    checkout = publish["jobs"]["publish"]["steps"][0]
    assert checkout["with"] == {"fetch-depth": 0}, "publishing needs all tags"
    text = (tmp_path / ".github/workflows/publish-prompts.yml").read_text()
    assert text.endswith("\n")
    assert "# promptctl publish NAME --allow-breaking\n" in text


def as_github_fills_in(command: str) -> str:
    """The command that the shell gets: GitHub replaces each `${{ 'text' }}` by its text."""
    return re.sub(r"\$\{\{ '([^']*)' \}\}", lambda match: match[1], command)


@pytest.mark.parametrize(
    ("folder", "before"),
    [
        ("", []),
        ("services/bots", ["-C", "services/bots"]),
        ('my bots\' "own" $HOME `id`;é', ["-C", 'my bots\' "own" $HOME `id`;é']),
        ("${{ github.token }}", ["-C", "${{ github.token }}"]),
        ("-C", ["-C", "-C"]),
    ],
)
def test_the_steps_of_the_workflow_run_in_a_plain_shell(
    tmp_path: Path, folder: str, before: list[str]
) -> None:
    repository = GitRepository(tmp_path / "top")
    init_prompts(repository.path / folder, os.environ)
    programs = tmp_path / "bin"
    programs.mkdir()
    for name in ("promptctl", "pip"):
        (programs / name).write_text(
            f'#!/bin/sh\nprintf "%s\\0" {name} "$@" >>"$RECORD"; printf "\\n" >>"$RECORD"\n'
        )
        (programs / name).chmod(0o755)
    environ = dict(os.environ) | {
        "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
        "RECORD": str(tmp_path / "record"),
    }
    for step in workflow(repository.path, "publish-prompts.yml")["jobs"]["publish"]["steps"]:
        if "run" in step:
            command = ["sh", "-e", "-c", as_github_fills_in(step["run"])]
            subprocess.run(command, cwd=repository.path, env=environ, check=True)
    lines = (tmp_path / "record").read_text().splitlines()
    assert [line.split("\0")[:-1] for line in lines] == [
        ["pip", "install", "promptctl-git"],
        ["promptctl", *before, "publish", "--all", "--yes"],
    ]
    assert repository.git("config", "user.name") == "github-actions[bot]"
    assert repository.git("config", "user.email").endswith("[bot]@users.noreply.github.com")


def test_a_missing_key_is_named(tmp_path: Path) -> None:
    def variable(provider: str, **more: str) -> str | None:
        environ = dict(os.environ) | more
        return init_prompts(tmp_path, environ, provider=provider, dry_run=True).key_variable

    assert variable("anthropic") == "ANTHROPIC_API_KEY"
    assert variable("anthropic", ANTHROPIC_API_KEY="k") is None
    assert variable("echo") is None


def test_a_provider_of_the_users_own_needs_a_model_and_no_other_name(
    tmp_path: Path, hermetic: Path
) -> None:
    config = hermetic / ".config/promptctl/config.yaml"
    config.parent.mkdir(parents=True)
    config.write_text("endpoints: {openay: {base_url: 'https://x.example/v1'}}\n")
    with pytest.raises(UsageProblem, match="no model is known for provider openay"):
        init_prompts(tmp_path, os.environ, provider="openay")
    with pytest.raises(UsageProblem, match="there is no provider opnai here") as caught:
        init_prompts(tmp_path, os.environ, provider="opnai")
    assert "did you mean `openai`?" in str(caught.value.hint)


def test_init_commits_nothing(tmp_path: Path) -> None:
    init_prompts(tmp_path / "shop", os.environ)
    status = subprocess.run(
        ["git", "status", "--porcelain"],
        cwd=tmp_path / "shop",
        capture_output=True,
        text=True,
        check=True,
    )
    assert all(line.startswith("??") for line in status.stdout.splitlines())
    assert "promptctl.yaml" in status.stdout


def test_each_project_has_its_own_id(tmp_path: Path) -> None:
    texts = set()
    for name in ("a", "b"):
        init_prompts(tmp_path / name, os.environ)
        texts.add((tmp_path / name / "promptctl.yaml").read_text())
    assert len(texts) == 2


def test_init_again_changes_nothing(tmp_path: Path) -> None:
    init_prompts(tmp_path, os.environ)
    (tmp_path / "prompts/explain.yaml").rename(tmp_path / "prompts/mine.yaml")
    before = files_below(tmp_path)
    start = init_prompts(tmp_path, os.environ)
    assert start.made == ()
    assert not start.new_git
    assert start.prompt is None
    assert files_below(tmp_path) == before


def test_init_keeps_what_is_there_and_adds_the_rest(tmp_path: Path) -> None:
    (tmp_path / ".gitattributes").write_text("mine\n")
    (tmp_path / "promptctl.yaml").write_text("version: 1\nprompts_dir: texts\n")
    start = init_prompts(tmp_path, os.environ, name="hello")
    assert start.kept == ("promptctl.yaml", ".gitattributes")
    assert "texts/hello.yaml" in start.made
    assert (tmp_path / ".gitattributes").read_text() == "mine\n"


def test_dry_run_makes_nothing(tmp_path: Path) -> None:
    start = init_prompts(tmp_path / "shop", os.environ, dry_run=True)
    assert start.made == FILES
    assert list(tmp_path.iterdir()) == []


def test_init_in_a_folder_of_a_repository_puts_ci_at_its_top(
    git_repository: GitRepository,
) -> None:
    top = git_repository.path
    start = init_prompts(top / "services/bots", os.environ)
    assert not start.new_git
    assert not (top / "services/bots/.git").exists()
    assert "../../.github/workflows/prompts.yml" in start.made
    checks = (top / ".github/workflows/prompts.yml").read_text()
    assert "run: promptctl -C services/bots ci --fetch\n" in checks
    assert "run: promptctl -C services/bots validate --format github\n" in checks
    publish = (top / ".github/workflows/publish-prompts.yml").read_text()
    assert "run: promptctl -C services/bots publish --all --yes\n" in publish
    assert '- "services/bots/prompts/**"\n' in publish
    hook = (top / ".pre-commit-config.yaml").read_text()
    assert hook.count(r"files: '^services/bots/(prompts/|promptctl\.yaml$)'") == 2
    assert "entry: promptctl -C services/bots fmt\n" in hook


def test_a_folder_with_a_blank_is_quoted_for_shell_and_yaml(git_repository: GitRepository) -> None:
    init_prompts(git_repository.path / "my bots", os.environ)
    checks = (git_repository.path / ".github/workflows/prompts.yml").read_text()
    assert "run: \"promptctl -C 'my bots' validate --format github\"\n" in checks


@pytest.mark.parametrize("name", ["a\nb", "a\x1bb", os.fsdecode(b"a\xff")])
def test_a_folder_that_yaml_cannot_hold_is_refused(
    git_repository: GitRepository, name: str
) -> None:
    with pytest.raises(UsageProblem):
        init_prompts(git_repository.path / name, os.environ)
    assert [path.name for path in git_repository.path.iterdir()] == [".git"]


def test_init_inside_another_prompt_repository_needs_a_word(tmp_path: Path) -> None:
    init_prompts(tmp_path, os.environ)
    with pytest.raises(Refused, match="inside the prompt repository") as caught:
        init_prompts(tmp_path / "more", os.environ)
    assert "--nested" in str(caught.value.hint)
    assert not (tmp_path / "more").exists()
    start = init_prompts(tmp_path / "more", os.environ, nested=True)
    assert start.made[0] == "promptctl.yaml"
    assert read_settings(tmp_path / "more", os.environ).root == tmp_path / "more"


def test_a_bare_repository_is_refused(tmp_path: Path) -> None:
    GitRepository(tmp_path / "bare.git", "--bare")
    with pytest.raises(Refused, match="bare"):
        init_prompts(tmp_path / "bare.git", os.environ)


@pytest.mark.parametrize(
    ("in_the_way", "is_folder"),
    [
        ("shop", False),
        ("shop/prompts", False),
        ("shop/.github", False),
        ("shop/prompts", None),
        ("shop/.gitattributes", True),
    ],
)
def test_what_is_in_the_way_is_named_and_nothing_made(
    tmp_path: Path, in_the_way: str, is_folder: bool | None
) -> None:
    place = tmp_path / in_the_way
    place.parent.mkdir(parents=True, exist_ok=True)
    if is_folder is None:
        (tmp_path / "elsewhere").mkdir()
        place.symlink_to(tmp_path / "elsewhere")
    elif is_folder:
        place.mkdir()
    else:
        place.write_text("")
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(AlreadyExists) as caught:
        init_prompts(tmp_path / "shop", os.environ)
    assert str(place) in caught.value.message
    assert sorted(tmp_path.rglob("*")) == before


def test_a_place_that_takes_no_files_is_a_clear_error() -> None:
    with pytest.raises(LocalIOError, match="cannot write /proc/shop"):
        init_prompts(Path("/proc/shop"), os.environ)


@pytest.mark.parametrize("failure", [KeyboardInterrupt, RuntimeError])
def test_a_failure_takes_everything_back(tmp_path: Path, failure: type[BaseException]) -> None:
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept/old").write_text("old")
    before = sorted(tmp_path.rglob("*"))
    files = {"kept/new": "x", "a/b/c": "y", "kept/old": ""}
    with pytest.raises(failure), placed(tmp_path, files) as made:
        raise failure(*made)
    assert sorted(tmp_path.rglob("*")) == before
    assert (tmp_path / "kept/old").read_text() == "old"


def test_without_git_everything_is_taken_back(tmp_path: Path) -> None:
    with pytest.raises(LocalIOError, match="git is not installed"):
        init_prompts(tmp_path / "shop", {"PATH": "/nowhere", "HOME": str(tmp_path)})
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("template", TEMPLATES)
def test_new_writes_a_prompt_from_each_template(tmp_path: Path, template: str) -> None:
    init_prompts(tmp_path, os.environ)
    made = new_prompt(tmp_path, os.environ, "desk/sort-mail", template=template)
    assert made.path == "prompts/desk/sort-mail.yaml"
    text = (tmp_path / made.path).read_text()
    first = text.splitlines()[0]
    assert first == "# yaml-language-server: $schema=../../.promptctl/prompt.schema.json"
    assert "@" not in text
    assert "\nprovider: echo\n" in text


def test_new_takes_the_path_of_the_file_too(tmp_path: Path) -> None:
    init_prompts(tmp_path, os.environ)
    made = new_prompt(tmp_path / "prompts", os.environ, "./desk/mail.yaml")
    assert (made.name, made.path) == ("desk/mail", "prompts/desk/mail.yaml")
    with pytest.raises(ReferenceInvalid):
        new_prompt(tmp_path, os.environ, "desk/other.yaml")


def test_without_a_schema_copy_no_line_names_one(git_repository: GitRepository) -> None:
    made = new_prompt(git_repository.path, os.environ, "hello")
    assert (git_repository.path / made.path).read_text().startswith("description:")


@pytest.mark.parametrize(
    "name", ["", "Hello", "a//b", "/a", "a/", "../a", "a--b", "a b", "é", "hello@2", "-x", "_a/b"]
)
def test_new_refuses_what_is_no_name(tmp_path: Path, name: str) -> None:
    init_prompts(tmp_path, os.environ)
    before = files_below(tmp_path)
    with pytest.raises(ReferenceInvalid):
        new_prompt(tmp_path, os.environ, name)
    assert files_below(tmp_path) == before


@pytest.mark.parametrize("existing", ["hello.yaml", "Hello.yaml", "hello.yml"])
def test_new_never_overwrites(tmp_path: Path, existing: str) -> None:
    init_prompts(tmp_path, os.environ)
    (tmp_path / "prompts" / existing).write_text("mine")
    with pytest.raises(AlreadyExists, match="is there already") as caught:
        new_prompt(tmp_path, os.environ, "hello")
    assert caught.value.hint == "promptctl edit hello"
    assert (tmp_path / "prompts" / existing).read_text() == "mine"


def test_new_does_not_write_through_a_link(tmp_path: Path) -> None:
    init_prompts(tmp_path / "shop", os.environ)
    (tmp_path / "outside").mkdir()
    (tmp_path / "shop/prompts/away").symlink_to(tmp_path / "outside")
    with pytest.raises(AlreadyExists, match="in the way"):
        new_prompt(tmp_path / "shop", os.environ, "away/hello")
    assert list((tmp_path / "outside").iterdir()) == []


@pytest.mark.parametrize(
    ("provider", "model", "template", "local_works", "expected"),
    [
        (None, None, "chat", False, ("echo", None)),
        (None, None, "chat", True, ("local", "smollm2-135m-instruct")),
        (None, None, "json", True, ("local", "smollm2-135m-instruct")),
        (None, None, "tool", True, ("echo", None)),
        ("openai", None, "tool", False, ("openai", "gpt-4o-mini")),
        ("openai", "gpt-5", "chat", False, ("openai", "gpt-5")),
        ("ours", "m1", "tool", False, ("ours", "m1")),
    ],
)
def test_the_provider_is_the_one_asked_for_or_one_that_answers_here(
    provider: str | None,
    model: str | None,
    template: str,
    local_works: bool,
    expected: tuple[str, str | None],
) -> None:
    chosen = choose_answerer(provider, model, template, local_works=local_works)
    assert (chosen.provider, chosen.model) == expected


@pytest.mark.parametrize(
    ("provider", "model", "template"),
    [
        (None, "gpt-4o", "chat"),
        ("ours", None, "chat"),
        ("local", None, "tool"),
        ("", "m", "chat"),
        ("openai", "a\nb: c", "chat"),
    ],
)
def test_a_wish_that_cannot_work_is_refused(
    provider: str | None, model: str | None, template: str
) -> None:
    with pytest.raises(UsageProblem):
        choose_answerer(provider, model, template, local_works=False)


@pytest.mark.parametrize("model", ["no", "1.5", "yes", "a: b", "#x", "2026-01-01", "gpt-4o", "'"])
def test_a_model_name_stays_a_string_in_yaml(model: str) -> None:
    text = prompt_text(
        "chat", choose_answerer("ollama", model, "chat", local_works=False), "../schema.json"
    )
    document = parse_document(text.encode(), "x.yaml").document
    assert document is not None
    assert isinstance(document.data, dict)
    assert document.data["model"] == model


def test_ctrl_c_in_a_process_leaves_the_folder_as_it_was(tmp_path: Path) -> None:
    script = (
        "import os, signal, sys\n"
        "from pathlib import Path\n"
        "from promptctl.operations.placement import placed\n"
        "with placed(Path(sys.argv[1]), {'a/b': 'x', 'c': 'y'}):\n"
        "    os.kill(os.getpid(), signal.SIGINT)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path)], capture_output=True, check=False
    )
    assert done.returncode == -signal.SIGINT
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("count", [2, 4])
def test_several_at_once_share_one_repository(tmp_path: Path, count: int) -> None:
    argv = [sys.executable, "-m", "promptctl", "init", "shop", "--provider", "echo"]
    runs = [
        subprocess.Popen(argv, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        for _ in range(count)
    ]
    said = [run.communicate(timeout=60) for run in runs]
    assert [run.returncode for run in runs] == [0] * count, said
    lines = [line for out, _ in said for line in out.decode().splitlines()]
    made = [line.split()[1] for line in lines if line.startswith("made")]
    assert len(made) == len(set(made)) == len(FILES)
    root = tmp_path / "shop"
    assert read_settings(root, os.environ).git_top == root
    left = {path.name for path in root.iterdir()}
    assert left == {
        *(".git", ".gitattributes", ".github", ".pre-commit-config.yaml", ".promptctl"),
        *("promptctl.yaml", "prompts"),
    }
    git = subprocess.run(["git", "status", "--short"], cwd=root, capture_output=True, check=True)
    assert git.stdout.count(b"\n") == 6


def test_a_file_that_came_meanwhile_is_kept(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()

    class Files(dict[str, str]):
        def __getitem__(self, path: str) -> str:
            (tmp_path / path).write_text("theirs")  # after the look, before the writing
            return super().__getitem__(path)

    with placed(tmp_path, Files({"b/c": "ours"})) as made:
        assert made == ()
    assert [path.read_text() for path in (tmp_path / "b").iterdir()] == ["theirs"]
