"""The documentation is true: made pages are fresh, links lead somewhere, the example of the README runs."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from promptctl.core.catalog import PROVIDERS
from tests.conftest import CHECKOUT, GitRepository, RunCli
from tests.generate_docs import DOCS, PAGES, command_lines

WRITTEN = [
    *(CHECKOUT / name for name in ("README.md", "CHANGELOG.md", "CONTRIBUTING.md")),
    CHECKOUT / "example-repo/README.md",
    *sorted(DOCS.glob("*.md")),
]

_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_FENCED = re.compile(r"^```.*?^```$", re.DOTALL | re.MULTILINE)
_PYTHON = re.compile(r"^```python\n(.*?)^```$", re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize("name", PAGES)
def test_a_made_page_is_fresh(name: str) -> None:
    assert (DOCS / name).read_text(encoding="utf-8") == PAGES[name](), "`make docs` writes it"


def _anchors(page: Path) -> set[str]:
    """The fragments that a forge makes of a page's headings."""
    text = _FENCED.sub("", page.read_text(encoding="utf-8"))
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).strip().replace(" ", "-") for title in headings}


@pytest.mark.parametrize("page", WRITTEN, ids=lambda page: str(page.relative_to(CHECKOUT)))
def test_links_lead_somewhere(page: Path) -> None:
    dead = []
    for link in _LINK.findall(_FENCED.sub("", page.read_text(encoding="utf-8"))):
        if re.match(r"[a-z]+:", link):
            continue
        file, _, fragment = link.partition("#")
        target = (page.parent / file).resolve() if file else page
        if not target.exists() or (fragment and fragment not in _anchors(target)):
            dead.append(link)
    assert not dead


def test_every_page_is_linked_from_the_readme() -> None:
    linked = {Path(link).name for link in _LINK.findall((CHECKOUT / "README.md").read_text())}
    assert {page.name for page in DOCS.glob("*.md")} <= linked


def test_the_readme_names_every_command() -> None:
    readme = (CHECKOUT / "README.md").read_text(encoding="utf-8")
    missing = {words[0] for words in command_lines() if f"`{words[0]}" not in readme}
    assert not missing


def test_the_python_of_the_readme_runs(prompt_repository: GitRepository) -> None:
    blocks = _PYTHON.findall((CHECKOUT / "README.md").read_text(encoding="utf-8"))
    assert len(blocks) == 1
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", blocks[0]],
        cwd=prompt_repository.path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "Ada" in done.stdout


def test_the_python_of_the_library_page_runs(prompt_repository: GitRepository) -> None:
    blocks = _PYTHON.findall((DOCS / "library.md").read_text(encoding="utf-8"))
    assert len(blocks) >= 5
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", "\n".join(blocks)],
        cwd=prompt_repository.path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "did you mean `greeting`?" in done.stdout


def test_the_files_of_the_configuration_page_are_taken(
    prompt_repository: GitRepository, run_cli: RunCli, hermetic: Path
) -> None:
    page = (DOCS / "configuration.md").read_text(encoding="utf-8")
    shown = dict(re.findall(r"<!-- checked by: (\w+) -->\n```yaml\n(.*?)```", page, re.DOTALL))
    prompt_repository.write("promptctl.yaml", shown["project"])
    config = hermetic / ".config/promptctl/config.yaml"
    config.parent.mkdir(parents=True)
    config.write_text(shown["config"])
    done = run_cli(["config", "--format", "json"], cwd=prompt_repository.path)
    assert done.exit_code == 0, done.stderr
    value = json.loads(done.stdout)
    endpoints = {endpoint["provider"]: endpoint for endpoint in value["endpoints"]}
    assert endpoints["gateway"]["base_url"] == "https://llm.example.com/v1"
    assert endpoints["openai"]["problem"] is None
    assert {timeout["name"] for timeout in value["timeouts"]} == {
        *("connect", "headers", "first", "idle", "total")
    }
    assert run_cli(["validate"], cwd=prompt_repository.path).exit_code == 0


def test_the_configuration_page_names_the_variables_of_every_provider() -> None:
    page = (DOCS / "configuration.md").read_text(encoding="utf-8")
    for facts in PROVIDERS.values():
        for variable in filter(None, (facts.base_url_variable, facts.key_variable)):
            assert f"`{variable}`" in page


def test_targets_named_in_the_documents_exist() -> None:
    makefile = (CHECKOUT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):.*## ", makefile, re.MULTILINE))
    texts = [page.read_text(encoding="utf-8") for page in WRITTEN]
    named = {name for text in texts for name in re.findall(r"(?:^|`)make ([a-z-]+)", text, re.M)}
    assert named <= targets
    assert {"demo", "test"} <= named
