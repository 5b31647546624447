"""core.message_match: which message became which."""

from __future__ import annotations

import random
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from promptctl.core.message_match import Pair, Seen, match_messages
from promptctl.core.schema_meaning import Work
from promptctl.core.word_diff import MAX_STEPS

SYSTEM = "system: You answer questions about orders, briefly and kindly."
RULES = "system: Never promise a date. Never name another customer."
ASK = "user: Where is order {{ number }}?"
ANSWER = "assistant: It left our warehouse yesterday."


def seen(*messages: str) -> list[Seen]:
    pairs = [message.split(": ", 1) for message in messages]
    return [Seen((role, text), role, text) for role, text in pairs]


def matched(old: list[str], new: list[str]) -> list[tuple[int, int] | tuple[int, int, str]]:
    pairs = match_messages(seen(*old), seen(*new), Work(MAX_STEPS))
    return [(p.old, p.new, "moved") if p.moved else (p.old, p.new) for p in pairs]


def test_equal_messages_keep_their_partner() -> None:
    assert matched([SYSTEM, ASK], [SYSTEM, ASK]) == [(0, 0), (1, 1)]
    assert matched([SYSTEM, ASK], [RULES, SYSTEM, ASK]) == [(0, 1), (1, 2)]
    assert matched([SYSTEM, RULES, ASK], [SYSTEM, ASK]) == [(0, 0), (2, 1)]
    assert matched([], [ASK]) == matched([ASK], []) == []


def test_an_edited_message_is_known_by_its_words() -> None:
    edited = SYSTEM.replace("briefly", "at length")
    assert matched([SYSTEM, ASK], [RULES, edited, ASK]) == [(0, 1), (1, 2)]
    assert matched([SYSTEM, RULES], [edited]) == [(0, 0)]


def test_another_role_is_no_other_message() -> None:
    other = SYSTEM.replace("system", "developer", 1)
    assert matched([SYSTEM, ASK], [other, ASK]) == [(0, 0), (1, 1)]
    assert matched([SYSTEM, RULES, ASK], [other, ASK]) == [(0, 0), (2, 1)]


def test_a_rewritten_message_in_its_place_is_edited() -> None:
    assert matched([SYSTEM, ASK], ["system: Be terse.", ASK]) == [(0, 0), (1, 1)]
    assert matched([SYSTEM, ASK], ["user: Hm?", ASK]) == [(1, 1)]


def test_moved_messages_are_found_even_if_edited() -> None:
    assert matched([RULES, SYSTEM, ASK], [SYSTEM, ASK, RULES]) == [
        (1, 0),
        (2, 1),
        (0, 2, "moved"),
    ]
    edited = RULES.replace("date", "day")
    assert matched([RULES, SYSTEM, ASK], [SYSTEM, ASK, edited])[-1] == (0, 2, "moved")


def test_of_equal_messages_each_has_one_partner() -> None:
    assert matched([ASK, ASK], [ASK, ANSWER, ASK]) == [(0, 0), (1, 2)]
    assert matched([ASK, ANSWER, ASK, ANSWER], [ASK, ANSWER]) in (
        [(0, 0), (1, 1)],
        [(2, 0), (3, 1)],
        [(0, 0), (3, 1)],
    )


message = st.tuples(
    st.sampled_from(["system", "user"]),
    st.lists(st.sampled_from(["a", "b", "c", "d"]), max_size=4).map(" ".join),
).map(lambda pair: Seen(pair, *pair))
conversation = st.lists(message, max_size=8)


@settings(max_examples=300, deadline=None)
@given(conversation, conversation, st.sampled_from([0, 100, MAX_STEPS]))
def test_each_is_in_one_pair_and_those_that_stayed_keep_their_order(
    old: list[Seen], new: list[Seen], steps: int
) -> None:
    pairs = match_messages(old, new, Work(steps))
    assert [pair.new for pair in pairs] == sorted({pair.new for pair in pairs})
    assert len({pair.old for pair in pairs}) == len(pairs)
    stayed = [pair.old for pair in pairs if not pair.moved]
    assert stayed == sorted(stayed)


@settings(max_examples=100, deadline=None)
@given(conversation)
def test_equal_conversations_match_one_to_one(messages: list[Seen]) -> None:
    pairs = match_messages(messages, list(messages), Work(MAX_STEPS))
    assert pairs == [Pair(i, i) for i in range(len(messages))]


@pytest.mark.parametrize("shuffled", [False, True])
@pytest.mark.parametrize("alike", [False, True])
def test_ten_thousand_messages_end_soon(shuffled: bool, alike: bool) -> None:
    rng = random.Random(1)
    words = ["x"] * 100 if alike else [f"w{i}" for i in range(5000)]
    old = [Seen(i, "user", f"{i} {' '.join(rng.choices(words, k=30))}") for i in range(10_000)]
    new = [one._replace(key=one.text, text=one.text + " more") for one in old]
    if shuffled:
        rng.shuffle(new)
    start = time.process_time()
    pairs = match_messages(old, new, Work(MAX_STEPS))
    assert time.process_time() - start < 10
    assert len(pairs) <= len(old)


def test_a_message_of_a_megabyte_is_compared_by_its_beginning() -> None:
    old, new = (seen(f"user: {'word ' * 200_000}{end}") for end in ("a", "b"))
    start = time.process_time()
    assert match_messages(old, new, Work(MAX_STEPS)) == [Pair(0, 0)]
    assert time.process_time() - start < 2
