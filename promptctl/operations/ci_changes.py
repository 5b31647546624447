"""What changed between two commits, prompt by prompt, and what is wrong with it at the newer one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from promptctl.core.check_names import check_names
from promptctl.core.closure import ReadFile
from promptctl.core.diff import PromptDiff
from promptctl.core.document import parse_document
from promptctl.core.fast_dataclass import dataclass
from promptctl.core.finding import Finding, Location
from promptctl.core.prompt import Prompt
from promptctl.core.reference import has_wrong_extension
from promptctl.core.review import RuleEdit
from promptctl.core.rules import rules_off, severities_in_force
from promptctl.operations.check_files import file_checker
from promptctl.operations.diff_pair import Unreadable, compare_pair, read_placed
from promptctl.operations.diff_sources import Pair, Placed, with_renames
from promptctl.operations.diff_states import State, differing, names_in, placed_in
from promptctl.operations.repository import OpenRepository
from promptctl.repo.history import CommitReader
from promptctl.repo.tree_changes import changes_between
from promptctl.repo.worktree import PromptFile, prompt_files
from promptctl.settings import Settings


@dataclass(frozen=True, slots=True)
class End:
    """One end of a change: the repository as its promptctl.yaml has it there, and the state."""

    repository: OpenRepository
    state: State

    @property
    def folder(self) -> str:
        """The prompts folder there."""
        return self.repository.settings.prompts_dir


@dataclass(frozen=True, slots=True)
class Changed:
    """One prompt that differs, parsed on both sides."""

    pair: Pair
    diff: PromptDiff
    read: Prompt | Unreadable | None
    """What was read at HEAD; None if it is gone."""

    @property
    def prompt(self) -> Prompt | None:
        """The prompt at HEAD; None if it is gone, or is none."""
        return self.read if isinstance(self.read, Prompt) else None


def changed_prompts(base: End, head: End) -> Iterator[Changed]:
    """The prompts that differ, in themselves or in what they include; those that were renamed joined."""
    pairs = with_renames(_pairs(base, head), lambda: head.repository.settings.renamed)
    for pair in sorted(pairs, key=lambda pair: pair.name):
        old, new = read_placed(pair.old, base.folder), read_placed(pair.new, head.folder)
        found = compare_pair(pair, old, new)
        if found is not None:
            yield Changed(pair, found, new)


def _pairs(base: End, head: End) -> Iterator[Pair]:
    if base.folder == head.folder:
        names = differing(head.repository, base.state, head.state)
    else:
        states = (base, head)
        names = frozenset(name for end in states for name in names_in(end.repository, end.state))
    for name in names:
        pair = Pair(
            placed_in(base.repository, base.state, name),
            placed_in(head.repository, head.state, name),
        )
        if pair.old is not None or pair.new is not None:
            yield pair


def added_ignores(changed: Iterable[Changed]) -> Iterator[RuleEdit]:
    """The comments that newly switch a rule off for a line: each edits the rules, for one place."""
    for one in changed:
        before = Counter(rule for rule, _ in _ignore_words(one.pair.old))
        for rule, place in _ignore_words(one.pair.new):
            before[rule] -= 1
            if before[rule] < 0:
                yield RuleEdit(f"{place.path}:{place.line}", None, f"ignore[{rule}]")


def _ignore_words(placed: Placed | None) -> list[tuple[str, Location]]:
    if placed is None or placed.source is None:
        return []
    document = parse_document(placed.source.content, placed.side.path).document
    return [] if document is None else list(document.ignore_words())


# --- findings ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _CommitFolder:
    """The prompts folder of a commit."""

    prompts_dir: str
    read_file: ReadFile

    def read_path(self, path: str) -> bytes:
        """The bytes of a file by its path below the root."""
        return self.read_file(path[len(self.prompts_dir) + 1 :])


def findings_at(
    base: End, head: End, changed: Sequence[Changed], rules: Settings
) -> tuple[list[Finding], int]:
    """What is wrong at HEAD with the prompts that differ, and with files that came; how many prompts
    were looked at. Rules that `rules` switch off are not checked, but severities are the rules' own."""
    files = _files_of(head)
    wanted = _changed_paths(base, head)
    wanted |= {one.pair.new.side.path for one in changed if one.pair.new is not None}
    findings = [one for one in check_names(files) if one.location.path in wanted]
    chosen = [f for f in files if f.path in wanted and not has_wrong_extension(f.path)]
    severities = severities_in_force(rules.rule_group, rules.rules)
    folder = _CommitFolder(head.folder, head.state.read)
    check = file_checker(folder, rules_off(severities))
    for file in chosen:
        findings += check(file.path)
    return findings, len(chosen)


def _files_of(head: End) -> list[PromptFile]:
    assert isinstance(head.state.read, CommitReader)
    return list(prompt_files(iter(head.state.read.paths()), head.folder))


def _changed_paths(base: End, head: End) -> set[str]:
    git = head.repository.history.git
    assert base.state.commit is not None
    assert head.state.commit is not None
    changes = changes_between(git, base.state.commit, head.state.commit, head.folder)
    return {change.path for change in changes if change.new is not None}
