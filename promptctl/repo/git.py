"""The one door to git processes: a cleaned environment, no shell, no program that a repository names."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import field
from pathlib import Path
from typing import BinaryIO

from promptctl.core.fast_dataclass import dataclass
from promptctl.errors import LocalIOError, NotARepository

MINIMUM = (2, 34)
TIMEOUT = 120.0
"""Seconds that a git process which only reads may take."""
NETWORK_TIMEOUT = 300.0
"""Seconds that a fetch or a push may take."""

_KEPT = frozenset(
    {
        "GIT_CONFIG_GLOBAL",
        "GIT_CONFIG_SYSTEM",
        "GIT_CONFIG_NOSYSTEM",
        "GIT_CEILING_DIRECTORIES",
        "GIT_DISCOVERY_ACROSS_FILESYSTEM",
        "GIT_EXEC_PATH",
        "GIT_COMMITTER_NAME",
        "GIT_COMMITTER_EMAIL",
        "GIT_COMMITTER_DATE",
    }
)
"""Of the variables git reads, those that say who the user is and not which repository is meant."""

_OF_NETWORK = ("GIT_SSH", "GIT_SSL_", "GIT_ASKPASS", "GIT_HTTP_", "GIT_PROXY_", "GIT_CONFIG_")
"""What the names of variables begin with that say how a user reaches remotes."""

_SET = {
    "LC_ALL": "C",
    "LANGUAGE": "C",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_NO_LAZY_FETCH": "1",
    # An older git knows no GIT_NO_LAZY_FETCH; without a protocol it cannot fetch either.
    "GIT_ALLOW_PROTOCOL": "none",
    "GIT_PAGER": "cat",
}

_OPTIONS = (
    "--no-pager",
    "--literal-pathspecs",
    *("-c", "core.fsmonitor=false"),
    *("-c", "core.hooksPath=/dev/null"),
    *("-c", "core.quotePath=false"),
    *("-c", "safe.bareRepository=explicit"),
    *("-c", "submodule.recurse=false"),
)

_NETWORK_OPTIONS = (
    "--no-pager",
    *("-c", "core.fsmonitor=false"),
    *("-c", "safe.bareRepository=explicit"),
    *("-c", "core.fsync=committed,reference"),
    *("-c", "gc.auto=0"),
    *("-c", "maintenance.auto=false"),
)


@dataclass(frozen=True, slots=True)
class Git:
    """Git, standing in one folder; `git_dir` is named for a bare repository only."""

    directory: Path
    environ: Mapping[str, str] = field(repr=False)  # it holds keys
    git_dir: Path | None = None

    def run(
        self, arguments: Sequence[str], stdin: bytes = b"", *, inherited: Sequence[int] = ()
    ) -> subprocess.CompletedProcess[bytes]:
        """One git process, whatever its exit code. Its words are for `explain_failure` only.

        `inherited` are descriptors that stay open in it.
        """
        command = self.command(arguments)
        try:
            return subprocess.run(
                command,
                input=stdin,
                capture_output=True,
                env=clean_environment(self.environ),
                start_new_session=True,
                pass_fds=inherited,
                timeout=TIMEOUT,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise LocalIOError(f"git {arguments[0]} took longer than {TIMEOUT:.0f} s") from None

    def output(self, arguments: Sequence[str], stdin: bytes = b"") -> bytes:
        """The standard output of a git process that must succeed; its failure becomes an error."""
        done = self.run(arguments, stdin)
        if done.returncode != 0:
            raise explain_failure(done.stderr, self.directory)
        return done.stdout

    @contextmanager
    def beside(self, arguments: Sequence[str]) -> Iterator[Callable[[], bytes]]:
        """A git process that works beside this one; the function waits for its output, as `output` does.

        Its output goes to a file without a name: a pipe would stop it as soon as it is full.
        """
        with _unnamed_file() as file:
            process = self._start(arguments, stdin=subprocess.DEVNULL, stdout=file)
            try:
                yield lambda: self._finished(process, file, arguments)
            finally:
                if process.poll() is None:
                    process.kill()
                process.wait()

    def _finished(
        self, process: subprocess.Popen[bytes], file: BinaryIO, arguments: Sequence[str]
    ) -> bytes:
        try:
            failed = process.wait(TIMEOUT)
        except subprocess.TimeoutExpired:
            raise LocalIOError(f"git {arguments[0]} took longer than {TIMEOUT:.0f} s") from None
        if failed:
            return self.output(arguments)  # once more, for its words
        file.seek(0)
        return file.read()

    def run_on_network(
        self,
        arguments: Sequence[str],
        options: Sequence[str] = (),
        *,
        seconds: float = NETWORK_TIMEOUT,
        inherited: Sequence[int] = (),
    ) -> subprocess.CompletedProcess[bytes]:
        """One git process that talks to a remote as the user's own git would, but asks nothing.

        `options` stand before the command. Of hooks only pre-push runs. Raises TimeoutExpired after so
        many seconds.
        """
        hooks = () if arguments[0] == "push" else ("-c", "core.hooksPath=/dev/null")
        return subprocess.run(
            self._line([*_NETWORK_OPTIONS, *hooks, *options], arguments),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            env=network_environment(self.environ),
            start_new_session=True,
            pass_fds=inherited,
            timeout=seconds,
            check=False,
        )

    def open(self, arguments: Sequence[str]) -> subprocess.Popen[bytes]:
        """A git process to talk with over pipes; the caller closes it."""
        return self._start(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def _start(
        self, arguments: Sequence[str], *, stdin: int, stdout: int | BinaryIO
    ) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            self.command(arguments),
            stdin=stdin,
            stdout=stdout,
            stderr=subprocess.DEVNULL,
            env=clean_environment(self.environ),
            start_new_session=True,
        )

    def command(self, arguments: Sequence[str]) -> list[str]:
        """The whole command line."""
        return self._line(_OPTIONS, arguments)

    def _line(self, options: Sequence[str], arguments: Sequence[str]) -> list[str]:
        place = ["-C", str(self.directory)]
        if self.git_dir is not None:
            place.append(f"--git-dir={self.git_dir}")
        return [find_git(self.environ), *place, *options, *arguments]


def _unnamed_file() -> BinaryIO:
    create = getattr(os, "memfd_create", None)  # Linux has it
    if create is not None:
        return open(create("git"), "w+b")
    import tempfile  # it loads random and hashes

    return tempfile.TemporaryFile()


def find_git(environ: Mapping[str, str]) -> str:
    """The git program, by the absolute folders of PATH only: `.` there would be the repository."""
    for folder in os.get_exec_path(dict(environ)):
        program = os.path.join(folder, "git")
        if os.path.isabs(folder) and os.path.isfile(program) and os.access(program, os.X_OK):
            return program
    raise LocalIOError("git is not installed, or not on the PATH", "install git 2.34 or newer")


def common_dir(git: Git) -> Path:
    """The folder of a git repository that all its worktrees share."""
    answer = git.output(["rev-parse", "--path-format=absolute", "--git-common-dir"])
    return Path(os.fsdecode(answer.rstrip(b"\n")))


def clean_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """The environment without everything that would lead git to another repository or to a program."""
    kept = {
        name: value
        for name, value in environ.items()
        if name in _KEPT or not name.startswith(("GIT_", "LC_"))
    }
    return kept | _SET


def network_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """The environment for a fetch or a push: with the user's own ways to reach and to trust a remote."""
    own = {name: value for name, value in environ.items() if name.startswith(_OF_NETWORK)}
    less = {"GIT_NO_LAZY_FETCH"}
    kept = {n: v for n, v in clean_environment(environ).items() if n not in less}
    return kept | own | {"GIT_ALLOW_PROTOCOL": "file:https:ssh", "GIT_TERMINAL_PROMPT": "0"}


def explain_failure(stderr: bytes, directory: Path) -> LocalIOError | NotARepository:
    """What a failed git process means for the user, with the way out."""
    known = known_failure(stderr, directory)
    if known is not None:
        return known
    lines = stderr.decode("utf-8", "replace").splitlines()
    first = next((line for line in lines if line.startswith(("fatal:", "error:"))), "")
    return LocalIOError(f"git failed in {directory}: {first or 'no reason given'}")


def known_failure(stderr: bytes, directory: Path) -> LocalIOError | NotARepository | None:
    """The failure of git itself, or of where it stands, that its words show; None for any other."""
    text = stderr.decode("utf-8", "replace")
    if "dubious ownership" in text:
        return LocalIOError(
            f"git does not trust {directory}: it belongs to another user",
            f"if you trust it: git config --global --add safe.directory {directory}",
        )
    if "not a git repository" in text or "not in a git directory" in text:
        return NotARepository(f"{directory} is in no git repository", "git init")
    if "cannot use bare repository" in text:
        return NotARepository(
            f"{directory} is a bare repository inside another", "use -C DIR on it"
        )
    if "missing blob" in text or "promisor" in text or "not allowed" in text:
        return LocalIOError(
            "this partial clone does not hold the objects that are needed, and reading fetches nothing",
            "git fetch --refetch --no-filter",
        )
    if "unknown option" in text or "unknown switch" in text or "usage: git" in text:
        wanted = ".".join(map(str, MINIMUM))
        return LocalIOError(f"this git is too old: promptctl needs {wanted} or newer")
    return None


def init_repository(directory: Path, branch: str) -> None:
    """Make a git repository in a folder, on that branch, unless it is in one already."""
    # 100 ms to load, and only `init` makes repositories.
    try:
        from git import Repo
        from git.exc import GitCommandError, InvalidGitRepositoryError, NoSuchPathError
    except ImportError as error:  # it starts git while it is imported
        raise LocalIOError(f"git does not work here: {str(error).strip()[-200:]}") from error

    with _without_git_variables():
        with suppress(InvalidGitRepositoryError, NoSuchPathError):
            Repo(directory, search_parent_directories=True).close()
            return
        try:
            Repo.init(directory, expand_vars=False, initial_branch=branch).close()
        except (GitCommandError, InvalidGitRepositoryError, OSError) as error:
            raise LocalIOError(
                f"git could not make a repository in {directory}: {error}"
            ) from error


@contextmanager
def _without_git_variables() -> Iterator[None]:
    """GitPython takes the environment of the process, in which a hook's GIT_DIR would lead it astray."""
    led = {n: v for n, v in os.environ.items() if n.startswith("GIT_") and n not in _KEPT}
    for name in led:
        del os.environ[name]
    try:
        yield
    finally:
        os.environ.update(led)
