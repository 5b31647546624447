"""Labels that nobody ever used: a new one, or a known one with a slip in it."""

from __future__ import annotations

from promptctl.core.fast_dataclass import dataclass
from promptctl.core.nearest import nearest_word
from promptctl.core.release import DEFAULT_LABEL
from promptctl.errors import Refused
from promptctl.operations.releasing import Desk, ReleaseOptions


@dataclass(frozen=True, slots=True)
class NewLabel:
    """A label that no prompt ever had and no settings declare."""

    name: str
    near: str | None
    """A known one that may have been meant."""

    def refused(self) -> Refused:
        """What is said to whoever cannot be asked whether a label that looks like a slip is meant."""
        return Refused(
            f"no prompt ever had a label {self.name}",
            f"did you mean `{self.near}`? For a new one: --new-label, or declare it under `labels:` in"
            " promptctl.yaml",
        )


def find_new_label(desk: Desk, label: str) -> NewLabel | None:
    """The label, if it is a new one. The remote is asked for all labels before one is taken for a slip."""
    declared = {DEFAULT_LABEL, *desk.settings.labels, *desk.repository.settings.labels}
    if label in declared:
        return None
    known = declared | _recorded(desk)
    near = nearest_word(label, known - {label})
    if label not in known and near is not None and desk.remote is not None:
        desk.remote.fetch(None)
        known |= _recorded(desk)
    return None if label in known else NewLabel(label, near)


def _recorded(desk: Desk) -> set[str]:
    places = [desk.releases] if desk.remote is None else [desk.releases, desk.remote.releases]
    return {ref.tag.label for place in places for ref in place.list_tags() if ref.tag.label}


def check_label_meant(desk: Desk, options: ReleaseOptions) -> None:
    """Raises Refused for a new label that looks like a slip, unless a new one is wanted."""
    found = None if options.new_label else find_new_label(desk, options.label)
    if found is not None and found.near is not None:
        raise found.refused()
