"""validate --fix: what can safely be mended is mended in the files, before they are checked."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from promptctl.core.checks import check_source
from promptctl.core.fast_dataclass import dataclass
from promptctl.core.fix import fix_source
from promptctl.core.rules import RULES, rules_off, severities_in_force
from promptctl.errors import PromptctlError
from promptctl.files import replace_file_below
from promptctl.operations.check_files import Progress
from promptctl.operations.repository import OpenRepository
from promptctl.operations.validate import Report, Selection, validate
from promptctl.repo.schemas import read_schema_text
from promptctl.repo.worktree import MAX_PROMPT_FILE


@dataclass(frozen=True, slots=True)
class Fixed:
    """What was mended: the files, by their paths below the root, and how many places."""

    files: tuple[str, ...]
    count: int

    @property
    def in_words(self) -> str:
        """How much was mended."""
        if not self.count:
            return "nothing to fix"
        places = "1 place" if self.count == 1 else f"{self.count} places"
        files = "1 file" if len(self.files) == 1 else f"{len(self.files)} files"
        return f"fixed {places} in {files}"


def validate_fixed(
    repository: OpenRepository,
    selection: Selection,
    *,
    jobs: int | None = None,
    progress: Progress | None = None,
    remember: bool = True,
) -> Report:
    """What validate finds once all that can safely be mended is mended. Raises as both do."""
    report = validate(repository, selection, jobs=jobs, progress=progress, remember=remember)
    fixed = fix_files(repository, report)
    if fixed.files:
        report = validate(repository, selection, jobs=jobs, remember=remember)
    return replace(report, fixed=fixed.in_words)


def fix_files(repository: OpenRepository, report: Report) -> Fixed:
    """Mend the files that a report has something to mend in.

    A file of which a check would find anything new afterwards stays as it is. Raises Refused where
    somebody changes a file meanwhile, and LocalIOError.
    """
    settings = repository.settings
    off = rules_off(severities_in_force(settings.rule_group, settings.rules))
    looked_at = frozenset(report.files)
    wanted = {
        finding.location.path: None
        for finding in report.findings
        if RULES[finding.rule].fixable and finding.location.path in looked_at
    }
    counts = {path: _fix_file(repository, path, off) for path in wanted}
    mended = tuple(path for path, count in counts.items() if count)
    return Fixed(mended, sum(counts.values()))


def _fix_file(repository: OpenRepository, path: str, off: frozenset[str]) -> int:
    try:
        content = repository.worktree.read_path(path)
    except PromptctlError:
        return 0  # a finding says so
    if len(content) > MAX_PROMPT_FILE:
        return 0
    fixed = fix_source(content, path, off)
    if not fixed.rules:
        return 0
    before = _rules_found(repository, content, path, off)
    if _rules_found(repository, fixed.content, path, off) - before:
        return 0
    replace_file_below(repository.settings.root, path, content, fixed.content)
    return len(fixed.rules)


def _rules_found(
    repository: OpenRepository, content: bytes, path: str, off: frozenset[str]
) -> Counter[str]:
    worktree, schema_text = repository.worktree, read_schema_text("prompt")
    folder, read = worktree.prompts_dir, worktree.read_file
    findings = check_source(content, path, read, schema_text, folder=folder, off=off)
    return Counter(finding.rule for finding in findings)
