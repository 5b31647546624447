"""Watching a download whose files come and go."""

from __future__ import annotations

import threading
from pathlib import Path

from promptctl.state.download import _bytes_under


def test_files_that_vanish_while_they_are_counted_do_no_harm(tmp_path: Path) -> None:
    stop = threading.Event()

    def churn() -> None:
        while not stop.is_set():
            (tmp_path / "a/b/c").mkdir(parents=True)
            (tmp_path / "a/b/c/file").write_bytes(b"12345")
            (tmp_path / "a/b").rename(tmp_path / "moved")
            (tmp_path / "moved/c/file").unlink()
            (tmp_path / "moved/c").rmdir()
            (tmp_path / "moved").rmdir()
            (tmp_path / "a").rmdir()

    thread = threading.Thread(target=churn)
    thread.start()
    try:
        seen = {_bytes_under(tmp_path) for _ in range(3000)}
    finally:
        stop.set()
        thread.join()
    assert seen <= {0, 5, 10}
    assert _bytes_under(tmp_path) == 0


def test_all_files_below_are_counted(tmp_path: Path) -> None:
    (tmp_path / "x/y").mkdir(parents=True)
    (tmp_path / "x/y/one").write_bytes(b"123")
    (tmp_path / "two").write_bytes(b"4567")
    assert _bytes_under(tmp_path) == 7
