"""Rules about the order of roles in a conversation."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise

from promptctl.core.check_model import ASSISTANT
from promptctl.core.check_subject import Subject
from promptctl.core.finding import Finding
from promptctl.core.schema_words import shown

_INSTRUCTIONS = ("system", "developer")
_MOVES_SYSTEM = ("anthropic",)
"""Providers whose requests hold all instructions before the conversation."""


def check_roles(subject: Subject) -> Iterator[Finding]:
    """Findings about the roles of a prompt's messages."""
    is_moved, is_strict = subject.value("provider") in _MOVES_SYSTEM, subject.wants("role-repeated")
    if not (is_moved or is_strict or "developer" in subject.document.text):
        return  # as nearly always
    roles = [
        (index, role)
        for index, message in subject.items("messages")
        if isinstance(message, (dict, Mapping)) and isinstance(role := message.get("role"), str)
    ]
    yield from _check_mixed(subject, roles)
    if is_moved:
        yield from _check_order(subject, roles)
    if is_strict:
        yield from _check_repeated(subject, roles)


def _check_mixed(subject: Subject, roles: list[tuple[int, str]]) -> Iterator[Finding]:
    first: str | None = None
    for index, role in roles:
        if role not in _INSTRUCTIONS:
            continue
        first = first or role
        if role != first:
            message = f"{shown(role)} beside {shown(first)}: two names of one role"
            hint = f"role: {first}"
            yield subject.found("role-mixed", ("messages", index, "role"), message, hint)
            return


def _check_order(subject: Subject, roles: list[tuple[int, str]]) -> Iterator[Finding]:
    begun = False
    for index, role in roles:
        begun = begun or role not in _INSTRUCTIONS
        if begun and role in _INSTRUCTIONS:
            message = f"{subject.value('provider')} gets this before the whole conversation"
            hint = "move it up, or make it a user message"
            yield subject.found("role-order", ("messages", index, "role"), message, hint)
            return


def _check_repeated(subject: Subject, roles: list[tuple[int, str]]) -> Iterator[Finding]:
    turns = [(index, "assistant" if role in ASSISTANT else role) for index, role in roles]
    for (_, before), (index, role) in pairwise(turns):
        if role == before and role in ("user", "assistant"):
            message = f"a second message of role {shown(role)} in a row"
            hint = "join the two: some providers do, others take it as two turns"
            yield subject.found("role-repeated", ("messages", index, "role"), message, hint)
            return
