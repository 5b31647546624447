"""`.pre-commit-hooks.yaml`, installed and run by the real pre-commit from a clone, without any index.

pip finds what it needs as wheels that are made of the distributions installed here.
"""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import os
import re
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

import pytest

from promptctl.core.document import parse_document
from tests.conftest import CHECKOUT, GitRepository
from tests.releases.workplace import GREETING

SHIPPED = (
    "promptctl",
    "schemas",
    "pyproject.toml",
    "README.md",
    "LICENSE",
    ".pre-commit-hooks.yaml",
)
CONFIG = """\
repos:
  - repo: {url}
    rev: {rev}
    hooks:
      - id: promptctl-fmt
      - id: promptctl-validate
"""


def needed(names: list[str]) -> Iterator[Distribution]:
    """The installed distributions of these names, with all that they need."""
    seen: set[str] = set()
    while names:
        name = re.sub(r"[-_.]+", "-", names.pop()).lower()
        if name in seen:
            continue
        seen.add(name)
        try:
            found = distribution(name)
        except PackageNotFoundError:
            continue  # for another platform or Python
        if name != "promptctl-git":
            yield found
        for line in found.requires or ():
            if "extra ==" not in line:
                names.append(re.match(r"[A-Za-z0-9._-]+", line)[0])  # type: ignore[index]


def make_wheel(source: Distribution, folder: Path) -> None:
    """The distribution as a wheel, from the files that it installed."""
    tags = re.findall(r"^Tag: (.+)$", source.read_text("WHEEL") or "", re.MULTILINE)
    tag = "-".join(
        ".".join(dict.fromkeys(part)) for part in zip(*(t.split("-") for t in tags), strict=True)
    )
    name = re.sub(r"[-_.]+", "_", source.metadata["Name"])
    rows = io.StringIO()
    writer = csv.writer(rows, lineterminator="\n")
    with zipfile.ZipFile(folder / f"{name}-{source.version}-{tag}.whl", "w") as wheel:
        for file in source.files or ():
            path = str(file)
            own = Path(path).parts[0] != ".." and "__pycache__" not in path
            if own and file.name not in ("RECORD", "INSTALLER", "REQUESTED", "direct_url.json"):
                content = Path(str(file.locate())).read_bytes()
                digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=")
                writer.writerow([path, f"sha256={digest.decode()}", len(content)])
                wheel.writestr(path, content)
        record = next(str(f) for f in source.files or () if f.name == "RECORD")
        writer.writerow([record, "", ""])
        wheel.writestr(record, rows.getvalue())


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    """The environment of somebody who installs from a folder of wheels."""
    wheels = tmp_path / "wheels"
    wheels.mkdir()
    for one in needed(["promptctl-git", "hatchling"]):
        make_wheel(one, wheels)
    return dict(os.environ) | {
        "PIP_NO_INDEX": "1",
        "PIP_FIND_LINKS": str(wheels),
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "PRE_COMMIT_HOME": str(tmp_path / "pre-commit-home"),
        "PRE_COMMIT_COLOR": "never",
    }


@pytest.fixture
def hooks(tmp_path: Path) -> GitRepository:
    """This project as a repository that others name in their configuration."""
    repository = GitRepository(tmp_path / "hooks")
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", *SHIPPED],
        cwd=CHECKOUT, capture_output=True, check=True,
    ).stdout.split(b"\0")[:-1]  # fmt: skip
    for path in map(os.fsdecode, listed):
        source = CHECKOUT / path
        if source.is_symlink():
            (repository.path / path).parent.mkdir(parents=True, exist_ok=True)
            (repository.path / path).symlink_to(source.readlink())
        elif source.is_file():
            repository.write(path, source.read_bytes())
    repository.commit(message="promptctl")
    return repository


def run_hooks(work: GitRepository, environ: dict[str, str], *more: str) -> tuple[int, str]:
    work.git("add", "--all")
    line = [sys.executable, "-m", "pre_commit", "run", *more]
    done = subprocess.run(
        line, cwd=work.path, env=environ, capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout + done.stderr


@pytest.mark.full
def test_the_hooks_format_and_validate_what_is_to_be_committed(
    hooks: GitRepository, environ: dict[str, str], tmp_path: Path
) -> None:
    work = GitRepository(tmp_path / "work")
    work.write(".pre-commit-config.yaml", CONFIG.format(url=hooks.path, rev=hooks.head))
    work.commit({"promptctl.yaml": "version: 1\n", "prompts/_partials/x.yaml": "a:   b\n"})
    work.write("prompts/greeting.yaml", GREETING.replace("provider: echo", "provider:    'echo'"))
    work.write("prompts/greeting.tests.yaml", "a:   b\n")
    code, said = run_hooks(work, environ)
    assert (code, "files were modified by this hook" in said) == (1, True), said
    assert "provider: echo\n" in (work.path / "prompts/greeting.yaml").read_text()
    code, said = run_hooks(work, environ, "--all-files")
    assert code == 0, said
    assert said.count("Passed") == 2
    work.commit()
    work.write("prompts/_partials/tone.md", "Be {{ kind }}.\n")
    work.write(
        "prompts/b.yaml", 'provider: echo\ntemplate: |\n  {% include "_partials/tone.md" %}\n'
    )
    code, said = run_hooks(work, environ)
    assert code == 1
    assert "prompts/_partials/tone.md" in said
    assert work.git("diff", "--name-only") == ""


def test_what_the_hooks_look_at() -> None:
    document = parse_document((CHECKOUT / ".pre-commit-hooks.yaml").read_bytes(), "hooks").document
    assert document is not None
    hooks = {hook["id"]: hook for hook in document.data}  # type: ignore[union-attr,index,call-overload]
    assert set(hooks) == {"promptctl-fmt", "promptctl-validate"}

    def takes(hook: str, path: str) -> bool:
        wanted = re.search(hooks[hook]["files"], path)  # type: ignore[index,call-overload]
        return bool(wanted) and not re.search(hooks[hook].get("exclude", "^$"), path)  # type: ignore[index,call-overload,union-attr]

    for path in ("prompts/a.yaml", "prompts/a/b.yaml", "promptctl.yaml"):
        assert takes("promptctl-fmt", path)
        assert takes("promptctl-validate", path)
    for path in (
        "prompts/_x/a.yaml",
        "prompts/a.tests.yaml",
        "prompts/_a.yaml",
        "prompts/a.md",
        "a.yaml",
    ):
        assert not takes("promptctl-fmt", path)
    assert takes("promptctl-validate", "prompts/_partials/tone.md")
    assert not takes("promptctl-validate", "docs/promptctl.yaml")
