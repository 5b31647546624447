"""AWS Signature Version 4, for requests whose URL has no query: headers from a request and a time.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html. The path is
encoded once more than in the URL, so the `%3A` of a model id is signed as `%253A`.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from datetime import UTC, datetime
from urllib.parse import quote, urlsplit

from promptctl.core.endpoint import Secret, Signing

SERVICE = "bedrock"
_ALGORITHM = "AWS4-HMAC-SHA256"
_DEFAULT_PORTS = {"https": 443, "http": 80}


def signed_headers(
    url: str, content_type: str, key: Secret, signing: Signing, body: bytes, now: float
) -> dict[str, str]:
    """The headers that make a POST of these bytes valid for some minutes from `now`, a Unix time."""
    time = datetime.fromtimestamp(now, UTC).strftime("%Y%m%dT%H%M%SZ")
    headers = _own_headers(signing, time)
    signed = dict(sorted({"content-type": content_type, "host": _host(url), **headers}.items()))
    canonical = "\n".join(
        (
            "POST",
            quote(urlsplit(url).path or "/", safe="/~"),
            "",
            *(f"{name}:{' '.join(value.split())}" for name, value in signed.items()),
            "",
            ";".join(signed),
            hashlib.sha256(body).hexdigest(),
        )
    )
    scope = _scope(time[:8], signing)
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    to_sign = "\n".join((_ALGORITHM, time, scope, digest))
    derived = f"AWS4{key.reveal()}".encode()
    for word in scope.split("/"):
        derived = _hmac(derived, word)
    signature = _hmac(derived, to_sign).hex()
    return {**headers, "authorization": _authorization(signing, scope, signed, signature)}


def unsigned_headers(signing: Signing) -> dict[str, str]:
    """The same headers with placeholders for what only the sending decides."""
    headers = _own_headers(signing, "YYYYMMDDTHHMMSSZ")
    scope = _scope("YYYYMMDD", signing)
    signed = dict.fromkeys(sorted({"content-type", "host", *headers}), "")
    return {**headers, "authorization": _authorization(signing, scope, signed, "***")}


def _own_headers(signing: Signing, time: str) -> dict[str, str]:
    token = {"x-amz-security-token": signing.token.reveal()} if signing.token else {}
    return {"x-amz-date": time, **token}


def _scope(day: str, signing: Signing) -> str:
    return f"{day}/{signing.region}/{SERVICE}/aws4_request"


def _authorization(signing: Signing, scope: str, signed: Mapping[str, str], signature: str) -> str:
    credential = f"{signing.key_id}/{scope}"
    return (
        f"{_ALGORITHM} Credential={credential}, SignedHeaders={';'.join(signed)},"
        f" Signature={signature}"
    )


def _host(url: str) -> str:
    """The `Host` header of the URL: its port only where it is not the scheme's own."""
    parts = urlsplit(url)
    default = f":{_DEFAULT_PORTS.get(parts.scheme)}"
    return parts.netloc.removesuffix(default)


def _hmac(key: bytes, text: str) -> bytes:
    return hmac.new(key, text.encode(), hashlib.sha256).digest()
