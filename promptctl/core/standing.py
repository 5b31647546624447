"""Where prompts stand: the working tree against HEAD, HEAD against the latest version, here against there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Literal

from promptctl.core.fast_dataclass import dataclass

TreeState = Literal["clean", "modified", "untracked", "deleted"]
"""What the working tree holds, compared with HEAD."""
VersionState = Literal["current", "unpublished", "new", "gone"]
"""What HEAD holds, compared with the latest version: the same, something else, there is no version,
there is no file."""
Drift = Literal["unpublished", "file_gone"]


@dataclass(frozen=True, slots=True)
class Standing:
    """Where one prompt stands."""

    name: str
    path: str
    """Its file, below the root of the repository, also where it is gone."""
    tree: TreeState | None
    """None in a bare repository, which has no working tree."""
    state: VersionState
    latest: int | None = None
    labels: Mapping[str, int] = field(default_factory=dict)
    """Label -> the version that it names now; a retired label is not among them."""
    renamed_to: str | None = None
    """What it is called in the working tree, where HEAD still has it under this name."""

    renamed_from: str | None = None
    """What HEAD calls it still, where the working tree has it under this name."""
    looks_renamed_to: str | None = None
    """The prompt that has its text now, where its file is gone and no setting says that it was renamed."""
    older_than: str | None = None
    """The commit of the latest version, where HEAD does not come after it."""
    rolled_back: Mapping[str, int] = field(default_factory=dict)
    """Each label that a rollback moved last -> the version that it named before."""
    former_labels: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    """Old names that go on serving versions of their own -> what their labels name."""

    @property
    def drift(self) -> Drift | None:
        """What is not as callers of the labels see it."""
        if self.renamed_to is not None:
            return None
        if self.labels and (self.state == "gone" or self.tree == "deleted"):
            return "file_gone"
        return "unpublished" if self.state == "unpublished" else None


@dataclass(frozen=True, slots=True)
class RemoteStanding:
    """Tags in our name space that are not the same here and at the remote, by their whole names."""

    name: str
    only_here: tuple[str, ...] = ()
    only_there: tuple[str, ...] = ()
    moved: tuple[str, ...] = ()
    """Another object there than here, or than there was when it was first seen."""
    gone: tuple[str, ...] = ()
    """Once seen there, and no longer there."""
    prefix: str = ""
    """What the names of all of them begin with."""

    @property
    def differs(self) -> bool:
        """Whether anything is not the same."""
        return bool(self.only_here or self.only_there or self.moved or self.gone)


@dataclass(frozen=True, slots=True)
class Resolution:
    """What a reference leads to, step by step."""

    reference: str
    name: str
    commit: str
    path: str
    """The prompt's file at the commit, from the top of the git repository."""
    blob: str
    content: str | None
    """The digest of all that the prompt is made of; None where its file does not read."""
    version: int | None = None
    version_ref: str | None = None
    label: str | None = None
    record_ref: str | None = None
    """The move of the label that is in force."""
    branch_ref: str | None = None
    """A branch by the name of the label, which is not what the reference means."""
