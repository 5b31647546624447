"""Records as text and back, and what is no record."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promptctl.core.record import (
    Record,
    RecordInvalid,
    TagName,
    content_digest,
    format_tag,
    message_problem,
    parse_record,
    parse_tag_name,
)

COMMIT = "1" * 40
VERSION = Record(
    tag=TagName("support/triage", 3),
    kind="version",
    commit=COMMIT,
    version=3,
    previous=2,
    path="prompts/support/triage.yaml",
    content="sha256:" + "a" * 64,
    effect="behaviour",
    actor="Ada <ada@example.com>",
    id="f" * 32,
    subject="support/triage v3",
    message="Why it changed.",
    time=1_767_258_000,
)
MOVE = replace(
    VERSION, tag=TagName("support/triage", 7, "published"), kind="publish", previous=None
)
WHOLE = "prompts/support/triage@v3"
TAGGER = "Ada <ada@example.com>"


def raw(record: Record = VERSION) -> bytes:
    return format_tag(record, f"prompts/{record.tag}", TAGGER)


@pytest.mark.parametrize(
    ("tag", "name"),
    [
        ("greeting@v1", TagName("greeting", 1)),
        ("a/b@staging.12", TagName("a/b", 12, "staging")),
        ("greeting@v999999999", TagName("greeting", 999_999_999)),
        *(
            (tag, None)
            for tag in ("greeting", "greeting@v0", "greeting@v01", "greeting@v1000000000")
        ),
        *(
            (tag, None)
            for tag in ("Greeting@v1", "greeting@v١", "greeting@latest.1", "g@v1.1", "g@.1")
        ),
        *(
            (tag, None)
            for tag in ("greeting@v1\n", "greeting@published", "a//b@v1", "g@1.1", "@v1")
        ),
    ],
)
def test_a_tag_name_says_what_it_stands_for(tag: str, name: TagName | None) -> None:
    assert parse_tag_name(tag) == name
    if name is not None:
        assert str(name) == tag


@pytest.mark.parametrize(
    "record", [VERSION, MOVE, replace(VERSION, message="", run_url="https://x/1")]
)
def test_a_record_is_read_back_as_it_was_written(record: Record) -> None:
    assert parse_record(raw(record), f"prompts/{record.tag}", "prompts/") == record


TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc"]) | st.just("\n"), max_size=200)


@given(TEXTS)
def test_whatever_is_said_never_changes_the_trailers(said: str) -> None:
    if message_problem(said) is not None:
        return
    read = parse_record(raw(replace(VERSION, message=said)), WHOLE, "prompts/")
    assert replace(read, message="") == replace(VERSION, message="")


def test_only_the_last_paragraph_counts() -> None:
    said = "Promptctl-Record: retire\nFormat: 1\nVersion: 9"
    read = parse_record(raw(replace(VERSION, message=said)), WHOLE, "prompts/")
    assert (read.kind, read.version, read.message) == ("version", 3, said)


def test_a_signature_is_no_part_of_the_message() -> None:
    signed = raw() + b"-----BEGIN SSH SIGNATURE-----\nU1NIU0lH\n-----END SSH SIGNATURE-----\n"
    read = parse_record(signed, WHOLE, "prompts/")
    assert read.is_signed
    assert replace(read, is_signed=False) == VERSION


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        (b"Version: 3", b"Version: 4", "Version"),
        (b"Version: 3", b"Version: 3\nVersion: 3", "twice"),
        (b"Version: 3", b"Version: none", "Version"),
        (b"Version: 3", b"Version: 03", "no number"),
        (b"Format: 1", b"Format: 2", "format"),
        (b"Name: support/triage", b"Name: other", "Name"),
        (b"Promptctl-Record: version", b"Promptctl-Record: publish", "Label"),
        (b"Promptctl-Record: version", b"Promptctl-Record: nonsense", "Promptctl-Record"),
        (b"tag prompts/support/triage@v3", b"tag prompts/support/triage@v4", "another"),
        (b"type commit", b"type tree", "commit"),
        (b"tagger Ada <ada@example.com>", b"tagger", "maker"),
        (b"Path: prompts/", b"Path: ../", "Path"),
        (b"Effect: behaviour", b"Effect: great", "Effect"),
        (b"Why it", b"\xff", "UTF-8"),
        (b"\nPromptctl-Record", b"\nhello\nPromptctl-Record", "trailers"),
    ],
)
def test_what_does_not_fit_is_no_record(old: bytes, new: bytes, reason: str) -> None:
    content = raw()
    assert old in content
    with pytest.raises(RecordInvalid, match=reason):
        parse_record(content.replace(old, new, 1), WHOLE, "prompts/")


@given(st.binary(max_size=400))
def test_any_bytes_are_a_record_or_none(content: bytes) -> None:
    for candidate in (content, raw()[: len(content)] + content):
        with suppress(RecordInvalid):
            parse_record(candidate, WHOLE, "prompts/")


@pytest.mark.parametrize("said", ["-----BEGIN PGP SIGNATURE-----", "a\0b", "\ud800", "x" * 40_000])
def test_a_message_that_could_not_be_read_back_is_refused(said: str) -> None:
    assert message_problem(said) is not None


def test_the_digest_knows_every_part_and_no_order() -> None:
    parts = {("prompt", ""): "1" * 40, ("file", "_partials/a.md"): "2" * 40}
    digest = content_digest(parts)
    assert digest == content_digest(dict(reversed(parts.items())))
    assert digest.startswith("sha256:")
    assert digest != content_digest(parts | {("file", "_partials/a.md"): "3" * 40})
    assert digest != content_digest({("prompt", ""): "1" * 40})
