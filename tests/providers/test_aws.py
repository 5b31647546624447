"""Bedrock: requests, signatures and frames against botocore; calls, reasoning, exceptions."""

from __future__ import annotations

import base64
import json
import struct
import time
import zlib
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from promptctl.core.endpoint import Endpoint, Secret, Signing
from promptctl.core.invocation import (
    Event,
    FilePart,
    Finished,
    ImagePart,
    Invocation,
    ReasoningDelta,
    Started,
    TextDelta,
    ToolCallDelta,
    Usage,
)
from promptctl.core.json_data import Json
from promptctl.errors import (
    KeyRefused,
    OutputInvalid,
    PromptctlError,
    ProviderUnavailable,
    RateLimited,
    RequestImpossible,
    RequestRefused,
)
from promptctl.providers import Failure, Limits
from promptctl.providers import aws as wire
from promptctl.providers.answer import answer, exact_request
from promptctl.providers.aws_frames import FrameDecoder
from promptctl.providers.envelope import encode_body
from promptctl.providers.sse import StreamInvalid
from tests.providers.dialects import AWS_BEDROCK, aws_event, frame
from tests.providers.server import Server, http, serving
from tests.providers.test_requests import CONVERSATION, FORMAT, PDF, PNG, SCHEMA, TOOL, say

MODEL = "anthropic.claude-3-haiku-20240307-v1:0"
KEY_ID, KEY, TOKEN = "AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "session/token=="


def signed_endpoint(url: str, token: str | None = TOKEN) -> Endpoint:
    signing = Signing(KEY_ID, "eu-west-1", Secret(token) if token else None)
    variable = "AWS_SECRET_ACCESS_KEY"
    return AWS_BEDROCK.endpoint(url, key=Secret(KEY), key_variable=variable, signing=signing)


def asked(**parameters: Json) -> Invocation:
    return replace(AWS_BEDROCK.invocation(), model=MODEL, parameters=parameters)


def body_of(invocation: Invocation) -> dict[str, Any]:
    request = exact_request(invocation, AWS_BEDROCK.endpoint("http://host"))
    body: dict[str, Any] = json.loads(encode_body(request))
    return body


def test_a_conversation() -> None:
    told = replace(
        asked(max_tokens=9, temperature=0.5, top_p=0.9, stop="END", reasoning_effort="low"),
        messages=(say("developer", "Be kind."), *CONVERSATION),
        tools=(TOOL,),
        tool_choice="required",
        response_format=FORMAT,
    )
    function: Any = TOOL["function"]
    call = {"toolUseId": "t-1", "name": "weather", "input": {"city": "Zürich"}}
    result = {"toolUseId": "t-1", "content": [{"json": {"sky": "blue"}}]}
    tool = {
        "name": "weather",
        "description": "Look out of the window.",
        "strict": True,
        "inputSchema": {"json": function["parameters"]},
    }
    schema = json.dumps(SCHEMA, separators=(",", ":"))
    described = {"schema": schema, "name": "n", "description": "d"}
    assert body_of(told) == {
        "system": [{"text": "Be kind."}, {"text": "Be brief."}],
        "messages": [
            {"role": "user", "content": [{"text": "Weather?"}]},
            {"role": "assistant", "content": [{"text": "I look."}, {"toolUse": call}]},
            {"role": "user", "content": [{"toolResult": result}, {"text": "And now?"}]},
        ],
        "inferenceConfig": {
            "maxTokens": 9,
            "temperature": 0.5,
            "topP": 0.9,
            "stopSequences": ["END"],
        },
        "outputConfig": {
            "effort": "low",
            "textFormat": {"type": "json_schema", "structure": {"jsonSchema": described}},
        },
        "toolConfig": {"tools": [{"toolSpec": tool}], "toolChoice": {"any": {}}},
    }


def test_images_and_documents_with_names_that_bedrock_takes() -> None:
    near = (
        ImagePart(data=PNG),
        FilePart(data=PDF, name="notes/Q3_report.v2.pdf"),
        FilePart(data=b"a,b", media_type="text/csv", name="Q3 report v2.csv"),
        FilePart(data=b"x", media_type="text/markdown"),
    )
    content = body_of(replace(asked(), messages=(say("user", "Look:", *near),)))["messages"][0]
    blocks = [{k: v for k, v in block.items() if k != "text"} for block in content["content"]]
    assert blocks[1] == {
        "image": {"format": "png", "source": {"bytes": base64.b64encode(PNG).decode()}}
    }
    documents = [block["document"] for block in blocks[2:]]
    assert [(d["format"], d["name"]) for d in documents] == [
        ("pdf", "Q3 report v2"),
        ("csv", "Q3 report v2 2"),
        ("md", "document"),
    ]


@pytest.mark.parametrize(
    ("invocation", "named"),
    [
        (asked(reasoning_effort="none"), "reasoning_effort: none"),
        (asked(top_k=5), "parameters.top_k"),
        (asked(extra={"modelId": "x"}), "extra.modelId"),
        (asked(top_p=1, extra={"inferenceConfig": {"topP": 2}}), "extra.inferenceConfig.topP"),
        (replace(asked(), model=".."), "the model name"),
        (replace(asked(), tools=(TOOL,), tool_choice="none"), "tool_choice: none"),
        (replace(asked(), messages=(say("user", ImagePart(url="https://x.test/a")),)), "url"),
        (replace(asked(), messages=(say("user", ImagePart(data=b"\x00")),)), "octet-stream"),
        (replace(asked(), messages=(say("user", ImagePart(data=PNG, detail="high")),)), "detail"),
        (replace(asked(), messages=(say("user", FilePart(data=b"\x00")),)), "octet-stream"),
        (replace(asked(), response_format={"type": "json_schema"}), "without a schema"),
    ],
)
def test_what_it_cannot_take_is_refused_by_name(invocation: Invocation, named: str) -> None:
    with pytest.raises(RequestImpossible, match=named):
        body_of(invocation)


def test_fields_of_one_model_pass_through() -> None:
    extra: Json = {"additionalModelRequestFields": {"top_k": 5}}
    assert body_of(asked(extra=extra))["additionalModelRequestFields"] == {"top_k": 5}


def _client(url: str) -> Any:
    import botocore.session
    from botocore.config import Config

    return botocore.session.get_session().create_client(
        "bedrock-runtime",
        endpoint_url=url,
        region_name="eu-west-1",
        aws_access_key_id=KEY_ID,
        aws_secret_access_key=KEY,
        aws_session_token=TOKEN,
        config=Config(retries={"max_attempts": 0}),
    )


def _told() -> tuple[Invocation, dict[str, Any]]:
    """An invocation, and the same call as botocore's arguments."""
    told = replace(
        asked(max_tokens=9, stop="END", temperature=0.5),
        messages=(*CONVERSATION, say("user", ImagePart(data=PNG))),
        tools=(TOOL,),
        tool_choice={"type": "function", "function": {"name": "weather"}},
    )
    arguments = body_of(told)
    arguments["messages"][2]["content"][2]["image"]["source"]["bytes"] = PNG
    return told, {**arguments, "modelId": MODEL}


@pytest.mark.filterwarnings("ignore")
def test_botocore_sends_the_same_and_reads_the_tests_stream() -> None:
    told, arguments = _told()
    pieces = [*AWS_BEDROCK.opening(), *AWS_BEDROCK.call("weather", {"a": 1})]
    pieces += [AWS_BEDROCK.text("ü"), *AWS_BEDROCK.ending("tool_calls")]
    good = [piece for piece in pieces if b"newsOfTomorrow" not in piece]
    stream = http(b"".join(good), content_type=AWS_BEDROCK.content_type)
    with serving([stream]) as server:
        seen = list(_client(server.url).converse_stream(**arguments)["stream"])
        list(answer(told, signed_endpoint(server.url)))
        theirs, ours = server.requests
    assert "".join(e["contentBlockDelta"]["delta"].get("text", "") for e in seen[2:6:3]) == "ü"
    assert seen[-1]["metadata"]["usage"]["inputTokens"] == 5
    assert json.loads(ours.body) == json.loads(theirs.body)
    assert ours.head.splitlines()[0] == theirs.head.splitlines()[0]
    assert "%3A0/converse-stream" in ours.head.splitlines()[0]
    assert ours.headers["x-amz-security-token"] == theirs.headers["x-amz-security-token"]


@pytest.mark.filterwarnings("ignore")
def test_botocore_takes_the_tests_exception_for_one() -> None:
    from botocore.exceptions import EventStreamError

    _, arguments = _told()
    pieces = [*AWS_BEDROCK.opening(), AWS_BEDROCK.failed()]
    stream = http(b"".join(pieces), content_type=AWS_BEDROCK.content_type)
    with serving([stream]) as server, pytest.raises(EventStreamError, match="busy"):
        list(_client(server.url).converse_stream(**arguments)["stream"])


def _botocores_authorization(
    url: str, body: bytes, now: float, token: str | None, monkeypatch: pytest.MonkeyPatch
) -> str:
    import datetime

    import botocore.auth
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import Credentials

    moment = datetime.datetime.fromtimestamp(now, datetime.UTC)
    monkeypatch.setattr(botocore.auth, "get_current_datetime", lambda: moment)
    request = AWSRequest("POST", url, {"content-type": "application/json"}, body)
    credentials = Credentials(KEY_ID, KEY, token)
    botocore.auth.SigV4Auth(credentials, "bedrock", "eu-west-1").add_auth(request)
    return str(request.headers["Authorization"])


ORIGINS = ("https://bedrock-runtime.eu-west-1.amazonaws.com", "http://127.0.0.1:8080/some path")


@pytest.mark.parametrize("token", [None, TOKEN])
@pytest.mark.parametrize("origin", ORIGINS)
@pytest.mark.parametrize(
    "model", [MODEL, "arn:aws:bedrock:eu-west-1:1:inference-profile/eu.a.b-v1:0", "ä ~b+c"]
)
def test_signatures_are_botocores(
    model: str, origin: str, token: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    endpoint = signed_endpoint(origin.replace(" ", "%20"), token)
    request = exact_request(replace(asked(), model=model), endpoint)
    body, now = encode_body(request), 1_790_000_000.9
    assert request.sign is not None
    headers = request.sign(body, now)
    expected = _botocores_authorization(request.url, body, now, token, monkeypatch)
    assert headers["authorization"] == expected
    assert headers["x-amz-date"] == "20260921T141320Z"
    assert headers.get("x-amz-security-token") == token


def test_each_attempt_is_signed_anew_and_the_key_stays_at_home() -> None:
    good = http(b"".join(AWS_BEDROCK.stream("a")), content_type=AWS_BEDROCK.content_type)
    with serving([http(b"{}", "503 Away")], [good]) as server:
        wait: list[float] = []
        list(
            answer(
                asked(),
                signed_endpoint(server.url),
                sleep=lambda s: wait.append(time.sleep(1.1) or s),
            )
        )
        first, second = server.requests
    assert len(wait) == 1
    assert first.headers["x-amz-date"] < second.headers["x-amz-date"]
    assert first.headers["authorization"] != second.headers["authorization"]
    assert KEY not in repr(server.requests)


def test_a_request_that_is_shown_has_the_form_of_a_signature() -> None:
    request = exact_request(asked(), signed_endpoint("https://h"))
    headers = dict(request.headers)
    assert headers["authorization"] == (
        "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/YYYYMMDD/eu-west-1/bedrock/aws4_request,"
        " SignedHeaders=content-type;host;x-amz-date;x-amz-security-token, Signature=***"
    )
    assert headers["x-amz-date"] == "YYYYMMDDTHHMMSSZ"
    assert request.secret_headers == {"authorization", "x-amz-security-token"}
    assert KEY not in repr(request) + repr(signed_endpoint("https://h"))
    assert TOKEN not in repr(request) + repr(signed_endpoint("https://h"))


def test_tokens_are_taken_out_of_what_the_server_says() -> None:
    said = {"message": f"The canonical string was x-amz-security-token:{TOKEN} by {KEY_ID}"}
    failure = Failure(403, {}, json.dumps(said).encode())
    error = wire.parse_error(failure, asked(), signed_endpoint("https://h"))
    assert type(error) is KeyRefused
    assert error.message.endswith("x-amz-security-token:*** by ***")
    assert error.hint == "check AWS_SECRET_ACCESS_KEY"


def _frames(data: bytes, *cuts: int) -> list[tuple[str, str]]:
    decoder = FrameDecoder(1_000_000)
    edges = [0, *sorted(cuts), len(data)]
    pieces = [data[a:b] for a, b in pairwise(edges)]
    return [(f.name, f.data) for piece in pieces for f in decoder.feed(piece)]


names = st.sampled_from(["messageStart", "contentBlockDelta", "ü"])
payloads = st.dictionaries(st.text(max_size=5), st.text(max_size=20), max_size=3)


@settings(max_examples=50)
@given(st.lists(st.tuples(names, payloads), max_size=4), st.data())
def test_frames_are_botocores_however_they_are_cut(
    events: list[tuple[str, dict[str, str]]], data: st.DataObject
) -> None:
    from botocore.eventstream import EventStreamBuffer

    stream = b"".join(aws_event(name, payload) for name, payload in events)
    cuts = data.draw(st.lists(st.integers(0, len(stream)), max_size=6))
    buffer = EventStreamBuffer()
    buffer.add_data(stream)
    theirs = [(event.headers[":event-type"], event.payload.decode()) for event in buffer]
    assert _frames(stream, *cuts) == theirs
    assert _frames(stream, *range(len(stream))) == theirs


def _odd_headers() -> bytes:
    values = (b"\x00", b"\x01", b"\x02x", b"\x03xx", b"\x04xxxx", b"\x05xxxxxxxx", b"\x06\x00\x01x")
    values += (b"\x08xxxxxxxx", b"\x09" + b"x" * 16)
    return b"".join(bytes([1, 97 + i]) + value for i, value in enumerate(values))


def _sealed(headers: bytes, payload: bytes = b"{}", length: int = 0, of_headers: int = -1) -> bytes:
    """A frame with right sums, whatever else is wrong with it."""
    total = length or 16 + len(headers) + len(payload)
    prelude = struct.pack("!II", total, len(headers) if of_headers < 0 else of_headers)
    prelude += struct.pack("!I", zlib.crc32(prelude))
    whole = prelude + headers + payload
    return whole + struct.pack("!I", zlib.crc32(whole))


def test_headers_of_all_types_are_passed_over() -> None:
    kind = b"\x0b:event-type\x07\x00\x01x"
    assert _frames(_sealed(_odd_headers() + kind + _odd_headers())) == [("x", "{}")]


@pytest.mark.parametrize(
    "wrong",
    [
        _sealed(b"\x01a\x0axx"),
        _sealed(b"\x01a\x07\x00\x09x"),
        _sealed(b"\x01a\x07\x00"),
        _sealed(b"\x05a"),
        _sealed(b"", length=8),
        _sealed(b"", of_headers=500),
        _sealed(b"", b"\xff"),
        _sealed(b"", length=900_000_000),
        aws_event("x", {})[:-1] + b"\x00",
        b"\x00" * 12,
        b"data: {}\n\n\n\n",
    ],
)
def test_frames_that_are_not_right_are_refused(wrong: bytes) -> None:
    with pytest.raises(StreamInvalid):
        _frames(wrong)


def decode(*frames: bytes, stream: bool = True) -> Iterator[Event]:
    invocation = AWS_BEDROCK.invocation(stream=stream)
    decoder = wire.decoder(invocation, AWS_BEDROCK.endpoint("x"), Limits())
    for piece in frames:
        yield from decoder.feed(piece)
    yield from decoder.finish()


def test_a_damaged_frame_ends_the_answer_after_what_came() -> None:
    good, bad = AWS_BEDROCK.stream("a"), bytearray(AWS_BEDROCK.text("b"))
    bad[-6] ^= 1
    events = decode(*good[:2], bytes(bad))
    assert [next(events), next(events)] == [Started(), TextDelta("a")]
    with pytest.raises(OutputInvalid, match="checksum"):
        next(events)


def _delta(index: int, delta: object) -> bytes:
    return aws_event("contentBlockDelta", {"contentBlockIndex": index, "delta": delta})


def _start(index: int, **call: str) -> bytes:
    return aws_event("contentBlockStart", {"contentBlockIndex": index, "start": {"toolUse": call}})


def test_reasoning_calls_of_both_sides_and_cache() -> None:
    usage = {
        "inputTokens": 5,
        "outputTokens": 2,
        "totalTokens": 7,
        "cacheReadInputTokens": 3,
        "cacheWriteInputTokens": 4,
    }
    events = list(
        decode(
            aws_event("messageStart", {"role": "assistant"}),
            _delta(0, {"reasoningContent": {"text": "hm"}}),
            _delta(0, {"reasoningContent": {"signature": "xx"}}),
            _start(1, toolUseId="s-1", name="search", type="server_tool_use"),
            _delta(1, {"toolUse": {"input": "{}"}}),
            _start(2, toolUseId="t-1", name="f"),
            _start(3, toolUseId="t-2", name="g"),
            _delta(3, {"toolUse": {"input": '{"a":'}}),
            _delta(3, {"toolUse": {"input": "1}"}}),
            aws_event("contentBlockStop", {"contentBlockIndex": 2}),
            aws_event("contentBlockStop", {"contentBlockIndex": 3}),
            aws_event("messageStop", {"stopReason": "tool_use"}),
            aws_event("metadata", {"usage": usage}),
        )
    )
    assert events == [
        Started(),
        ReasoningDelta("hm"),
        ToolCallDelta(0, "t-1", "f"),
        ToolCallDelta(1, "t-2", "g"),
        ToolCallDelta(1, arguments='{"a":'),
        ToolCallDelta(1, arguments="1}"),
        ToolCallDelta(0, arguments="{}"),
        Usage(12, 2, 3),
        Finished("tool_calls", "tool_use"),
    ]


def test_a_whole_answer_with_all_kinds_of_content() -> None:
    call = {"toolUseId": "t-1", "name": "f", "input": {"a": 1}}
    content = [
        {"reasoningContent": {"reasoningText": {"text": "hm", "signature": "x"}}},
        {"text": "I call."},
        {"toolUse": call},
        {"toolUse": {"toolUseId": "t-2", "name": "g", "input": {}}},
    ]
    whole = {"output": {"message": {"content": content}}, "stopReason": "guardrail_intervened"}
    assert list(decode(json.dumps(whole).encode(), stream=False)) == [
        Started(),
        ReasoningDelta("hm"),
        TextDelta("I call."),
        ToolCallDelta(0, "t-1", "f"),
        ToolCallDelta(0, arguments='{"a":1}'),
        ToolCallDelta(1, "t-2", "g"),
        ToolCallDelta(1, arguments="{}"),
        Finished("content_filter", "guardrail_intervened"),
    ]


def test_an_answer_without_usage_is_complete_when_its_body_ends() -> None:
    frames = [*AWS_BEDROCK.stream("a")[:-1]]
    assert list(decode(*frames))[-1] == Finished("stop", "end_turn")


def exception(name: str, payload: bytes) -> bytes:
    return frame(payload, exception_type=name, message_type="exception")


@pytest.mark.parametrize(
    ("last", "error", "said"),
    [
        (exception("throttlingException", b'{"message": "slow"}'), RateLimited, "slow"),
        (exception("throttlingException", b""), RateLimited, "throttlingException"),
        (exception("validationException", b'{"message": "bad"}'), RequestRefused, "bad"),
        (
            exception("modelStreamErrorException", b'{"originalMessage": "oops"}'),
            ProviderUnavailable,
            "modelStreamErrorException",
        ),
        (exception("newsOfTomorrowException", b"{}"), ProviderUnavailable, "inside the answer"),
        (
            frame(b"", message_type="error", error_code="InternalError", error_message="boom"),
            ProviderUnavailable,
            "boom",
        ),
    ],
)
def test_exceptions_are_typed(last: bytes, error: type[PromptctlError], said: str) -> None:
    with pytest.raises(error, match=said) as raised:
        list(decode(*AWS_BEDROCK.opening(), last))
    assert type(raised.value) is error


def failed(status: int, body: bytes, kind: str) -> PromptctlError:
    failure = Failure(status, {"x-amzn-errortype": kind}, body)
    return wire.parse_error(failure, asked(), AWS_BEDROCK.endpoint("https://h"))


@pytest.mark.parametrize(
    ("status", "body", "kind", "error", "said"),
    [
        (429, b'{"message": "Too many"}', "ThrottlingException:http://x/", RateLimited, ": Too many"),
        (403, b'{"Message": null}', "AccessDeniedException", KeyRefused, "AccessDeniedException"),
        (424, b'{"message": "m"}', "ModelErrorException", ProviderUnavailable, "HTTP 424"),
        (400, b'{"message": "m"}', "com.amazon#ValidationException", RequestRefused, ": m"),
        (503, b"<html><title>Away</title>", "", ProviderUnavailable, "a web page"),
        (500, b"[1]", "", ProviderUnavailable, "HTTP 500"),
    ],
)  # fmt: skip
def test_errors_say_aws_name_for_them(
    status: int, body: bytes, kind: str, error: type[PromptctlError], said: str
) -> None:
    raised = failed(status, body, kind)
    assert type(raised) is error
    assert said in raised.message
    assert "#" not in raised.message


def test_a_bearer_key_needs_no_signature() -> None:
    with serving([http(AWS_BEDROCK.whole("a"))]) as server:
        list(answer(AWS_BEDROCK.invocation(stream=False), AWS_BEDROCK.endpoint(server.url)))
        _check_bearer(server)


def _check_bearer(server: Server) -> None:
    (request,) = server.requests
    assert request.headers["authorization"] == AWS_BEDROCK.authorization[1]
    assert "x-amz-date" not in request.headers
    assert request.head.startswith("POST /model/m-1/converse HTTP")
