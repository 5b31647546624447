"""A diff for programs; schemas/diff-output.schema.json describes the form."""

from __future__ import annotations

from collections.abc import Sequence

from promptctl.core.change import Change
from promptctl.core.diff import Diff, PromptDiff, RenderedChange, Side
from promptctl.core.json_data import Json
from promptctl.core.word_diff import Edit
from promptctl.output.changes.wording import acceptance, fingerprint_of
from promptctl.output.json_text import json_line


def diff_json(diff: Diff) -> str:
    """The whole value as one JSON object on one line."""
    return json_line(
        {
            "schema": "promptctl.diff/1",
            "old": diff.old,
            "new": diff.new,
            "effect": None if diff.effect is None else diff.effect.value,
            "missing_tags": diff.missing_tags,
            "prompts": [_prompt(prompt) for prompt in diff.prompts],
        }
    )


def _prompt(prompt: PromptDiff) -> Json:
    return {
        "name": prompt.name,
        "status": prompt.status,
        "effect": None if prompt.problem is not None else prompt.effect.value,
        "old": _side(prompt.old),
        "new": _side(prompt.new),
        "changes": [_change(prompt, change) for change in prompt.changes],
        "rendered": [_rendered(change) for change in prompt.rendered],
        "unrendered": list(prompt.unrendered),
        "problem": prompt.problem,
    }


def _side(side: Side | None) -> Json:
    if side is None:
        return None
    return {
        "name": side.name,
        "path": side.path,
        "shown": side.shown,
        "commit": side.commit,
        "version": side.version,
    }


def change_object(change: Change) -> dict[str, Json]:
    """One change as every JSON output says it."""
    return {
        "rule": change.rule,
        "effect": change.effect.value,
        "path": list(change.path),
        "message": change.message,
        "old": change.old,
        "new": change.new,
    }


def _change(prompt: PromptDiff, change: Change) -> Json:
    accepted = acceptance(prompt, change)
    return {
        **change_object(change),
        "edits": _edits(change.edits),
        "fingerprint": fingerprint_of(prompt, change),
        "accepted": None
        if accepted is None
        else {"reason": accepted.reason, "proposed": accepted.is_proposed},
    }


def _rendered(change: RenderedChange) -> Json:
    return {
        "example": change.example,
        "message": change.message,
        "role": change.role,
        "edits": _edits(change.edits),
    }


def _edits(edits: Sequence[Edit]) -> Json:
    return [{"kind": edit.kind, "text": edit.text} for edit in edits]
