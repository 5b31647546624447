"""Rules about content parts and what surely fails with them when the prompt is sent."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from promptctl.core.check_subject import Subject
from promptctl.core.closure import attached_files
from promptctl.core.finding import Finding
from promptctl.core.json_data import Json, JsonInvalid, parse_json
from promptctl.core.media_type import data_of_url, shown_type
from promptctl.core.nearest import did_you_mean
from promptctl.core.prompt import Path
from promptctl.core.schema_words import shown

_IMAGES = ("png", "jpg", "jpeg", "gif", "webp")


def check_content(subject: Subject) -> Iterator[Finding]:
    """Findings about tool calls, their results and images in a prompt's messages."""
    called: set[str] = set()
    for index, message in subject.items("messages"):
        if not isinstance(message, (dict, Mapping)) or isinstance(message.get("content"), str):
            continue
        for number, part in subject.items("messages", index, "content"):
            if not isinstance(part, (dict, Mapping)):
                continue
            path: Path = ("messages", index, "content", number)
            kind, name = part.get("type"), part.get("id")
            if kind == "tool_call":
                yield from _check_arguments(subject, (*path, "arguments"), part.get("arguments"))
                called |= {name} if isinstance(name, str) else set()
            elif kind == "tool_result" and isinstance(name, str) and name not in called:
                text = f"no earlier tool call has the id {shown(name)}"
                yield subject.found("content-invalid", (*path, "id"), text, _near(name, called))
            elif kind in ("image", "file"):
                yield from _check_url(subject, path, part)
                if kind == "image":
                    yield from _check_image(subject, path, part)


def _near(name: str, called: set[str]) -> str:
    return did_you_mean(name, called) or "put the `tool_call` in a message before its result"


def _check_arguments(subject: Subject, path: Path, arguments: Json) -> Iterator[Finding]:
    if not isinstance(arguments, str):
        return
    try:
        is_object = isinstance(parse_json(arguments), Mapping)
    except JsonInvalid:
        is_object = False
    if not is_object:
        message = "the arguments of a tool call are a JSON object, and this text is none"
        yield subject.found("content-invalid", path, message, "write them as a YAML mapping")


def _check_image(subject: Subject, path: Path, part: Mapping[str, Json]) -> Iterator[Finding]:
    file, media_type = part.get("path"), part.get("media_type")
    if isinstance(media_type, str):
        if not media_type.startswith("image/"):
            message = f"{shown(media_type)} is no type of an image"
            hint = "image/png, image/jpeg, image/gif or image/webp"
            yield subject.found("content-invalid", (*path, "media_type"), message, hint)
    elif isinstance(file, str):
        _, dot, ending = file.rpartition("/")[2].rpartition(".")
        if dot and ending.lower() not in _IMAGES:
            message = f"a file that ends in .{ending} is no image that models take"
            hint = "images are png, jpg, gif or webp; other documents are of `type: file`"
            yield subject.found("content-invalid", (*path, "path"), message, hint)


def _check_url(subject: Subject, path: Path, part: Mapping[str, Json]) -> Iterator[Finding]:
    url = part.get("url")
    if isinstance(url, str) and url.startswith("data:") and data_of_url(url) is None:
        message = "this data: URL does not hold what it should: a media type and base64 text"
        hint = "url: data:image/png;base64,…, or `path` with a file under the prompts folder"
        yield subject.found("content-invalid", (*path, "url"), message, hint)


def check_attached(subject: Subject, files: Mapping[str, bytes]) -> Iterator[Finding]:
    """Findings about attached files whose bytes are not what the prompt says; `files` by their path."""
    for path, file in attached_files(subject.data):
        content = files.get(file)
        if content is None or not subject.is_sound(path):
            continue
        part = subject.mapping(*path[:-1])
        declared, found = part.get("media_type"), shown_type(content)
        if part.get("type") == "image" and not (found or "").startswith("image/"):
            what = f"is of type {found}" if found else "is no image"
            message = f"{shown(file)} {what}: models take png, jpeg, gif and webp"
            yield subject.found("content-invalid", path, message, "convert it")
        elif isinstance(declared, str) and found is not None and declared != found:
            message = f"{shown(file)} is of type {found}, not {shown(declared)}"
            yield subject.found("content-invalid", (*path[:-1], "media_type"), message, "remove it")
