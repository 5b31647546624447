"""Print the oldest version of each library that pyproject.toml allows, as constraints for pip."""

from __future__ import annotations

import re
import sys
import tomllib
from collections.abc import Iterable
from pathlib import Path

_LOWER_BOUND = re.compile(
    r"([A-Za-z0-9._-]+)\s*(?:\[[^\]]*\])?\s*[^;]*?(?:>=|==)\s*([0-9][^,;\s]*)"
)


def lowest_versions(requirements: Iterable[str]) -> list[str]:
    """`name==version` for each requirement; raises ValueError for one without a lower bound."""
    constraints = []
    for requirement in requirements:
        found = _LOWER_BOUND.match(requirement)
        if found is None:
            raise ValueError(f"no lower bound: {requirement}")
        constraints.append(f"{found[1]}=={found[2]}")
    return constraints


def runtime_requirements(pyproject: Path) -> list[str]:
    """What an installed promptctl needs, without the extras."""
    project = tomllib.loads(pyproject.read_text(encoding="utf-8"))["project"]
    return list(project["dependencies"])


if __name__ == "__main__":
    here = Path(__file__).resolve().parent.parent
    sys.stdout.write(
        "\n".join(lowest_versions(runtime_requirements(here / "pyproject.toml"))) + "\n"
    )
