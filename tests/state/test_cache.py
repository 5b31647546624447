"""The cache: what was written whole under its key comes back, and nothing else does."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from promptctl.state.cache import MAX_FILES, Cache, cache_folder

CONTENT = b"some\nlines\0and bytes\xff"


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    return {"XDG_CACHE_HOME": str(tmp_path / "cache")}


@pytest.fixture
def cache(environ: dict[str, str], tmp_path: Path) -> Cache:
    return Cache.open(environ, "things", tmp_path, "key")


def file_of(cache: Cache) -> Path:
    """The one file of a cache."""
    (path,) = cache.folder.iterdir()
    return path


def test_what_was_written_is_read(cache: Cache) -> None:
    assert cache.read() is None
    cache.write(CONTENT)
    assert cache.read() == CONTENT
    cache.write(b"")
    assert cache.read() == b""


def test_only_its_owner_can_look_into_it(cache: Cache) -> None:
    cache.write(CONTENT)
    assert file_of(cache).stat().st_mode & 0o777 == 0o600
    assert cache.folder.stat().st_mode & 0o777 == 0o700


def test_it_counts_for_its_kind_its_place_and_its_key_only(
    environ: dict[str, str], tmp_path: Path, cache: Cache
) -> None:
    cache.write(CONTENT)
    assert Cache.open(environ, "things", tmp_path, "key").read() == CONTENT
    assert Cache.open(environ, "things", tmp_path, "another").read() is None
    assert Cache.open(environ, "others", tmp_path, "key").read() is None
    assert Cache.open(environ, "things", tmp_path / "elsewhere", "key").read() is None
    # The name of a file is a short digest of the place: the place itself stands inside.
    other = Cache.open(environ, "things", tmp_path / "elsewhere", "key")
    file_of(cache).rename(other._file)
    assert other.read() is None


def test_any_byte_that_changed_makes_it_void(cache: Cache) -> None:
    cache.write(CONTENT)
    path = file_of(cache)
    whole = path.read_bytes()
    for place in range(len(whole)):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        assert cache.read() is None, place
        path.write_bytes(whole[:place])
        assert cache.read() is None, place
    path.write_bytes(whole + b"\0")
    assert cache.read() is None
    path.write_bytes(whole)
    assert cache.read() == CONTENT


def test_a_file_that_another_could_have_written_is_not_read(cache: Cache) -> None:
    cache.write(CONTENT)
    file_of(cache).chmod(0o620)
    assert cache.read() is None
    file_of(cache).chmod(0o600)
    assert cache.read() == CONTENT
    if os.geteuid() == 0:
        os.chown(file_of(cache), 65534, 65534)
        assert cache.read() is None


def test_links_pipes_and_folders_are_not_read(cache: Cache, tmp_path: Path) -> None:
    cache.write(CONTENT)
    path = file_of(cache)
    path.rename(tmp_path / "aside")
    path.symlink_to(tmp_path / "aside")
    assert cache.read() is None
    path.unlink()
    os.mkfifo(path)
    assert cache.read() is None
    path.unlink()
    path.mkdir()
    assert cache.read() is None
    cache.write(CONTENT)  # it cannot take the folder's place
    assert cache.read() is None
    assert [entry.name for entry in cache.folder.iterdir()] == [path.name]


def test_where_nothing_can_be_written_nothing_is(tmp_path: Path) -> None:
    in_the_way = tmp_path / "file"
    in_the_way.write_text("")
    cache = Cache.open({"XDG_CACHE_HOME": str(in_the_way)}, "things", tmp_path)
    cache.write(CONTENT)
    assert cache.read() is None
    nowhere = Cache.open({"XDG_CACHE_HOME": "/proc/1/nowhere"}, "things", tmp_path)
    nowhere.write(CONTENT)
    assert nowhere.read() is None


def test_nothing_is_made_in_a_folder_of_somebody_else(tmp_path: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can give a folder away")
    home = tmp_path / "home"
    home.mkdir()
    os.chown(home, 65534, 65534)
    Cache.open({"HOME": str(home)}, "things", tmp_path).write(CONTENT)
    assert list(home.iterdir()) == []


def test_a_relative_cache_home_is_ignored() -> None:
    assert cache_folder({"XDG_CACHE_HOME": "here", "HOME": "/h"}) == Path("/h/.cache/promptctl")


def test_the_oldest_go_first(environ: dict[str, str], tmp_path: Path) -> None:
    for number in range(MAX_FILES + 5):
        cache = Cache.open(environ, "things", tmp_path / f"place-{number}")
        cache.write(CONTENT)
        os.utime(cache._file, (number, number))
    kept = [Cache.open(environ, "things", tmp_path / f"place-{n}").read() for n in range(8)]
    assert kept[:4] == [None] * 4
    assert len(list(cache.folder.iterdir())) == MAX_FILES
    assert cache.read() == CONTENT


def test_what_was_left_unfinished_is_cleared_away(cache: Cache) -> None:
    cache.write(CONTENT)
    left = cache.folder / "things-00000000.abc.new"
    left.write_bytes(b"half")
    cache.write(CONTENT)
    assert left.exists()  # perhaps somebody writes it just now
    os.utime(left, (1, 1))
    cache.write(CONTENT)
    assert not left.exists()


_WRITE_OFTEN = """\
import sys
from pathlib import Path
from promptctl.state.cache import Cache
cache = Cache.open({"XDG_CACHE_HOME": sys.argv[1]}, "things", Path(sys.argv[1]))
for number in range(300):
    cache.write(sys.argv[2].encode() * 5000)
    found = cache.read()
    assert found is None or found in (b"a" * 5000, b"b" * 5000)
"""


def test_two_processes_do_not_mix(tmp_path: Path) -> None:
    words = [sys.executable, "-c", _WRITE_OFTEN, str(tmp_path)]
    both = [subprocess.Popen([*words, letter]) for letter in "ab"]
    assert [one.wait(60) for one in both] == [0, 0]
    found = Cache.open({"XDG_CACHE_HOME": str(tmp_path)}, "things", tmp_path).read()
    assert found in (b"a" * 5000, b"b" * 5000)
    assert len(list((tmp_path / "promptctl/results").iterdir())) == 1


@pytest.mark.parametrize("content", [b"[1]", b"{", b"[" * 100_000, b"\xff", b'{"a": 1, "b": [2]}'])
def test_a_table_has_rows_and_nothing_else(cache: Cache, content: bytes) -> None:
    cache.write(content)
    assert cache.read_table() == ({"b": [2]} if b'"b"' in content else {})
    cache.write_table({"x": ["é", None, 1]})
    assert cache.read_table() == {"x": ["é", None, 1]}
