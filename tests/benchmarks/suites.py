"""What is measured, against which yardstick, and the rows that come of it."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks.changed_prompts import CHANGED, make_branch
from tests.benchmarks.environment import CHECKOUT, Installed
from tests.benchmarks.many_releases import UNRELATED, make_repository, prompt_name
from tests.benchmarks.measure import Candidate, Series, clean_environment, measure, run_once
from tests.generated_prompts import write_prompts

SHORT, LONG = 200, 5_200
"""Tokens of the two answers whose difference gives the cost of a token."""

_PROMPT = """\
description: Greet somebody.
provider: openai
model: gpt-4o-mini
variables: {name: {type: string}}
messages:
  - {role: system, content: You write one short greeting.}
  - {role: user, content: "Greet {{ name }}."}
"""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the report."""

    what: str
    figure: str
    compared: str
    goal: str


@dataclass(frozen=True, slots=True)
class Bench:
    """Where the measurements run."""

    installed: Installed
    folder: Path
    rounds: int

    def candidate(self, name: str, *argv: str, cwd: Path | None = None, **env: str) -> Candidate:
        """A command line in the clean environment."""
        return Candidate(name, argv, cwd or self.folder, clean_environment(self.folder) | env)

    def promptctl(self, name: str, *argv: str, cwd: Path | None = None, **env: str) -> Candidate:
        """A promptctl command line in the clean environment."""
        return self.candidate(name, self.installed.promptctl, *argv, cwd=cwd, **env)


def _repository(folder: Path, prompts: int = 0) -> Path:
    """A prompt repository with one prompt, or with that many generated ones."""
    (folder / "prompts").mkdir(parents=True)
    (folder / "promptctl.yaml").write_text("version: 1\n")
    if prompts:
        write_prompts(folder, prompts)
    else:
        (folder / "prompts/greeting.yaml").write_text(_PROMPT)
    subprocess.run(["git", "init", "--quiet"], cwd=folder, check=True)
    return folder


def startup_rows(bench: Bench) -> list[Row]:
    """How long promptctl takes to do next to nothing, beside Python doing nothing."""
    one = _repository(bench.folder / "one")
    series = measure(
        [
            _pass(bench),
            bench.promptctl("--version", "--version"),
            bench.promptctl("--help", "--help"),
            bench.promptctl("schema", "schema"),
            bench.promptctl("validate one file", "validate", "--no-cache", cwd=one),
            bench.promptctl("render one prompt", "render", "greeting", "--var", "name=A", cwd=one),
        ],
        bench.rounds,
    )
    goals = {
        "--version": "≤ 2×",
        "--help": "≤ 7×",
        "schema": "≤ 6.5×",
        "validate one file": "≤ 8.5×",
    }
    yardstick = series.pop("pass")
    rows = [Row("`python -c pass`", _ms(yardstick), "1×", "")]
    for name, one_series in series.items():
        ratio = f"{one_series.ratio(yardstick):.1f}× pass"
        rows.append(Row(f"`promptctl {name}`", _ms(one_series), ratio, goals.get(name, "")))
    return rows


def validation_rows(bench: Bench, files: int) -> list[Row]:
    """Seconds and memory for many valid files, beside check-jsonschema with the same schema."""
    folder = _repository(bench.folder / f"many-{files}", files)
    paths = sorted(str(path) for path in (folder / "prompts").rglob("*.yaml"))
    schema = str(CHECKOUT / "schemas/prompt.schema.json")
    peer_command = (bench.installed.check_jsonschema, "--schemafile", schema, *paths)
    series = measure(
        [
            bench.candidate("check-jsonschema", *peer_command),
            bench.promptctl("promptctl validate", "validate", "--no-cache", cwd=folder),
        ],
        max(1, bench.rounds // 5),
    )
    peer, ours = series.values()
    times, cpu = peer.ratio(ours), peer.ratio(ours, "cpu")
    return [
        Row(f"`check-jsonschema`, {files:,} files", _heavy(peer), "1×", ""),
        Row(
            f"`promptctl validate`, {files:,} files",
            _heavy(ours),
            f"{times:.0f}× faster, {cpu:.0f}× less processor",
            "≥ 14×, aim 40×",
        ),
        *_again_rows(bench, folder, files),
    ]


def _again_rows(bench: Bench, folder: Path, files: int) -> list[Row]:
    """A validation after one that was remembered: with nothing changed, and after one small edit."""
    edited = folder / "prompts/team-07/prompt-00007.yaml"
    time.sleep(4)  # what changed three seconds ago at most is not trusted by its stamp
    again = bench.promptctl("again", "validate", cwd=folder)
    edit = bench.candidate("edit", "sh", "-c", f"echo '# edited' >> {edited}")
    run_once(again)
    unchanged = measure([_pass(bench), again], bench.rounds)
    changed = measure([_pass(bench), edit, again], bench.rounds)
    return [
        Row(
            f"`promptctl validate` again, {files:,} files, {what}",
            _ms(series["again"]),
            f"{series['again'].ratio(series['pass']):.1f}× pass",
            "≤ 12× pass, aim 8×",
        )
        for what, series in (("nothing changed", unchanged), ("one edited", changed))
    ]


def _pass(bench: Bench) -> Candidate:
    return bench.candidate("pass", bench.installed.python, "-c", "pass")


def stream_rows(bench: Bench) -> list[Row]:
    """First token and cost of a token from a local server, beside curl."""
    folder = _repository(bench.folder / "stream")
    with _stream_server() as port:
        candidates = [_pass(bench)]
        for tokens in (SHORT, LONG):
            base = f"http://127.0.0.1:{port}/{tokens}/v1"
            body = '{"model":"gpt-4o-mini","stream":true,"messages":[]}'
            url = f"{base}/chat/completions"
            candidates += [
                bench.candidate(f"curl {tokens}", "curl", "-sSN", "--json", body, url),
                bench.promptctl(
                    f"run {tokens}",
                    *("run", "greeting", "--var", "name=Ada"),
                    cwd=folder,
                    OPENAI_BASE_URL=base,
                    OPENAI_API_KEY="sk-benchmark",
                ),
            ]
        series = measure(candidates, bench.rounds)
    curl, run = series[f"curl {SHORT}"], series[f"run {SHORT}"]
    excess = run.excess(curl, "first_byte")
    times = excess / series["pass"].median("wall")
    return [
        Row("`curl`, first byte", _ms(curl, "first_byte"), "", ""),
        Row(
            "`promptctl run`, first token",
            _ms(run, "first_byte"),
            f"{excess * 1000:+.0f} ms over curl, {times:.1f}× pass",
            "≤ 13.9× (+115 ms where pass takes 8.3), aim 9×",
        ),
        Row("`promptctl run`, each token", _per_token(run, series[f"run {LONG}"]), "", ""),
    ]


def diff_rows(bench: Bench, prompts: int) -> list[Row]:
    """What a branch changes in a large repository, beside the names that git finds."""
    place = make_branch(bench.folder / f"branch-{prompts}", prompts)
    git = ("git", "diff", "--name-only", "main...HEAD")
    series = measure(
        [
            _pass(bench),
            bench.candidate("git", *git, cwd=place),
            bench.promptctl("diff", "diff", "main...HEAD", cwd=place),
            bench.promptctl("nothing", "diff", "HEAD~0..HEAD", cwd=place),
        ],
        max(3, bench.rounds // 3),
    )
    plain, ours, nothing = series["git"], series["diff"], series["nothing"]
    times = ours.ratio(series["pass"])
    return [
        Row(f"`git diff --name-only main...HEAD`, {prompts:,} prompts", _ms(plain), "", ""),
        Row(
            f"`promptctl diff main...HEAD`, {CHANGED} of {prompts:,} prompts changed",
            _ms(ours),
            f"{times:.1f}× pass, {ours.excess(nothing, 'wall') * 1000:+.0f} ms over a diff of nothing",
            "",
        ),
    ]


_NAME = prompt_name(500)


def release_rows(bench: Bench) -> list[Row]:
    """Commands on 20,000 versions, without and with 200,000 other tags, beside plain git."""
    rows = []
    for unrelated in (0, UNRELATED):
        place = make_repository(bench.folder / f"releases-{unrelated}", unrelated=unrelated)
        rows += _release_rows(bench, place, f"{unrelated:,} other tags")
    return rows


def _release_rows(bench: Bench, place: Path, where: str) -> list[Row]:
    blob = f"refs/tags/prompts/{_NAME}@v7:prompts/{_NAME}.yaml"
    who = {f"GIT_COMMITTER_{key}": value for key, value in _IDENTITY.items()}
    pairs = {
        f"show {_NAME}@v7 --raw": ("git", "cat-file", "blob", blob),
        f"log {_NAME}": ("git", "for-each-ref", f"refs/tags/prompts/{_NAME}@*"),
        "list": ("git", "for-each-ref", "refs/tags/prompts/"),
        "status": ("git", "status", "--porcelain"),
        f"publish {_NAME} --dry-run": ("git", "var", "GIT_COMMITTER_IDENT"),
    }
    candidates = [_pass(bench)]
    for name, git in pairs.items():
        candidates.append(bench.candidate(f"git {name}", *git, cwd=place, **who))
        candidates.append(bench.promptctl(name, *name.split(), cwd=place, **who))
    cold = bench.promptctl("cold", "list", cwd=place, XDG_CACHE_HOME="/dev/null")
    series = measure([*candidates, cold], max(3, bench.rounds // 3))
    times = series["cold"].ratio(series["pass"])
    what = f"`promptctl list` without a cache, {where}"
    rows = [Row(what, _ms(series["cold"]), f"{times:.1f}× pass", "")]
    for name, git in pairs.items():
        ours, plain = series[name], series[f"git {name}"]
        times = ours.ratio(series["pass"])
        rows.append(
            Row(
                f"`promptctl {name}`, {where}",
                _ms(ours),
                f"{times:.1f}× pass; `git {git[1]}` {_ms(plain)}",
                _RELEASE_GOALS.get(name.split()[0], ""),
            )
        )
    return [*rows, _publish_row(bench, place, where)]


def _publish_row(bench: Bench, place: Path, where: str) -> Row:
    """A publish for real: each needs a commit of its own."""
    who = {f"GIT_COMMITTER_{key}": value for key, value in _IDENTITY.items()}
    who |= {f"GIT_AUTHOR_{key}": value for key, value in _IDENTITY.items()}
    path = place / f"prompts/{_NAME}.yaml"
    taken = []
    for turn in range(max(3, bench.rounds // 5)):
        path.write_text(path.read_text().replace("Greet", f"Greet{turn}", 1))
        commit = bench.candidate("commit", "git", "commit", "-qam", "Edit", cwd=place, **who)
        subprocess.run(commit.argv, cwd=place, env=commit.env, check=True)
        publish = bench.promptctl("publish", "publish", _NAME, "--no-push", cwd=place, **who)
        tag = bench.candidate("tag", "git", "tag", "-am", "x", f"x/{turn}", cwd=place, **who)
        taken.append((run_once(publish), run_once(tag)))
    ours, plain = (Series(publish, tuple(pair[index] for pair in taken)) for index in (0, 1))
    return Row(f"`promptctl publish {_NAME}`, {where}", _ms(ours), f"`git tag -a` {_ms(plain)}", "")


_IDENTITY = {"NAME": "Ada Lovelace", "EMAIL": "ada@example.com"}
_RELEASE_GOALS = {"show": "≤ 7× pass", "log": "≤ 7× pass", "list": "≤ 150 ms, 650 with 200,000"}


def _per_token(short: Series, long: Series) -> str:
    return f"{long.excess(short, 'wall') / (LONG - SHORT) * 1e6:.0f} µs"


def _ms(series: Series, figure: str = "wall") -> str:
    return f"{series.median(figure) * 1000:.1f} ms"


def _heavy(series: Series) -> str:
    return f"{series.median('wall'):.2f} s, {series.median('peak_mib'):.0f} MiB"


@contextmanager
def _stream_server() -> Iterator[int]:
    script = str(Path(__file__).with_name("stream_server.py"))
    with subprocess.Popen([sys.executable, script], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        try:
            yield int(process.stdout.readline())
        finally:
            process.terminate()


def all_rows(installed: Installed, *, quick: bool) -> list[Row]:
    """Every measurement: a few minutes, or with `quick` a good one."""
    with tempfile.TemporaryDirectory(prefix="promptctl-bench-") as name:
        bench = Bench(installed, Path(name), rounds=5 if quick else 25)
        rows = startup_rows(bench) + stream_rows(bench) + validation_rows(bench, 1_000)
        rows += [] if quick else validation_rows(bench, 10_000)
        # Last: making its repositories swells this process, and a child's peak begins at its parent's.
        rows += diff_rows(bench, 1_000 if quick else 10_000)
        return rows + release_rows(bench)
