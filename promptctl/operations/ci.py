"""ci: what a change does to prompts, to their callers and to the rules, read from two commits alone.

The working tree is not looked at, no hook, filter or driver runs, and nothing is written; only who allows
`fetch` has objects brought from the remote.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

from promptctl.core.accepted import accepted_changes, fingerprint
from promptctl.core.change import Change, Effect
from promptctl.core.checks import apply_severities
from promptctl.core.ci_runner import Runner
from promptctl.core.diff import Diff, PromptDiff
from promptctl.core.document import Document, parse_document
from promptctl.core.fast_dataclass import dataclass
from promptctl.core.finding import Location, sort_findings
from promptctl.core.release import DEFAULT_LABEL
from promptctl.core.review import BASE, Break, LabelCheck, Planned, Review
from promptctl.core.rules import severities_in_force
from promptctl.errors import NotARepository, PromptctlError
from promptctl.operations.ci_base import Base, find_base, remote_to_ask
from promptctl.operations.ci_changes import (
    Changed,
    End,
    added_ignores,
    changed_prompts,
    findings_at,
)
from promptctl.operations.ci_releases import (
    Known,
    check_labels,
    known_records,
    names_of,
    plan_versions,
)
from promptctl.operations.ci_settings import (
    SettingsAt,
    rule_edits,
    settings_at,
    settings_findings,
    with_settings,
)
from promptctl.operations.diff_states import commit_state
from promptctl.operations.repository import OpenRepository
from promptctl.settings import SETTINGS_FILE, Settings


@dataclass(frozen=True, slots=True)
class _Ends:
    """Both ends of the change, and the settings that count."""

    base: End
    head: End
    rules: Settings
    proposed: Settings
    """Those of HEAD."""


def review_change(
    repository: OpenRepository,
    runner: Runner,
    *,
    base: str | None = None,
    fetch: bool = False,
) -> Review:
    """What HEAD changes against the base, with the rules of the base.

    Raises RevisionNotFound where the base is not known, with the git command that helps, and
    RemoteUnreachable where it had to be fetched and could not be.
    """
    if repository.settings.git_top is None:
        raise NotARepository(f"{repository.settings.root} is in no git repository", "git init")
    asked = remote_to_ask(repository) if fetch else None
    found = find_base(repository, base, runner, asked)
    commit = repository.history.resolve_commit("HEAD")
    rules_at = settings_at(repository, found.rules_commit, found.rules_commit[:7])
    head_at = settings_at(repository, commit, "HEAD", rules_at.settings)
    ends = _ends(repository, found, commit, rules_at, head_at)
    changed = list(changed_prompts(ends.base, ends.head))
    known = known_records(
        with_settings(repository, rules_at.settings), names_of(changed, ends.head), asked
    )
    diffs = tuple(_with_accepted(one.diff, one.diff.name, ends) for one in changed)
    labels = tuple(_accepting(check_labels(known, changed, ends.head), ends))
    breaks = tuple(_breaks(changed, diffs, labels, known))
    findings, checked = findings_at(ends.base, ends.head, changed, ends.rules)
    findings += settings_findings(head_at)
    severities = severities_in_force(ends.rules.rule_group, ends.rules.rules)
    return Review(
        found.shown,
        found.commit,
        found.rules_commit,
        commit,
        Diff(found.shown, f"{commit[:7]} (HEAD)", diffs),
        tuple(sort_findings(apply_severities(findings, severities))),
        checked,
        breaks,
        labels,
        tuple(_planned(plan_versions(known, changed, ends.head), breaks, changed)),
        (*rule_edits(ends.rules, ends.proposed), *added_ignores(changed)),
        tuple(_notes(found, rules_at, known, () if runner.is_ci else _uncommitted(ends.head))),
    )


def _ends(
    repository: OpenRepository, base: Base, head: str, rules_at: SettingsAt, head_at: SettingsAt
) -> _Ends:
    # The older prompts stand where the settings of their own commit say.
    is_tip = base.commit == base.rules_commit
    old = rules_at if is_tip else settings_at(repository, base.commit, base.commit[:7])
    older, newer = (with_settings(repository, at.settings) for at in (old, head_at))
    return _Ends(
        End(older, commit_state(older, base.commit, base.commit[:7])),
        End(newer, commit_state(newer, head, "HEAD")),
        rules_at.settings,
        head_at.settings,
    )


def _uncommitted(head: End) -> Collection[str]:
    """The files of prompts whose text on disk is another than that of HEAD."""
    if head.repository.settings.is_bare:
        return ()
    commit = head.state.commit
    assert commit is not None
    return head.repository.history.changed_paths(commit, [f"{head.folder}/"])


def _notes(
    base: Base, rules_at: SettingsAt, known: Known, uncommitted: Collection[str]
) -> Iterator[str]:
    if base.note is not None:
        yield base.note
    if rules_at.problem is not None:
        yield f"{SETTINGS_FILE} of the base cannot be used, so the default rules hold: {rules_at.problem}"
    if known.note is not None:
        yield known.note
    if uncommitted:
        first = min(uncommitted)
        more = f" and {len(uncommitted) - 1} more" if len(uncommitted) > 1 else ""
        yield f"HEAD is looked at, and what is not committed is no part of it: {first}{more}"


def head_lines(repository: OpenRepository) -> Callable[[str], Sequence[str] | None]:
    """Reads the lines of a file at HEAD, by its path below the root, to show beside findings."""

    def read_lines(path: str) -> Sequence[str] | None:
        try:
            commit = repository.history.resolve_commit("HEAD")
            content = repository.history.read_file(commit, path)
        except PromptctlError:
            return None
        text = content.decode("utf-8", "replace")
        return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")

    return read_lines


# --- breaks ------------------------------------------------------------------------------------------


def _with_accepted(diff: PromptDiff, name: str, ends: _Ends) -> PromptDiff:
    trusted, proposed = ends.rules.accepted_breaks, ends.proposed.accepted_breaks
    accepted = tuple(accepted_changes(name, diff.changes, trusted, proposed))
    return PromptDiff(diff.old, diff.new, diff.changes, accepted, problem=diff.problem)


def _accepting(checks: Iterable[LabelCheck], ends: _Ends) -> Iterator[LabelCheck]:
    for check in checks:
        diff = None if check.diff is None else _with_accepted(check.diff, check.prompt, ends)
        yield LabelCheck(check.prompt, check.label, check.version, diff)


def _breaks(
    changed: Sequence[Changed],
    diffs: Sequence[PromptDiff],
    labels: Sequence[LabelCheck],
    known: Known,
) -> Iterator[Break]:
    """Each breaking change once, with the base and the labels whose callers it breaks."""
    for one, diff in zip(changed, diffs, strict=True):
        name = one.pair.name
        own = [check for check in labels if check.prompt == name]
        against: dict[str, list[str]] = {}
        found: dict[str, tuple[Change, PromptDiff]] = {}
        for what, other in [(BASE, diff), *((c.label, c.diff) for c in own if c.diff is not None)]:
            for change in other.changes:
                if change.effect is Effect.BREAKING:
                    digest = fingerprint(name, change)
                    against.setdefault(digest, []).append(what)
                    found.setdefault(digest, (change, other))
        live = _what_is_live(one, own, known)
        document = _document(one) if found else None
        for digest, (change, other) in found.items():
            accepted = next((a for a in other.accepted if a.fingerprint == digest), None)
            place = _place(one, document, change)
            is_live = live in against[digest]
            yield Break(name, change, digest, tuple(against[digest]), accepted, place, is_live)


def _what_is_live(one: Changed, checks: Sequence[LabelCheck], known: Known) -> str | None:
    """What callers of a prompt get now: what `published` holds.

    That is the base where no prompt is released at all, or where it is not known whether this one is.
    """
    if any(check.label == DEFAULT_LABEL for check in checks):
        return DEFAULT_LABEL
    is_known = known.is_whole or any(known.of(name).taken for name in one.pair.names)
    return BASE if known.is_empty or not is_known else None


def _document(one: Changed) -> Document | None:
    placed = one.pair.new
    if placed is None or placed.source is None:
        return None
    return parse_document(placed.source.content, placed.side.path).document


def _place(one: Changed, document: Document | None, change: Change) -> Location:
    """Where a change is shown: in the prompt file at HEAD, or the file as a whole."""
    if document is not None:
        return document.location(change.path, key=bool(change.path))
    placed = one.pair.new or one.pair.old
    assert placed is not None
    return Location(placed.side.path)


def _planned(
    plan: Iterable[Planned], breaks: Sequence[Break], changed: Sequence[Changed]
) -> Iterator[Planned]:
    """The plan, with what publish would refuse: it knows the breaks that are accepted after the merge.

    It goes by the settings: of a renaming that these do not tell it makes a new prompt.
    """
    refused = {
        one.prompt for one in breaks if one.accepted is None and DEFAULT_LABEL in one.against
    }
    unknown = {
        one.pair.name: one.pair.names[-1] for one in changed if one.pair.renamed == "undeclared"
    }
    for one in plan:
        if one.version == 1 and one.prompt in unknown:
            note = f"as a new prompt: `renamed` does not say that it was {unknown[one.prompt]}"
            yield Planned(one.prompt, one.version, note)
        elif one.version is not None and one.prompt in refused:
            note = f"publish refuses it, as it breaks callers of {DEFAULT_LABEL}"
            yield Planned(one.prompt, one.version, note)
        else:
            yield one
