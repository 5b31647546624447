"""What a CI system says of the change that it runs for, in the variables that it sets."""

from __future__ import annotations

import re
from collections.abc import Mapping

from promptctl.core.fast_dataclass import dataclass

_MERGE_REF = re.compile(r"refs/pull/[0-9]+/merge")
_COMMIT = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?")


@dataclass(frozen=True, slots=True)
class Runner:
    """What is known of the place where `ci` runs; nothing of it outside a CI system."""

    is_ci: bool = False
    """Whether nobody edits the checkout."""
    is_github: bool = False
    """Whether whoever reads the output obeys GitHub's workflow commands."""
    base_branch: str | None = None
    """The branch that the change is to be merged into."""
    base_commit: str | None = None
    """The commit of that branch where the change left it, or with which HEAD merges it."""
    merge_commit: str | None = None
    """The merge of the change that the CI system made for the test; its first parent is the base."""
    summary_file: str | None = None
    """A file to which the report is appended, and which the CI system shows."""


def runner_of(environ: Mapping[str, str]) -> Runner:
    """What GitHub Actions or GitLab CI/CD says of the change under test."""
    if environ.get("GITHUB_ACTIONS") == "true":
        of_merge = _MERGE_REF.fullmatch(environ.get("GITHUB_REF", "")) is not None
        return Runner(
            is_ci=True,
            is_github=True,
            base_branch=environ.get("GITHUB_BASE_REF") or None,
            merge_commit=(environ.get("GITHUB_SHA") or None) if of_merge else None,
            summary_file=environ.get("GITHUB_STEP_SUMMARY") or None,
        )
    if environ.get("GITLAB_CI") == "true":
        # The first is there only where HEAD merges the change with that very commit.
        variables = "CI_MERGE_REQUEST_TARGET_BRANCH_SHA", "CI_MERGE_REQUEST_DIFF_BASE_SHA"
        commits = (environ.get(name, "") for name in variables)
        return Runner(
            is_ci=True,
            base_branch=environ.get("CI_MERGE_REQUEST_TARGET_BRANCH_NAME") or None,
            base_commit=next((one for one in commits if _COMMIT.fullmatch(one)), None),
        )
    return Runner(is_ci=bool(environ.get("CI")))
