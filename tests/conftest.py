"""Every test runs in a world of its own: home, identity, dates, environment, and no network but loopback."""

from __future__ import annotations

import contextlib
import io
import ipaddress
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import pytest

CHECKOUT = Path(__file__).resolve().parent.parent
REAL_HOME = os.path.realpath(os.path.expanduser("~"))
WEIGHTS_VARIABLE = "PROMPTCTL_TEST_WEIGHTS"

_INHERITED = ("PATH", "TMPDIR", "VIRTUAL_ENV", "LD_LIBRARY_PATH", "SYSTEMROOT", WEIGHTS_VARIABLE)
_INHERITED_PREFIXES = ("PYTEST_", "HYPOTHESIS_", "COV_", "COVERAGE_", "PYTHON")
_FIRST_COMMIT = 1_767_258_000  # 2026-01-01 09:00 UTC; each commit is a minute later

# --- the guard: an audit hook sees every open and connect, through whatever library ---------------

violations: list[str] = []
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC
_WRITE_EVENTS = frozenset(
    {"os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.link", "os.symlink", "os.truncate"}
)
_LINK_EVENTS = frozenset({"os.link", "os.symlink"})
_OURS = tuple(
    os.path.realpath(place)
    for place in (CHECKOUT, tempfile.gettempdir(), sys.prefix, sys.base_prefix)
)


def _under(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder.rstrip("/") + "/")


def _is_real_home(path: Any) -> bool:
    if isinstance(path, int) or REAL_HOME == "/":
        return False
    try:
        absolute = os.path.abspath(os.fsdecode(path))
    except (TypeError, ValueError):
        return False
    return _under(absolute, REAL_HOME) and not any(_under(absolute, place) for place in _OURS)


def _is_loopback(host: Any) -> bool:
    name = os.fsdecode(host) if isinstance(host, (str, bytes)) else ""
    if name in ("", "localhost", "localhost.localdomain"):
        return True
    try:
        return ipaddress.ip_address(name.partition("%")[0]).is_loopback
    except ValueError:
        return False


def _refuse(what: str) -> None:
    violations.append(what)
    pytest.fail(what, pytrace=True)


def _guard(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "open":
        path, _, flags = arguments
        if isinstance(flags, int) and flags & _WRITING and _is_real_home(path):
            _refuse(f"a test writes to the real home folder: {path!r}")
    elif event in _WRITE_EVENTS:
        # What a link points to is only read.
        for path in arguments[1:2] if event in _LINK_EVENTS else arguments[:2]:
            if _is_real_home(path):
                _refuse(f"a test writes to the real home folder: {event} {path!r}")
    elif event in ("socket.connect", "socket.sendto"):
        address = arguments[1]
        if isinstance(address, tuple) and not _is_loopback(address[0]):
            _refuse(f"a test reaches past loopback: {event} {address!r}")
    elif event in ("socket.getaddrinfo", "socket.gethostbyname") and not _is_loopback(arguments[0]):
        _refuse(f"a test asks for the address of {arguments[0]!r}")


def pytest_addoption(parser: pytest.Parser) -> None:
    """The option behind `make transcripts`."""
    parser.addoption("--rewrite-transcripts", action="store_true", help="write what comes out now")


def pytest_configure() -> None:
    """Put the guard up once per process and pin what only a process can pin."""
    os.umask(0o022)
    # A shell lets what it runs in the background ignore Ctrl-C, and that is inherited.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    sys.addaudithook(_guard)


def _hermetic_environment(home: Path) -> dict[str, str]:
    kept = {
        name: value
        for name, value in os.environ.items()
        if name in _INHERITED or name.startswith(_INHERITED_PREFIXES)
    }
    return kept | {
        "HOME": str(home),
        "XDG_CONFIG_HOME": str(home / ".config"),
        "XDG_STATE_HOME": str(home / ".local/state"),
        "XDG_CACHE_HOME": str(home / ".cache"),
        "XDG_DATA_HOME": str(home / ".local/share"),
        "XDG_RUNTIME_DIR": str(home / ".run"),
        "LANG": "C.UTF-8",
        "TZ": "UTC",
        "TERM": "dumb",
        "COLUMNS": "100",
        "USER": "ada",
        "LOGNAME": "ada",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_AUTHOR_NAME": "Ada Lovelace",
        "GIT_AUTHOR_EMAIL": "ada@example.com",
        "GIT_AUTHOR_DATE": f"{_FIRST_COMMIT} +0000",
        "GIT_COMMITTER_NAME": "Ada Lovelace",
        "GIT_COMMITTER_EMAIL": "ada@example.com",
        "GIT_COMMITTER_DATE": f"{_FIRST_COMMIT} +0000",
    }


_GIT_CONFIG = "[init]\n\tdefaultBranch = main\n[gc]\n\tauto = 0\n[protocol]\n\tallow = user\n"


@pytest.fixture(autouse=True)
def hermetic(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Path]:
    """A home of its own and a clean environment for every test; yields the home folder."""
    home = tmp_path_factory.mktemp("home")
    (home / ".gitconfig").write_text(_GIT_CONFIG)
    environment = _hermetic_environment(home)
    for name in list(os.environ):
        if name not in environment:
            monkeypatch.delenv(name)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    yield home
    caught, violations[:] = list(violations), []
    assert not caught, "the code under test swallowed this: " + "; ".join(caught)


# --- the command line ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Result:
    """What one command line answered."""

    exit_code: int
    stdout_bytes: bytes
    stderr_bytes: bytes

    @property
    def stdout(self) -> str:
        return self.stdout_bytes.decode()

    @property
    def stderr(self) -> str:
        return self.stderr_bytes.decode()


class RunCli(Protocol):
    def __call__(
        self,
        argv: Sequence[str],
        *,
        stdin: str | bytes = ...,
        cwd: Path | None = ...,
        env: Mapping[str, str] | None = ...,
    ) -> Result: ...


def _to_bytes(text: str | bytes) -> bytes:
    return text.encode() if isinstance(text, str) else text


@contextlib.contextmanager
def _streams(stdin: bytes) -> Iterator[tuple[io.BytesIO, io.BytesIO]]:
    out, err = io.BytesIO(), io.BytesIO()
    before = sys.stdin, sys.stdout, sys.stderr
    sys.stdin = io.TextIOWrapper(io.BytesIO(stdin), encoding="utf-8", newline="")
    sys.stdout = io.TextIOWrapper(out, encoding="utf-8", newline="")
    sys.stderr = io.TextIOWrapper(err, encoding="utf-8", newline="", write_through=True)
    replaced = sys.stdin, sys.stdout, sys.stderr
    try:
        yield out, err
    finally:
        for stream in replaced[1:]:
            stream.flush()
        for stream in replaced:
            stream.detach()
        sys.stdin, sys.stdout, sys.stderr = before


@pytest.fixture
def run_cli(tmp_path: Path) -> RunCli:
    """Run a command line in this process, by default in tmp_path; `env` is added to the environment."""

    def run(
        argv: Sequence[str],
        *,
        stdin: str | bytes = b"",
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
    ) -> Result:
        from promptctl.cli.app import main

        environ = dict(os.environ) | dict(env or {})
        with contextlib.chdir(cwd or tmp_path), _streams(_to_bytes(stdin)) as (out, err):
            code = main([str(word) for word in argv], environ)
        return Result(code, out.getvalue(), err.getvalue())

    return run


@pytest.fixture
def run_process(tmp_path: Path) -> RunCli:
    """Run a command line in a process of its own, as a user does."""

    def run(
        argv: Sequence[str],
        *,
        stdin: str | bytes = b"",
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
    ) -> Result:
        done = subprocess.run(
            [sys.executable, "-m", "promptctl", *map(str, argv)],
            input=_to_bytes(stdin),
            cwd=cwd or tmp_path,
            env=dict(os.environ) | dict(env or {}),
            capture_output=True,
            timeout=120,
            check=False,
        )
        return Result(done.returncode, done.stdout, done.stderr)

    return run


# --- repositories ----------------------------------------------------------------------------------


class GitRepository:
    """A real repository; every commit is a minute later than the one before, so ids repeat exactly."""

    def __init__(self, path: Path, *init_options: str) -> None:
        self.path = path
        self._clock = _FIRST_COMMIT
        path.mkdir(parents=True, exist_ok=True)
        self.git("init", "--quiet", *init_options)

    def git(self, *arguments: str, stdin: str | bytes = b"") -> str:
        """Run git here and return its standard output without the last newline."""
        date = f"{self._clock} +0000"
        done = subprocess.run(
            ["git", *arguments],
            cwd=self.path,
            input=_to_bytes(stdin),
            capture_output=True,
            check=False,
            env=dict(os.environ) | {"GIT_AUTHOR_DATE": date, "GIT_COMMITTER_DATE": date},
        )
        assert done.returncode == 0, f"git {arguments}: {done.stderr.decode(errors='replace')}"
        return done.stdout.decode(errors="surrogateescape").removesuffix("\n")

    def write(self, path: str, content: str | bytes) -> Path:
        """Write one file of the working tree, folders included."""
        target = self.path / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(_to_bytes(content))
        return target

    def commit(
        self, files: Mapping[str, str | bytes] | None = None, message: str = "Change prompts"
    ) -> str:
        """Write the files, commit everything in the working tree, and return the commit id."""
        for path, content in (files or {}).items():
            self.write(path, content)
        self._clock += 60
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", message)
        return self.head

    @property
    def head(self) -> str:
        """The id of the current commit."""
        return self.git("rev-parse", "HEAD")


@pytest.fixture
def git_repository(tmp_path: Path) -> GitRepository:
    """An empty repository on branch main."""
    return GitRepository(tmp_path / "repository")


@pytest.fixture
def bare_remote(tmp_path: Path, git_repository: GitRepository) -> GitRepository:
    """A bare repository that git_repository knows as `origin`."""
    remote = GitRepository(tmp_path / "remote.git", "--bare")
    git_repository.git("remote", "add", "origin", str(remote.path))
    return remote


@pytest.fixture
def prompt_repository(tmp_path: Path) -> GitRepository:
    """The example repository, copied and committed."""
    path = tmp_path / "example"
    shutil.copytree(CHECKOUT / "example-repo", path)
    repository = GitRepository(path)
    repository.commit(message="Start from the example")
    return repository


# --- the real model --------------------------------------------------------------------------------


@pytest.fixture
def model_weights(hermetic: Path) -> Path:
    """The embedded model's weights, which `make` installed, linked into this test's cache."""
    installed = os.environ.get(WEIGHTS_VARIABLE, "")
    if not installed:
        pytest.skip(f"the embedded model is not installed ({WEIGHTS_VARIABLE} is not set)")
    source = Path(installed)
    assert source.is_file(), f"{WEIGHTS_VARIABLE} names no file: {installed}"
    folder = hermetic / ".cache/promptctl/model"
    folder.mkdir(parents=True)
    target = folder / source.name
    try:
        target.hardlink_to(source)
    except OSError:  # another file system
        shutil.copyfile(source, target)
    return target
