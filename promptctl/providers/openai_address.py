"""Where a request of OpenAI's formats goes, and the header that carries its key."""

from __future__ import annotations

from urllib.parse import quote

from promptctl.core.endpoint import Endpoint
from promptctl.providers.openai_dialects import ChatDialect


def openai_url(endpoint: Endpoint, model: str, operation: str) -> str:
    """What follows the endpoint's address: the operation, on Azure with deployment and version.

    Azure has two forms: with a version chat is asked at the URL of a deployment, named as the model;
    without one, or where the address ends in `/v1`, at the path that OpenAI itself has.
    """
    version = endpoint.api_version
    if version is None:
        return operation
    query = f"?api-version={quote(version, safe='')}"
    if endpoint.base_url.endswith("/v1"):
        return operation + query
    folder = "" if endpoint.base_url.endswith("/openai") else "/openai"
    if operation == "/chat/completions" and "/deployments/" not in endpoint.base_url:
        folder += f"/deployments/{quote(model, safe='')}"
    return f"{folder}{operation}{query}"


def key_header(endpoint: Endpoint, dialect: ChatDialect) -> tuple[str, str] | None:
    """The header with the endpoint's key, if it has one."""
    if endpoint.key is None:
        return None
    key = endpoint.key.reveal()
    return dialect.key_header, key if dialect.key_header == "api-key" else f"Bearer {key}"
