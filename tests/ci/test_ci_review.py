"""What `ci` answers: findings, breaks against the base and each label, plans, edits of rules, fail-on."""

from __future__ import annotations

import json
import stat
from pathlib import Path
from typing import Any

import pytest

from tests.ci.scenes import (
    BREAKING,
    FILES,
    GREETING,
    REMOVED_TONE,
    Scene,
    everything_below,
    git,
    github_environment,
    make_scene,
    ok,
    reviewed,
    run,
)
from tests.conftest import GitRepository
from tests.releases.workplace import edited
from tests.test_output_schemas import check

UNUSED = GREETING.replace("variables:\n", "variables:\n  spare: {type: string, default: x}\n")
INVALID = GREETING + "temprature: 1\n"


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    return make_scene(tmp_path)


def settings(text: str) -> dict[str, str]:
    return {"promptctl.yaml": f"version: 1\n{text}"}


def failed(scene: Scene, *options: str) -> list[str]:
    """The conditions that fail."""
    code, review = reviewed(scene.work.path, *options)
    found = [failure["condition"] for failure in review["failures"]]
    assert (code, review["passed"]) == (1 if found else 0, not found)
    return found


def fingerprints(review: dict[str, Any]) -> list[str]:
    return [one["fingerprint"] for one in review["breaks"]]


def accepting(*digests: str, prompt: str = "greeting") -> str:
    entries = "".join(
        f"  - {{prompt: {prompt}, fingerprint: {digest!r}, reason: Nobody uses it}}\n"
        for digest in digests
    )
    return f"accepted_breaks:\n{entries}"


def test_a_change_that_breaks_nobody_passes_and_says_what_publishing_makes(scene: Scene) -> None:
    scene.change(
        {
            "prompts/greeting.yaml": edited("Welcome"),
            "prompts/new.yaml": FILES["prompts/farewell.yaml"],
        }
    )
    code, review = reviewed(scene.work.path)
    assert (code, review["breaks"], review["findings"]) == (0, [], [])
    assert [(p["prompt"], p["version"]) for p in review["plan"]] == [("greeting", 2), ("new", 1)]
    assert [(c["prompt"], c["label"], c["effect"]) for c in review["labels"]] == [
        ("greeting", "published", "behaviour")
    ]
    done = run(scene.work.path, "ci")
    assert done.stdout.splitlines()[-1].startswith("may merge: HEAD compared with ")
    assert "  greeting v2\n  new v1\n" in done.stdout


def test_nothing_changed_is_said(scene: Scene) -> None:
    scene.change({"README.md": "x\n"})
    done = run(scene.work.path, "ci", "--format", "markdown")
    assert done.stdout.splitlines()[1] == "<!-- nothing to review -->"
    assert "No prompt differs." in done.stdout
    assert "no prompt differs" in run(scene.work.path, "ci").stdout


def test_a_break_of_what_is_published_fails_and_tells_how_to_accept_it(scene: Scene) -> None:
    scene.change({"prompts/greeting.yaml": BREAKING})
    code, review = reviewed(scene.work.path)
    (one,) = review["breaks"]
    assert code == 1
    assert (one["rule"], one["against"], one["published"]) == (
        REMOVED_TONE,
        ["the base", "published"],
        True,
    )
    assert review["plan"][0]["note"] == "publish refuses it, as it breaks callers of published"
    done = run(scene.work.path, "ci")
    assert "accepted_breaks:\n    - prompt: greeting\n" in done.stdout
    assert f'      fingerprint: "{one["fingerprint"]}"\n' in done.stdout
    assert done.stdout.endswith("  breaking: callers would have to change: greeting\n")
    lines = done.stdout.partition("in promptctl.yaml\n")[2].partition("\n\n")[0]
    scene.change(settings("".join(f"{line[2:]}\n" for line in lines.splitlines())))
    assert failed(scene) == [], "the lines can be pasted"
    assert "promptctl.yaml" not in run(scene.work.path, "fmt", "--check").stdout


def test_breaks_that_no_word_of_fail_on_counts_are_mentioned(scene: Scene) -> None:
    scene.change({"prompts/greeting.yaml": BREAKING})
    said = "breaking is not looked at, as --fail-on says warning: callers would have to change: greeting"
    done = run(scene.work.path, "ci", "--fail-on", "warning")
    assert (done.returncode, " ".join(done.stderr.split())) == (0, said)
    assert (
        said
        in json.loads(ok(scene.work.path, "ci", "--fail-on", "warning", "--format", "json"))[
            "notes"
        ]
    )
    assert run(scene.work.path, "ci", "--fail-on", "never").stderr == ""
    assert "is not looked at" not in run(scene.work.path, "ci", "--fail-on", "breaking").stderr


def test_a_break_that_the_base_accepts_passes(scene: Scene) -> None:
    scene.change({"prompts/greeting.yaml": BREAKING})
    (digest,) = fingerprints(reviewed(scene.work.path)[1])
    # Although the branch left main before that: the tip of the base has the rules.
    scene.on_main(settings(accepting(digest)))
    code, review = reviewed(scene.work.path, "--base", "main")
    assert code == 0
    assert review["breaks"][0]["accepted"] == {"reason": "Nobody uses it", "proposed": False}
    assert review["plan"][0]["note"] is None


def test_a_break_that_only_the_change_accepts_counts_and_is_shown_as_its_own_rule(
    scene: Scene,
) -> None:
    scene.change({"prompts/greeting.yaml": BREAKING})
    (digest,) = fingerprints(reviewed(scene.work.path)[1])
    scene.change(settings(accepting(digest)))
    code, review = reviewed(scene.work.path)
    assert code == 0
    assert review["breaks"][0]["accepted"] == {"reason": "Nobody uses it", "proposed": True}
    assert review["rule_edits"] == [
        {"setting": f"accepted_breaks.greeting.{digest}", "old": None, "new": "Nobody uses it"}
    ]
    assert failed(scene, "--fail-on", "error,breaking,rules") == ["rules"]
    text = run(scene.work.path, "ci", env=github_environment()).stdout
    assert "This change edits the rules of its own review\n" in text
    assert "its acceptance is part of this change" in text
    assert (
        "\n::warning file=prompts/greeting.yaml,line=3,endLine=3,col=1,endColumn=9,title=variable-removed::"
        in text
    )


def test_a_wrong_fingerprint_accepts_nothing(scene: Scene) -> None:
    scene.change({"prompts/greeting.yaml": BREAKING, **settings(accepting("0123456789abcdef"))})
    assert failed(scene) == ["breaking"]


def test_the_rules_of_the_base_hold_and_edits_of_them_are_named(tmp_path: Path) -> None:
    rules = settings("rule_group: standard\nrules:\n  variable-unused: error\n")
    scene = make_scene(tmp_path, FILES | rules)
    lax = settings(
        "rule_group: minimal\nrules: {secret: 'off'}\ntag_prefix: other/\n"
        "labels:\n  staging: {branch: change}\n"
    )
    scene.change({"prompts/greeting.yaml": UNUSED, **lax})
    code, review = reviewed(scene.work.path)
    assert code == 1
    assert [(f["rule"], f["severity"]) for f in review["findings"]] == [
        ("variable-unused", "error")
    ]
    assert review["rule_edits"] == [
        {"setting": "rule_group", "old": "standard", "new": "minimal"},
        {"setting": "rules.secret", "old": None, "new": "off"},
        {"setting": "rules.variable-unused", "old": "error", "new": None},
        {"setting": "labels.staging", "old": None, "new": "branch change, not signed"},
        {"setting": "tag_prefix", "old": "prompts/", "new": "other/"},
    ]
    assert review["labels"], "tags are looked for where the base says"


def test_an_old_name_that_no_longer_leads_to_its_prompt_is_an_edit_of_the_rules(
    tmp_path: Path,
) -> None:
    renamed = "version: 1\nrenamed: {{{}}}\n"
    scene = make_scene(
        tmp_path, FILES | {"promptctl.yaml": renamed.format("hello: greeting, bye: farewell")}
    )
    scene.change({"promptctl.yaml": renamed.format("bye: farewell")})
    _, review = reviewed(scene.work.path)
    assert review["rule_edits"] == [{"setting": "renamed.hello", "old": "greeting", "new": None}]
    assert failed(scene, "--fail-on", "rules") == ["rules"]


def test_moving_all_prompts_to_another_folder_hides_no_break(scene: Scene) -> None:
    scene.work.git("rm", "-r", "--quiet", "prompts")
    scene.change({"texts/greeting.yaml": BREAKING, **settings("prompts_dir: texts\n")})
    code, review = reviewed(scene.work.path)
    assert code == 1
    rules = {(one["prompt"], one["rule"]) for one in review["breaks"]}
    assert rules == {("farewell", "prompt-removed"), ("greeting", REMOVED_TONE)}
    assert review["rule_edits"] == [{"setting": "prompts_dir", "old": "prompts", "new": "texts"}]


def test_a_comment_that_newly_ignores_a_rule_is_an_edit_of_the_rules(tmp_path: Path) -> None:
    rules = settings("rules: {variable-unused: error}\n")
    ignored = "  spare: {type: string, default: x} # promptctl: ignore[variable-unused]\n"
    before = GREETING.replace("variables:\n", f"variables:\n{ignored}")
    scene = make_scene(tmp_path, FILES | rules | {"prompts/before.yaml": before})
    new = before.replace("Greet {{", "Welcome {{")
    scene.change({"prompts/greeting.yaml": new, "prompts/before.yaml": new})
    code, review = reviewed(scene.work.path)
    assert (code, review["findings"]) == (0, [])
    assert review["rule_edits"] == [
        {"setting": "prompts/greeting.yaml:4", "old": None, "new": "ignore[variable-unused]"}
    ]


def test_a_broken_settings_file_is_a_finding_and_does_not_loosen_anything(scene: Scene) -> None:
    scene.change({"promptctl.yaml": "version: 1\nrulez: {}\n", "prompts/greeting.yaml": BREAKING})
    code, review = reviewed(scene.work.path)
    assert code == 1
    assert [f["rule"] for f in review["findings"]] == ["settings-invalid"]
    assert [one["rule"] for one in review["breaks"]] == [REMOVED_TONE]


def test_a_broken_settings_file_of_the_base_is_said_and_can_be_mended(tmp_path: Path) -> None:
    scene = make_scene(tmp_path)
    scene.on_main({"promptctl.yaml": "version: 1\nrulez: {}\n"})
    scene.work.git("merge", "--quiet", "main")
    scene.change(settings(""))
    code, review = reviewed(scene.work.path, "--base", "main")
    assert code == 0
    assert "promptctl.yaml of the base cannot be used" in review["notes"][0]


def test_a_label_that_holds_something_older_is_checked_by_itself(scene: Scene) -> None:
    """staging has v1 with a tone; main and published have done without it for long."""
    ok(scene.work.path, "label", "greeting@1", "staging", "--yes")
    scene.on_main({"prompts/greeting.yaml": BREAKING})
    scene.work.git("switch", "--quiet", "main")
    ok(scene.work.path, "publish", "greeting", "--allow-breaking", "--yes")
    scene.work.git("switch", "--quiet", "--force-create", "change", "main")
    scene.change({"prompts/greeting.yaml": BREAKING.replace("Greet {{", "Welcome {{")})
    code, review = reviewed(scene.work.path)
    assert code == 0
    assert [(c["label"], c["version"], c["effect"]) for c in review["labels"]] == [
        ("published", 2, "behaviour"),
        ("staging", 1, "breaking"),
    ]
    (one,) = review["breaks"]
    assert (one["rule"], one["against"], one["published"]) == (REMOVED_TONE, ["staging"], False)
    assert failed(scene, "--fail-on", "any-breaking") == ["any-breaking"]
    done = run(scene.work.path, "ci", "--format", "markdown")
    assert "### Callers of a label would also have to change" in done.stdout
    assert "not accepted, and not published" in done.stdout


def test_a_prompt_that_was_never_published_breaks_nobody_unless_nothing_ever_was(
    tmp_path: Path,
) -> None:
    scene = make_scene(tmp_path, publish=False)
    scene.change({"prompts/greeting.yaml": BREAKING})
    assert failed(scene) == ["breaking"], "callers can only read the branch"
    ok(scene.work.path, "publish", "farewell", "--no-push", "--yes")
    assert failed(scene) == []
    assert failed(scene, "--fail-on", "any-breaking") == ["any-breaking"]


def test_a_retired_label_has_no_callers(scene: Scene) -> None:
    ok(scene.work.path, "label", "--delete", "greeting", "published", "--yes")
    scene.change({"prompts/greeting.yaml": BREAKING})
    code, review = reviewed(scene.work.path)
    assert (code, review["labels"]) == (0, [])


def test_a_removed_prompt_breaks_who_asks_for_it(scene: Scene) -> None:
    scene.work.git("rm", "--quiet", "prompts/greeting.yaml")
    scene.change({})
    code, review = reviewed(scene.work.path)
    assert code == 1
    assert review["breaks"][0]["rule"] == "prompt-removed"
    assert (
        review["plan"][0]["note"]
        == "its file is gone, and published goes on naming a version of it"
    )


@pytest.mark.parametrize("declared", [True, False])
def test_a_renamed_prompt_is_held_against_its_old_releases(scene: Scene, declared: bool) -> None:
    scene.work.git("mv", "prompts/greeting.yaml", "prompts/hello.yaml")
    renamed = settings("renamed: {greeting: hello}\n") if declared else {}
    scene.change({"prompts/hello.yaml": edited("Welcome"), **renamed})
    code, review = reviewed(scene.work.path)
    assert code == (0 if declared else 1)
    assert [(c["prompt"], c["label"], c["version"]) for c in review["labels"]] == [
        ("hello", "published", 1)
    ]
    assert review["plan"] == [{"prompt": "hello", "version": 1, "note": review["plan"][0]["note"]}]
    assert [one["rule"] for one in review["breaks"]] == (
        [] if declared else ["prompt-renamed-undeclared"]
    )


def test_a_partial_that_changed_is_reviewed_in_each_prompt_that_uses_it(tmp_path: Path) -> None:
    using = (
        "provider: echo\ndescription: X.\nmessages:\n  - {role: user, file: _partials/tone.md}\n"
    )
    files = FILES | {"prompts/_partials/tone.md": "Be kind.\n", "prompts/a.yaml": using}
    scene = make_scene(tmp_path, files | {"prompts/b.yaml": using})
    scene.change({"prompts/_partials/tone.md": f"Be brief. Key: sk-proj-{'aB3d' * 12}\n"})
    code, review = reviewed(scene.work.path)
    assert [p["name"] for p in review["diff"]["prompts"]] == ["a", "b"]
    assert [p["version"] for p in review["plan"]] == [2, 2]
    assert (code, {f["rule"] for f in review["findings"]}) == (1, {"secret"})


def test_findings_of_what_did_not_change_are_not_asked_for(tmp_path: Path) -> None:
    scene = make_scene(tmp_path, FILES | {"prompts/bad.yaml": INVALID}, publish=False)
    scene.change({"prompts/greeting.yaml": edited("Welcome")})
    code, review = reviewed(scene.work.path)
    assert (code, review["findings"], review["prompts_checked"]) == (0, [], 1)


def test_files_that_are_no_prompts_are_found_too(scene: Scene) -> None:
    link = scene.work.path / "prompts/link.yaml"
    link.symlink_to("greeting.yaml")
    scene.change(
        {
            "prompts/New.yaml": GREETING,
            "prompts/other.yml": GREETING,
            "prompts/bad.yaml": b"\xff\xfe",
        }
    )
    code, review = reviewed(scene.work.path)
    assert code == 1
    assert {f["path"] for f in review["findings"]} == {
        f"prompts/{name}" for name in ("New.yaml", "other.yml", "link.yaml", "bad.yaml")
    }


@pytest.mark.parametrize(
    ("text", "words", "expected"),
    [
        (INVALID, "error,breaking", ["error"]),
        (INVALID, "breaking", []),
        (UNUSED, "error,breaking", []),
        (UNUSED, "warning", ["warning"]),
        (edited("Welcome"), "behaviour", ["behaviour"]),
        (GREETING + "# only people see this\n", "behaviour,any-breaking,warning", []),
        (BREAKING, "breaking, behaviour", ["breaking", "behaviour"]),
        (BREAKING, "never", []),
        (BREAKING, "rules", []),
    ],
)
def test_fail_on(scene: Scene, text: str, words: str, expected: list[str]) -> None:
    scene.change({"prompts/greeting.yaml": text})
    assert failed(scene, "--fail-on", words) == expected


@pytest.mark.parametrize("words", ["", "errors", "never,error", "error,,breaking"])
def test_a_word_that_fail_on_does_not_know_is_wrong_usage(scene: Scene, words: str) -> None:
    done = run(scene.work.path, "ci", "--fail-on", words)
    assert (done.returncode, done.stdout) == (2, "")
    assert "hint: error, warning, breaking" in done.stderr


def test_the_report_the_summary_and_the_annotations_of_a_job(scene: Scene, tmp_path: Path) -> None:
    scene.change({"prompts/greeting.yaml": BREAKING})
    summary, report = tmp_path / "summary.md", tmp_path / "report.md"
    summary.write_text("Before.\n")
    environ = github_environment() | {"GITHUB_STEP_SUMMARY": str(summary)}
    done = run(scene.work.path, "ci", "--report", str(report), env=environ)
    assert done.returncode == 1
    text = report.read_text(encoding="utf-8")
    assert text.startswith("<!-- promptctl ci -->\n## Prompts: may not merge\n")
    assert summary.read_text(encoding="utf-8") == f"Before.\n{text}"
    lines = done.stdout.splitlines()
    token = lines[0].removeprefix("::stop-commands::")
    assert len(token) == 32
    end = lines.index(f"::{token}::")
    assert [line for line in lines if line.startswith("::")][2:] == lines[end + 1 :]
    assert lines[end + 1].startswith("::error file=prompts/greeting.yaml,line=3,")
    outside = run(scene.work.path, "ci").stdout
    assert "::" not in outside


def test_a_summary_that_cannot_be_written_is_said(scene: Scene, tmp_path: Path) -> None:
    environ = github_environment() | {"GITHUB_STEP_SUMMARY": str(tmp_path)}
    done = run(scene.work.path, "ci", env=environ)
    assert done.returncode == 74
    assert str(tmp_path) in done.stderr


def test_the_json_is_what_its_schemas_say(scene: Scene) -> None:
    ok(scene.work.path, "label", "greeting@1", "staging", "--yes")
    scene.change({"prompts/greeting.yaml": BREAKING, "prompts/bad.yaml": INVALID})
    (digest,) = fingerprints(reviewed(scene.work.path)[1])
    scene.change(settings(accepting(digest)))
    _, review = reviewed(scene.work.path, "--fail-on", "any-breaking,rules,error")
    check("ci-output", review)
    check("diff-output", review["diff"])


def test_gitlab_s_code_quality_report(scene: Scene) -> None:
    scene.change({"prompts/greeting.yaml": BREAKING, "prompts/bad.yaml": INVALID})
    done = run(scene.work.path, "ci", "--format", "gitlab")
    issues = json.loads(done.stdout)
    assert [(one["check_name"], one["severity"]) for one in issues] == [
        ("schema-unknown-key", "major"),
        (REMOVED_TONE, "major"),
    ]
    assert issues[0]["location"] == {"path": "prompts/bad.yaml", "lines": {"begin": 7}}
    assert len({one["fingerprint"] for one in issues}) == 2


def test_nothing_is_written_even_where_nothing_can_be(scene: Scene) -> None:
    scene.change({"prompts/greeting.yaml": BREAKING})
    folder = scene.work.path
    before = everything_below(folder)
    assert run(folder, "ci").returncode == 1
    assert everything_below(folder) == before
    places = [folder, *folder.rglob("*")]
    kept = {place: stat.S_IMODE(place.lstat().st_mode) for place in places}
    for place in places:
        place.chmod(kept[place] & ~0o222)
    try:
        assert run(folder, "ci").returncode == 1
    finally:
        for place in reversed(places):
            place.chmod(kept[place])


def test_the_working_tree_is_not_looked_at(scene: Scene) -> None:
    scene.change({"prompts/greeting.yaml": edited("Welcome")})
    scene.work.write("prompts/greeting.yaml", INVALID)
    scene.work.write("promptctl.yaml", "version: 1\nprompts_dir: elsewhere\n")
    code, review = reviewed(scene.work.path)
    assert (code, review["findings"], review["rule_edits"]) == (0, [], [])
    note = "HEAD is looked at, and what is not committed is no part of it: prompts/greeting.yaml"
    assert review["notes"] == [note]
    assert reviewed(scene.work.path, env={"CI": "1"})[1]["notes"] == []


def test_a_prompt_that_the_base_has_broken_can_be_mended(tmp_path: Path) -> None:
    scene = make_scene(tmp_path, FILES | {"prompts/bad.yaml": INVALID}, publish=False)
    scene.change({"prompts/bad.yaml": GREETING})
    code, review = reviewed(scene.work.path)
    assert code == 0
    assert "unknown key `temprature`" in review["diff"]["prompts"][0]["problem"]
    assert review["plan"][0]["version"] == 1


def test_a_prompt_that_is_as_broken_as_before_is_no_change(tmp_path: Path) -> None:
    broken = 'provider: echo\ntemplate: "{% include \\"_partials/a.md\\" %}"\nnowhere: 1\n'
    scene = make_scene(
        tmp_path, FILES | {"prompts/odd.yaml": broken, "prompts/_partials/a.md": "a"}, publish=False
    )
    scene.change(
        {"prompts/_partials/a.md": "b", "prompts/farewell.yaml": "provider: echo\ntemplate: x\n"}
    )
    _, review = reviewed(scene.work.path)
    assert [prompt["name"] for prompt in review["diff"]["prompts"]] == ["farewell"]


def test_a_first_pull_request_without_settings_at_the_base(tmp_path: Path) -> None:
    repository = GitRepository(tmp_path / "work", "--initial-branch=main")
    repository.commit({"README.md": "x\n"})
    repository.git("switch", "--quiet", "--create", "change")
    repository.commit(FILES)
    code, review = reviewed(repository.path, "--base", "main")
    assert code == 0
    assert [one["version"] for one in review["plan"]] == [1, 1]
    assert git(repository.path, "status", "--porcelain") == ""
