"""The fixtures that keep every other test honest."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from tests import conftest
from tests.conftest import GitRepository, RunCli


def _caught() -> list[str]:
    caught, conftest.violations[:] = list(conftest.violations), []
    return caught


@pytest.mark.skipif(
    conftest.REAL_HOME == "/" or conftest.REAL_HOME.startswith(tempfile.gettempdir()),
    reason="the real home folder is where tests may write",
)
def test_a_write_to_the_real_home_fails() -> None:
    with pytest.raises(pytest.fail.Exception, match="real home"):
        open(os.path.join(conftest.REAL_HOME, "promptctl-test-must-not-exist"), "w")  # noqa: SIM115
    with pytest.raises(pytest.fail.Exception, match="real home"):
        os.mkdir(os.path.join(conftest.REAL_HOME, "promptctl-test-must-not-exist"))
    assert len(_caught()) == 2


def test_only_loopback_can_be_reached() -> None:
    with socket.socket() as plain, pytest.raises(pytest.fail.Exception, match="past loopback"):
        plain.connect(("192.0.2.1", 80))
    with pytest.raises(pytest.fail.Exception, match="asks for the address"):
        socket.getaddrinfo("example.com", 443)
    assert len(_caught()) == 2
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(server.getsockname()).close()


def test_nothing_of_the_users_environment_is_inherited(hermetic: Path) -> None:
    for name in ("OPENAI_API_KEY", "HTTPS_PROXY", "https_proxy", "CI", "NO_COLOR", "GIT_DIR"):
        assert name not in os.environ
    assert os.path.expanduser("~") == str(hermetic)
    assert all(name.startswith("GIT_") is False for name in os.environ if "DIR" in name)


def test_commit_ids_repeat(tmp_path: Path) -> None:
    first, second = (GitRepository(tmp_path / name) for name in "ab")
    assert first.commit({"x": "1"}) == second.commit({"x": "1"})
    assert first.commit({"x": "2"}) == second.commit({"x": "2"})


def test_in_process_and_real_process_agree(run_cli: RunCli, run_process: RunCli) -> None:
    for argv in (["--version"], ["schema", "prompt"], ["no-such-command"], ["schema", "x"]):
        assert run_cli(argv) == run_process(argv)


def test_children_see_the_same_world(hermetic: Path) -> None:
    code = "import os; print(os.path.expanduser('~'), os.umask(0))"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout.split() == [str(hermetic), str(0o022)]
