"""A publish that the settings let break callers says so, and why."""

from __future__ import annotations

from tests.conftest import GitRepository
from tests.releases.workplace import FILES, GREETING, ok, run

NO_TONE = GREETING.replace(
    "  tone: {type: string, enum: [friendly, formal], default: friendly}\n", ""
).replace(" in a {{ tone }} tone", "")


def test_the_reason_stands_below_the_break(git_repository: GitRepository) -> None:
    git_repository.commit(FILES)
    ok(git_repository.path, "publish", "--all", "--yes", "-q")
    accepted = "accepted_breaks:\n  - fingerprint: 87fca7d6abdc37e6\n    reason: agreed\n"
    changed = NO_TONE.replace("provider: echo\n", "provider: echo\nparameters: {max_tokens: 200}\n")
    git_repository.commit(
        {"prompts/greeting.yaml": changed, "promptctl.yaml": f"version: 1\n{accepted}"}
    )
    done = run(git_repository.path, "publish", "greeting", "--yes")
    assert done.returncode == 0, done.stderr
    lines = done.stderr.splitlines()
    at = lines.index("  breaking   variable `tone` was removed")
    assert lines[at + 1] == "             accepted: agreed"


def test_a_value_reads_as_in_a_diff(git_repository: GitRepository) -> None:
    before = GREETING.replace("provider: echo\n", "provider: echo\nparameters: {max_tokens: 120}\n")
    git_repository.commit(FILES | {"prompts/greeting.yaml": before})
    ok(git_repository.path, "publish", "greeting", "--yes", "-q")
    git_repository.commit({"prompts/greeting.yaml": before.replace("120", "200")})
    words = "parameters.max_tokens: 120 → 200"
    assert f"    {words}\n" in ok(git_repository.path, "diff", "greeting")
    done = run(git_repository.path, "publish", "greeting", "--yes")
    assert f"  behaviour  {words}\n" in done.stderr
