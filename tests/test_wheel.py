"""What users install: the built wheel, in an environment where nothing else knows this checkout."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

from tests.conftest import CHECKOUT

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from a copy of what is under version control, without the network."""
    source = tmp_path_factory.mktemp("source") / "promptctl"
    shutil.copytree(CHECKOUT, source, symlinks=True, ignore=_generated)
    out = source / "dist"
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(out)],
        cwd=source,
        capture_output=True,
        check=True,
    )
    (built,) = out.glob("*.whl")
    return built


def _generated(folder: str, names: list[str]) -> list[str]:
    return [name for name in names if name == "__pycache__" or name.startswith((".venv", ".git"))]


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bin folder of a new environment with the wheel in it.

    The libraries come from the environment that runs this test: its folder is added to the path, which
    brings them and, unlike an installation, not the editable promptctl.
    """
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, with_pip=False, symlinks=True)
    site = folder / "lib" / f"python{sys.version_info[0]}.{sys.version_info[1]}" / "site-packages"
    subprocess.run(
        [
            *(sys.executable, "-m", "pip", "--python", str(folder / "bin/python"), "install"),
            *("--quiet", "--no-index", "--no-deps", "--disable-pip-version-check", str(wheel)),
        ],
        check=True,
    )
    (site / "libraries.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return folder / "bin"


def _run(installed: Path, *argv: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    command = [str(installed / "promptctl"), *argv]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)


def test_the_wheel_holds_the_package_and_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    assert {"promptctl/py.typed", "promptctl/schemas/prompt.schema.json"} <= names
    assert "promptctl/schemas/project.schema.json" in names
    folders = {name.partition("/")[0] for name in names}
    assert {name for name in folders if not name.endswith(".dist-info")} == {"promptctl"}
    ours = {str(path.relative_to(CHECKOUT)) for path in (CHECKOUT / "promptctl").rglob("*.py")}
    assert ours <= names


def test_the_metadata_says_what_it_is(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        (place,) = [name for name in archive.namelist() if name.endswith("/METADATA")]
        metadata = archive.read(place).decode()
    assert "\nName: promptctl-git\n" in metadata
    assert "\nRequires-Python: >=3.11\n" in metadata
    assert "\nLicense-Expression: MIT\n" in metadata


def test_the_installed_command_is_not_this_checkout(installed: Path, tmp_path: Path) -> None:
    code = "import promptctl; print(promptctl.__file__)"
    shown = subprocess.run(
        [str(installed / "python"), "-c", code],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert shown.stdout.startswith(os.path.realpath(installed.parent) + os.sep)


def test_the_installed_command_works(installed: Path, tmp_path: Path) -> None:
    example = tmp_path / "example"
    shutil.copytree(CHECKOUT / "example-repo", example)
    validated = _run(installed, "validate", cwd=example)
    assert validated.returncode == 0, validated.stderr + validated.stdout
    schema = _run(installed, "schema", "prompt", cwd=example)
    assert schema.stdout == (CHECKOUT / "schemas/prompt.schema.json").read_text(encoding="utf-8")
    answered = _run(
        installed, "run", "greeting", "--var", "name=Ada", "--provider", "echo", cwd=example
    )
    assert answered.returncode == 0, answered.stderr
    assert "Ada" in answered.stdout


def test_init_works_from_the_installed_command(installed: Path, tmp_path: Path) -> None:
    made = _run(installed, "init", "shop", cwd=tmp_path)
    assert made.returncode == 0, made.stderr
    for template in ("chat", "string", "tool", "json"):
        assert (
            _run(installed, "new", template, "-t", template, cwd=tmp_path / "shop").returncode == 0
        )
    validated = _run(installed, "validate", cwd=tmp_path / "shop")
    assert (validated.returncode, validated.stdout) == (0, "")
