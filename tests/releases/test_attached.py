"""What a prompt attaches belongs to its version, as what it includes does."""

from __future__ import annotations

import pytest

from tests.conftest import GitRepository
from tests.releases.workplace import ok

PNG = b"\x89PNG\r\n\x1a\n\0\0"
LOOK = """\
provider: openai
model: gpt-4o
messages:
  - role: user
    content:
      - {type: image, path: _files/a.png}
      - {type: file, path: _files/b.pdf}
"""
FILES: dict[str, str | bytes] = {
    "promptctl.yaml": "version: 1\n",
    "prompts/look.yaml": LOOK,
    "prompts/_files/a.png": PNG + b"1",
    "prompts/_files/b.pdf": b"%PDF-1.7 1",
    "prompts/_files/c.png": PNG + b"1",
}


@pytest.mark.parametrize(
    ("file", "content", "versions"),
    [
        ("_files/a.png", PNG + b"2", 2),
        ("_files/b.pdf", b"%PDF-1.7 2", 2),
        ("_files/c.png", PNG + b"2", 1),
    ],
)
def test_an_attached_file_that_changed_is_another_version(
    git_repository: GitRepository, file: str, content: bytes, versions: int
) -> None:
    folder = git_repository.path
    git_repository.commit(FILES)
    ok(folder, "publish", "look", "--no-push", "-m", "First")
    git_repository.commit({f"prompts/{file}": content})
    ok(folder, "publish", "look", "--no-push", "-m", "Second")
    made = git_repository.git("tag", "--list", "prompts/look@v*").splitlines()
    assert len(made) == versions


def test_a_version_is_rendered_with_the_files_of_its_commit(git_repository: GitRepository) -> None:
    folder = git_repository.path
    git_repository.commit(FILES)
    ok(folder, "publish", "look", "--no-push", "-m", "First")
    git_repository.commit({"prompts/_files/a.png": PNG + b"much longer"})
    assert "[image: image/png, 11 bytes]" in ok(folder, "render", "look@1")
    assert "[image: image/png, 21 bytes]" in ok(folder, "render", "look@.")
