"""Signatures of the labels that demand them, by the settings and the signers of the default branch."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from promptctl.core.audit import Problem
from promptctl.core.record import MAX_RECORD, Record
from promptctl.core.release import PromptRecords
from promptctl.operations.repository import OpenRepository
from promptctl.operations.trusted import Trusted, read_signers
from promptctl.repo.inspection import is_signature_valid, read_tags


def check_signatures(
    repository: OpenRepository, prompts: Sequence[PromptRecords], trusted: Trusted
) -> Iterator[Problem]:
    """Records of such labels without a good signature. One that is no longer in force is a warning:
    it may be older than the demand."""
    demanding = {name: label for name, label in trusted.settings.labels.items() if label.signed}
    for name, label in demanding.items():
        signers = None
        if label.allowed_signers is not None:
            signers = read_signers(repository, trusted, label.allowed_signers)
            if signers is None:
                yield Problem(
                    "signers-missing",
                    "",
                    f"{name} demands signatures, and the default branch has no {label.allowed_signers}",
                    f"commit {label.allowed_signers} there",
                )
                continue
        for records in prompts:
            yield from _check_moves(repository, records.moves.get(name, ()), name, signers)


def _check_moves(
    repository: OpenRepository, moves: Sequence[Record], label: str, signers: bytes | None
) -> Iterator[Problem]:
    git, prefix = repository.history_at_top.git, repository.settings.tag_prefix
    contents = read_tags(git, [move.oid for move in moves], MAX_RECORD) if moves else ()
    for move, content in zip(moves, contents, strict=True):
        tag, is_old = f"{prefix}{move.tag}", move is not moves[-1]
        if not move.is_signed:
            message = f"{label} demands a signature, and it has none"
            # What is history stays unsigned; where the label is now it can be put again, signed.
            again = None if is_old else _sign_line(move, label)
            yield Problem("signature-missing", tag, message, again, is_old)
        elif not is_signature_valid(git, move.oid, content, signers):
            message = f"its signature is not that of an allowed signer of {label}"
            yield Problem(
                "signature-invalid", tag, message, f"git verify-tag refs/tags/{tag}", is_old
            )


def _sign_line(move: Record, label: str) -> str:
    if move.version is None:
        return f"sign the next move: promptctl publish {move.name} --label {label} --sign"
    return f"promptctl label {move.name}@{move.version} {label} --sign"
