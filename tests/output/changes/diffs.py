"""Diffs made by hand: one of every kind, and one of any text that somebody may put into a prompt."""

from __future__ import annotations

import io
from dataclasses import replace

from promptctl.core.accepted import Accepted, fingerprint
from promptctl.core.change import Change, Effect
from promptctl.core.diff import Diff, PromptDiff, RenderedChange, Side
from promptctl.core.word_diff import Edit
from promptctl.output.terminal import Terminal

B, M, C, P = Effect.BREAKING, Effect.BEHAVIOUR, Effect.COMPATIBLE, Effect.COSMETIC


def terminal(width: int = 80, *, color: bool = False, tty: bool = True) -> Terminal:
    streams = [io.StringIO() for _ in range(3)]
    return Terminal(*streams, out_is_tty=tty, out_color=color, width=width)


def edits(*parts: str) -> tuple[Edit, ...]:
    """`-removed`, `+added`, and everything else as it is."""
    kinds = {"-": "removed", "+": "added"}
    return tuple(
        Edit(kinds[part[0]], part[1:]) if part[0] in kinds else Edit("same", part)  # type: ignore[arg-type]
        for part in parts
    )


def side(name: str, shown: str = "working tree", version: int | None = None) -> Side:
    commit = "0123456789abcdef0123456789abcdef01234567" if version else None
    return Side(name, f"prompts/{name}.yaml", shown, commit, version)


def prompt(name: str, *changes: Change, version: int = 3) -> PromptDiff:
    return PromptDiff(side(name, f"{name}@v{version}", version), side(name), changes)


LETTER = (
    "You draft answers for the support desk of Larkfield Books.\n"
    "\n"
    "How Larkfield Books sounds:\n"
    "- Plain words and short sentences. No exclamation marks in bad news.\n"
    "- Say what happens next, and when. "
)
TERMS = (
    "The customer reads this on a small screen, often on the way, and wants to know one thing: "
    "when the parcel comes. So begin with that. Everything that explains why it is late comes "
    "after it, in at most two sentences, and without blaming anybody. "
)


def greeting() -> PromptDiff:
    removed = Change(
        "variable-removed",
        B,
        ("variables", "tone"),
        "variable `tone` was removed",
        {"type": "string"},
    )
    narrowed = Change(
        "variable-enum-value-removed",
        B,
        ("variables", "language", "enum"),
        "variable `language`: `fr` is no longer allowed",
        ["en", "fr"],
        ["en"],
    )
    diff = prompt(
        "greeting",
        removed,
        narrowed,
        Change(
            "variable-added",
            C,
            ("variables", "nickname"),
            "variable `nickname` was added and has a default",
            None,
            {"type": "string", "default": ""},
        ),
        Change(
            "model-changed", M, ("model",), "`model` is `gpt-4o`, was …", "gpt-4o-mini", "gpt-4o"
        ),
        Change(
            "parameter-changed",
            M,
            ("parameters", "temperature"),
            "parameter `temperature` is `0.2`, was `0.7`",
            0.7,
            0.2,
        ),
        Change(
            "message-edited",
            M,
            ("messages", 1),
            "message 2 (`user`) was edited",
            "Greet {{ name }} in a {{ tone }} tone.",
            "Greet {{ name }} warmly.",
            edits("Greet {{ name }} ", "-in a {{ tone }} tone", "+warmly", "."),
        ),
    )
    accepted = Accepted(fingerprint("greeting", narrowed), "nobody asks for French any more")
    example = RenderedChange(
        "formal", 2, "user", edits("Greet Ada ", "-in a formal tone", "+warmly", ".")
    )
    problem = "example plain, older state: variable `tone` must be given"
    return replace(diff, accepted=(accepted,), rendered=(example,), unrendered=(problem,))


def reply() -> PromptDiff:
    text = edits(
        LETTER,
        "-Promise nothing that is not known",
        "+Never promise a date that the warehouse has not confirmed",
        ".\n- Sign as the shop.\n\n",
        TERMS,
        "-Never mention the",
        "+Name the",
        " carrier. ",
        TERMS,
        "\n\nOne.\n\nTwo.\n\nThree.\n\n日本語のお客様には、",
        "-丁寧に",
        "+とても丁寧な敬語で",
        "答えてください。配達の予定日を最初に書き、遅れた理由はその後に二文以内で説明してください。\n",
        "+Finish with one question.\n",
    )
    return prompt(
        "support/reply",
        Change("message-edited", M, ("messages", 0), "message 1 (`system`) was edited", edits=text),
        Change(
            "message-added",
            M,
            ("messages", 2),
            "message 3 (`user`) was added",
            None,
            "Answer in {{ language }}.\nUse no more than {{ limit }} words.",
        ),
        Change(
            "description-changed",
            P,
            ("description",),
            "the description changed",
            "Draft an answer.",
            "Draft an answer to a customer; a person reads it before it is sent.",
            edits("Draft an answer", "+ to a customer; a person reads it before it is sent", "."),
        ),
        version=12,
    )


VOICE = Change(
    "file-changed",
    M,
    ("files", "_partials/voice.md"),
    "file `_partials/voice.md` was edited",
    edits=edits("- Plain words and ", "-short sentences", "+sentences of ten words", ".\n"),
)


def every_kind() -> Diff:
    """One prompt of each status and effect."""
    added = Change("prompt-added", C, (), "the prompt was added")
    gone = Change("prompt-removed", B, (), "the prompt was removed; its callers get an error")
    accepted = Accepted(fingerprint("old/smoke", gone), "replaced by smoke-test")
    required = Change(
        "variable-now-required",
        B,
        ("variables", "team"),
        "variable `team` lost its default and must be given now",
        "growth",
    )
    proposed = Accepted(
        fingerprint("new-owner", required), "both callers pass it", is_proposed=True
    )
    metadata = Change(
        "metadata-changed", P, ("metadata",), "the metadata changed", {}, {"owner": "x"}
    )
    moved = Change("prompt-renamed", C, (), "the prompt was `welcome` before")
    return Diff(
        "published",
        "working tree",
        (
            PromptDiff(
                side("broken", "broken@v1", 1),
                side("broken"),
                (),
                problem="broken.yaml:3:1: `messages` is missing",
            ),
            PromptDiff(None, side("catalogue/blurb"), (added,)),
            greeting(),
            prompt("layout"),
            prompt("mail", VOICE),
            prompt("mail-short", VOICE),
            PromptDiff(
                side("new-owner", "new-owner@v2", 2), side("new-owner"), (required,), (proposed,)
            ),
            PromptDiff(side("old/smoke", "old/smoke@v2", 2), None, (gone,), (accepted,)),
            prompt("owner", metadata, version=1),
            reply(),
            PromptDiff(side("welcome", "welcome@v4", 4), side("welcome-back"), (moved,)),
        ),
    )


def hostile(text: str) -> Diff:
    """A diff in which every text that somebody else writes is this one."""
    moved = Change("model-changed", M, (text, 3), text, text, text + "x")
    broken = Change(
        "variable-removed", B, ("variables", text), f"variable `{text[:60]}` was removed"
    )
    said = Change("tool-added", B, ("tools", 0), text)
    edited = Change(
        "message-edited",
        M,
        ("messages", 0),
        f"message 1 (`{text}`) was edited",
        edits=edits(
            text or "x",
            f"-{text}",
            f"+{text} {text}",
            f"\n{text}\n{text}",
            f"-\n{text}",
            f"+{text}",
        ),
    )
    added = Change("message-added", M, ("messages", 1), text, None, text)
    described = Change("description-changed", P, ("description",), text, text)
    accepted = (Accepted(fingerprint(text, said), text),)
    rendered = (RenderedChange(text, 1, text, edits(f"-{text}", f"+{text}\n{text}")),)
    old, new = Side(text, text, text, text, 1), Side(text + "2", text, text)
    changes = (broken, said, moved, edited, added, described)
    return Diff(
        text,
        text,
        (
            PromptDiff(old, new, changes, accepted, rendered, (text,)),
            PromptDiff(old, None, (), problem=text),
            PromptDiff(None, new, (said,)),
        ),
    )
