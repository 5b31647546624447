"""The public surface, and a program that uses it."""

from __future__ import annotations

import os
import pickle
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import promptctl
from promptctl import errors
from tests.conftest import CHECKOUT, GitRepository

PUBLIC = {
    "Answer",
    "Change",
    "Diff",
    "Effect",
    "Event",
    "Finding",
    "Finished",
    "Location",
    "MovePlan",
    "Moved",
    "Problem",
    "Prompt",
    "PromptDiff",
    "PromptInvalid",
    "PromptctlError",
    "PublishPlan",
    "Published",
    "ReasoningDelta",
    "Record",
    "ReleaseLog",
    "RemoteStanding",
    "RenderedMessage",
    "Report",
    "Repository",
    "Resolution",
    "Run",
    "Severity",
    "Standing",
    "Started",
    "TextDelta",
    "ToolCallDelta",
    "Usage",
    "Verification",
    "__version__",
    "diff",
    "errors",
    "open_repository",
    "publish",
    "render",
    "rollback",
    "run",
    "validate",
}

PROMPT = """\
provider: echo
variables:
  name: {type: string}
messages:
  - {role: user, content: "Hello {{ name }}, good day"}
"""


@pytest.fixture
def repository(git_repository: GitRepository) -> promptctl.Repository:
    git_repository.commit({"prompts/greeting.yaml": PROMPT})
    return promptctl.open_repository(git_repository.path)


def test_the_public_names_are_exactly_these() -> None:
    assert set(promptctl.__all__) == PUBLIC
    assert set(dir(promptctl)) == PUBLIC
    for name in PUBLIC:
        assert getattr(promptctl, name) is not None
    with pytest.raises(AttributeError, match="promote"):
        _ = promptctl.promote  # type: ignore[attr-defined]


def test_type_checkers_see_the_same_names() -> None:
    text = (CHECKOUT / "promptctl/__init__.py").read_text()
    assert set(re.findall(r"import (\w+) as \1$", text, re.MULTILINE)) == PUBLIC - {"__version__"}


def test_every_public_name_explains_itself() -> None:
    aliases = {"Event", "__version__"}
    undocumented = [
        n for n in PUBLIC - aliases if not (getattr(promptctl, n).__doc__ or "").strip()
    ]
    assert undocumented == []


def test_importing_the_package_loads_nothing() -> None:
    code = (
        "import sys, promptctl; print(sorted(m for m in sys.modules if m.startswith('promptctl')))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
    assert done.stdout.strip() == "['promptctl']"


def test_a_program_that_only_renders_loads_nothing_that_makes_releases(
    prompt_repository: GitRepository,
) -> None:
    code = (
        "import sys, promptctl; repo = promptctl.open_repository();"
        "repo.render('greeting@.', {'name': 'Ada'});"
        "print(sorted(m for m in sys.modules if m.startswith('promptctl.')))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=prompt_repository.path,
        capture_output=True,
        check=True,
        text=True,
    )
    assert "promptctl.operations.library'" in done.stdout
    assert "releasing" not in done.stdout
    assert "library_releases" not in done.stdout


def test_a_program_validates_renders_and_runs(repository: promptctl.Repository) -> None:
    assert repository.validate().findings == ()
    (message,) = repository.render("greeting@.", {"name": "Ada"})
    assert (message.role, message.text) == ("user", "Hello Ada, good day")
    run = repository.run("greeting@.", {"name": "Ada"})
    events = list(run)
    text = "".join(event.text for event in events if isinstance(event, promptctl.TextDelta))
    assert text == "Hello Ada, good day"
    assert isinstance(events[-1], promptctl.Finished)
    assert run.answer.finished == events[-1]


def test_the_journeys_work_on_a_prompt_too(repository: promptctl.Repository) -> None:
    prompt = repository.prompt("greeting@HEAD")
    assert isinstance(prompt, promptctl.Prompt)
    (message,) = promptctl.render(prompt, {"name": "Grace"})
    assert message.text == "Hello Grace, good day"
    events = promptctl.run(prompt, {"name": "Grace"}, provider="echo", stream=False)
    assert any(isinstance(event, promptctl.Usage) for event in events)
    assert promptctl.validate(repository, "greet*").prompts == 1
    assert promptctl.validate(repository.settings.root).prompts == 1


def test_a_bare_name_means_published_and_says_so(repository: promptctl.Repository) -> None:
    with pytest.raises(errors.LabelNotFound, match="no version labelled published") as caught:
        repository.prompt("greeting")
    assert "greeting@. is the working tree" in (caught.value.hint or "")


def test_variables_are_refused_all_at_once(repository: promptctl.Repository) -> None:
    for call in (repository.render, repository.run):
        with pytest.raises(errors.VariablesRefused) as caught:
            call("greeting@.", {"nmae": "Ada"})
        assert len(caught.value.problems) == 2


def test_an_invalid_prompt_raises_its_findings(git_repository: GitRepository) -> None:
    git_repository.write("prompts/bad.yaml", "provider: echo\nmodle: x\n")
    repository = promptctl.open_repository(git_repository.path)
    with pytest.raises(promptctl.PromptInvalid, match=r"prompts/bad.yaml:\d+:\d+: ") as caught:
        repository.prompt("bad@.")
    assert len(caught.value.findings) >= 2
    assert all(finding.severity is promptctl.Severity.ERROR for finding in caught.value.findings)
    assert not repository.validate().is_valid


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("{{ user.name ~ '!' }}", "prompts/hi.yaml:4:11: the object has no `name`"),
        ("{% include '_p/a.md' %}", "prompts/_p/a.md:2:9: the object has no `nope`"),
    ],
)
def test_a_template_that_fails_names_its_line(
    git_repository: GitRepository, text: str, where: str
) -> None:
    prompt = f"provider: echo\nvariables: {{user: {{type: object}}}}\ntemplate: |\n  Dear {text}\n"
    head = git_repository.commit(
        {"prompts/hi.yaml": prompt, "prompts/_p/a.md": "One.\n {{ user.nope }}\n"}
    )
    repository = promptctl.open_repository(git_repository.path)
    for reference, commit in (("hi@.", ""), ("hi@HEAD", f"{head[:10]}:")):
        prompt_itself = repository.prompt(reference)
        with pytest.raises(promptctl.PromptctlError) as rendered:
            repository.render(reference, {"user": {}})
        with pytest.raises(promptctl.PromptctlError) as run:
            repository.run(reference, {"user": {}})
        with pytest.raises(promptctl.PromptctlError) as prompt_rendered:
            promptctl.render(prompt_itself, {"user": {}})
        messages = {failed.value.message for failed in (rendered, run, prompt_rendered)}
        assert messages == {commit + where}


def test_every_error_of_the_tree_has_an_exit_code_and_a_kind() -> None:
    def classes(root: type[errors.PromptctlError]) -> Iterator[type[errors.PromptctlError]]:
        for each in root.__subclasses__():
            yield each
            yield from classes(each)

    ours = [c for c in classes(errors.PromptctlError) if c.__module__.startswith("promptctl.")]
    assert {c.exit_code for c in ours} <= {1, 2, 3, 4, 5, 6, 70, 74, 130}
    assert all(c.__doc__ for c in ours)


def test_the_readme_example_runs(prompt_repository: GitRepository, tmp_path: Path) -> None:
    readme = (CHECKOUT / "README.md").read_text()
    blocks = re.findall(r"^```python\n(.*?)^```$", readme, re.MULTILINE | re.DOTALL)
    if not blocks:
        pytest.skip("README.md shows no Python yet")
    for block in blocks:
        script = tmp_path / "readme.py"
        script.write_text(block)
        done = subprocess.run(
            [sys.executable, str(script)],
            cwd=prompt_repository.path,
            capture_output=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr.decode()
        assert done.stdout


def test_no_repr_shows_a_key(git_repository: GitRepository) -> None:
    git_repository.commit({"prompts/greeting.yaml": PROMPT})
    keys = {"OPENAI_API_KEY": "sk-live-SECRET", "ANTHROPIC_API_KEY": "sk-ant-SECRET"}
    repository = promptctl.open_repository(git_repository.path, {**os.environ, **keys})
    run = repository.run("greeting@.", {"name": "Ada"}, provider="openai", model="m")
    for value in (repository, repository.history, repository.worktree, run, run.answer):
        assert "SECRET" not in repr(value)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"parameters": {"temperature": "hot"}}, "`temperature` "),
        ({"parameters": {"temprature": 1}}, "did you mean `temperature`?"),
        ({"parameters": {"extra": {"x": object()}}}, "`extra` is not plain JSON data"),
        ({"parameters": {"extra": 1}}, "`extra` is no mapping"),
        ({"parameters": {1: 2}}, "`1` is no parameter"),
        ({"parameters": [1]}, "parameters are no mapping"),
        ({"variables": {1: "x", "name": "Ada"}}, "1 is no name of a variable"),
        ({"variables": [("name", "Ada")]}, "variables are no mapping"),
        ({"seconds": float("nan")}, "nan s"),
        ({"seconds": float("inf")}, "inf s"),
        ({"seconds": 0}, "0 s"),
    ],
)
def test_mistakes_of_a_program_are_usage_problems(
    git_repository: GitRepository, arguments: dict[str, Any], words: str
) -> None:
    git_repository.commit({"prompts/greeting.yaml": PROMPT})
    repository = promptctl.open_repository(git_repository.path)
    with pytest.raises(errors.UsageProblem) as caught:
        repository.run("greeting@.", **{"variables": {"name": "Ada"}, **arguments})
    assert words in caught.value.message


@pytest.mark.parametrize(
    "error",
    [
        errors.ExtraMissing("the runtime", "local"),
        errors.VariablesRefused("greeting", ["one", "two"], "hint"),
        errors.RateLimited("busy", "later", retry_after=2.5),
        promptctl.PromptInvalid("bad", [], "hint"),
    ],
)
def test_errors_can_be_sent_to_another_process(error: errors.PromptctlError) -> None:
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is type(error)
    assert (str(again), vars(again)) == (str(error), vars(error))
