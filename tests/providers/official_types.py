"""What Google's and AWS's own libraries say against the body of a request."""

from __future__ import annotations

import base64
from functools import cache
from typing import Any

from pydantic import ValidationError


def google_problems(body: dict[str, Any]) -> list[str]:
    """By the types of google-genai, which know the parts of a body but have none for the whole."""
    from google.genai import types

    kinds = {
        "contents": types.Content,
        "systemInstruction": types.Content,
        "tools": types.Tool,
        "toolConfig": types.ToolConfig,
        "generationConfig": types.GenerationConfig,
        "safetySettings": types.SafetySetting,
    }
    problems = [f"{key}?" for key in body if key not in kinds]
    for key, kind in kinds.items():
        given = body.get(key, [])
        for value in given if isinstance(given, list) else [given]:
            try:
                kind.model_validate(value)
            except ValidationError as error:
                problems.append(f"{key}: {error}")
    roles = {content["role"] for content in body["contents"]}
    return problems + [f"role {role}?" for role in roles - {"user", "model"}]


@cache
def bedrock_model() -> Any:
    import botocore.session

    return botocore.session.get_session().get_service_model("bedrock-runtime")


def aws_problems(body: dict[str, Any]) -> list[str]:
    """By botocore's model of the service, enumerations too, which botocore leaves to the server."""
    from botocore.validate import ParamValidator

    shape = bedrock_model().operation_model("Converse").input_shape
    report = ParamValidator().validate({**body, "modelId": "m"}, shape)
    problems = [report.generate_report()] if report.has_errors() else []
    return problems + _other_words(body, shape)


def _other_words(value: Any, shape: Any) -> list[str]:
    if shape.type_name == "list":
        return [problem for item in value for problem in _other_words(item, shape.member)]
    if shape.type_name == "structure" and not shape.is_document_type:
        known = {k: v for k, v in value.items() if k in shape.members}
        return [p for k, v in known.items() for p in _other_words(v, shape.members[k])]
    if shape.type_name == "blob":
        base64.b64decode(value, validate=True)
    words = getattr(shape, "enum", None)
    return [f"{value}: not one of {words}"] if words and value not in words else []
