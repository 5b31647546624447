"""What every rendering of a review says in the same words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from promptctl.core.change import Effect
from promptctl.core.diff import UNDECLARED, PromptDiff
from promptctl.core.rename_text import as_yaml
from promptctl.core.review import BASE, Break, Failure, LabelCheck, Planned, Review, RuleEdit
from promptctl.output.changes.wording import acceptance_words, effect_word

NOT_SET = "not set"
EDITS_HEADING = "This change edits the rules of its own review"
EDITS_NOTE = "Those of the base counted, but a break that is accepted here counts as accepted."
ACCEPT = "To accept what breaks callers"
KEEP_NAMES = "To keep old names answering"


def verdict(failures: Sequence[Failure]) -> str:
    """`may merge`, or that it may not."""
    return "may not merge" if failures else "may merge"


def edit_words(edit: RuleEdit) -> tuple[str, str, str]:
    """The setting, and what it was and is."""
    return edit.setting, edit.old or NOT_SET, edit.new or NOT_SET


def asked_by(check: LabelCheck) -> str:
    """The name that callers of the label ask by: the one that the prompt was released under."""
    old = None if check.diff is None else check.diff.old
    return check.prompt if old is None else old.name


def check_word(check: LabelCheck) -> str:
    """What HEAD means for callers of the label: an effect, or that nothing changes."""
    if check.diff is None:
        return "no change"
    if check.diff.status == "removed":
        end = f"promptctl label --delete {check.prompt} {check.label}"
        return f"goes on answering until somebody ends that: `{end}`"
    return effect_word(check.diff)


def planned_words(planned: Planned) -> str:
    """What publishing makes of one prompt; the name stands in backticks."""
    name = f"`{planned.prompt}`"
    if planned.version is None:
        return f"{name}: nothing, {planned.note}"
    note = f", but {planned.note}" if planned.note else ""
    return f"{name} v{planned.version}{note}"


def against_words(one: Break) -> str:
    """`the base, published`: whose callers a change breaks."""
    return ", ".join(one.against)


def accepted_words(one: Break) -> str:
    """Whether and how the break is accepted."""
    if one.accepted is not None:
        return acceptance_words(one.accepted)
    return "not accepted" if one.is_live else "not accepted, and not published"


def only_at_labels(review: Review) -> list[Break]:
    """Breaks that the diff against the base does not show."""
    return [one for one in review.breaks if BASE not in one.against]


def to_accept(review: Review) -> list[Break]:
    """Breaks that somebody has to accept, or to avoid; a renaming is declared instead."""
    return [one for one in _open_breaks(review) if one.change.rule != UNDECLARED]


def to_declare(review: Review) -> list[Break]:
    """Renamings that the settings do not know, so that the old name would not go on answering."""
    return [one for one in _open_breaks(review) if one.change.rule == UNDECLARED]


def _open_breaks(review: Review) -> list[Break]:
    return [one for one in review.breaks if one.accepted is None and one.is_live]


def renaming_lines(breaks: Iterable[Break]) -> Iterator[str]:
    """What `promptctl.yaml` says so that old names go on answering."""
    yield "renamed:"
    for one in breaks:
        yield f"  {as_yaml(str(one.change.old))}: {as_yaml(str(one.change.new))}"


def acceptance_lines(breaks: Iterable[Break]) -> Iterator[str]:
    """What `promptctl.yaml` says to accept these breaks."""
    yield "accepted_breaks:"
    for one in breaks:
        yield f"  - prompt: {as_yaml(one.prompt)}"
        yield f"    fingerprint: {as_yaml(one.fingerprint)}"
        yield "    reason: WHY"


def is_worth_a_row(diff: PromptDiff | None) -> bool:
    """Whether callers of a label, or the model, see anything change."""
    return diff is not None and (diff.problem is not None or diff.effect is not Effect.COSMETIC)
