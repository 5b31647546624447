"""The constraints that `make lowest` installs are the lower bounds of pyproject.toml."""

from __future__ import annotations

import pytest

from tests.conftest import CHECKOUT
from tests.lowest_versions import lowest_versions, runtime_requirements


@pytest.mark.parametrize(
    ("requirement", "constraint"),
    [
        ("typer>=0.21,<0.29", "typer==0.21"),
        ("httpx[http2] >= 0.27", "httpx==0.27"),
        ("a-b_c.d<2,>=1.0.post1; python_version < '4'", "a-b_c.d==1.0.post1"),
        ("pinned==2026.10.1", "pinned==2026.10.1"),
    ],
)
def test_one_requirement(requirement: str, constraint: str) -> None:
    assert lowest_versions([requirement]) == [constraint]


@pytest.mark.parametrize("requirement", ["rich", "rich<14", "rich; python_version >= '3.11'"])
def test_a_requirement_without_a_lower_bound_is_refused(requirement: str) -> None:
    with pytest.raises(ValueError, match="no lower bound"):
        lowest_versions([requirement])


def test_every_runtime_dependency_has_a_lower_bound() -> None:
    requirements = runtime_requirements(CHECKOUT / "pyproject.toml")
    assert len(lowest_versions(requirements)) == len(requirements) > 5
