"""Where each provider is reached and which key belongs there.

A key belongs to an origin. Origins come from the built-in table, from the environment or from the
user's own configuration: nothing in a repository is asked.
"""

from __future__ import annotations

import importlib.util
import os
import re
from collections.abc import Mapping
from dataclasses import field, replace
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from promptctl.core.catalog import AWS_SECRET, PROVIDERS, ProviderFacts
from promptctl.core.endpoint import Endpoint, Secret, Signing, is_loopback
from promptctl.core.fast_dataclass import dataclass
from promptctl.core.json_data import Json
from promptctl.core.nearest import did_you_mean
from promptctl.core.schema_words import shown
from promptctl.core.settings_document import parse_settings_document
from promptctl.errors import (
    CredentialError,
    FileMissing,
    FileRefused,
    KeyMissing,
    SettingsInvalid,
    UsageProblem,
)
from promptctl.files import read_regular_file

_KEY = re.compile(r"[\x21-\x7e]+")
_SCHEMA = Path(__file__).resolve().parent / "schemas/config.schema.json"
_MAX_CONFIG = 1024 * 1024
_OLLAMA_PORT = 11434
KEYRING_SERVICE = "promptctl"
_REGIONS = ("AWS_REGION", "AWS_DEFAULT_REGION")


@dataclass(frozen=True, slots=True)
class UserEndpoint:
    """One entry of `endpoints` in the user's configuration."""

    base_url: str
    api: str | None = None
    key_variable: str | None = None
    headers: tuple[tuple[str, str], ...] = ()
    allow_insecure: bool = False
    api_version: str | None = None


@dataclass(frozen=True, slots=True)
class UserConfig:
    """The user's own configuration; empty where there is none."""

    file: Path | None = None
    endpoints: Mapping[str, UserEndpoint] = field(default_factory=dict)
    timeouts: Mapping[str, float] = field(default_factory=dict)
    """Seconds by name: `connect`, `headers`, `first`, `idle`, `total`; what is absent has its default."""


def user_config_path(environ: Mapping[str, str]) -> Path | None:
    """Where the user's configuration would be; None if the environment names no home."""
    base = environ.get("XDG_CONFIG_HOME", "")
    if os.path.isabs(base):
        return Path(base) / "promptctl/config.yaml"
    home = environ.get("HOME", "")
    return Path(home) / ".config/promptctl/config.yaml" if os.path.isabs(home) else None


def read_user_config(environ: Mapping[str, str]) -> UserConfig:
    """The user's own configuration. Raises SettingsInvalid with the place of the first problem."""
    path = user_config_path(environ)
    if path is None:
        return UserConfig()
    try:
        # The user's own file, so a link is fine: dotfile managers make them.
        content = read_regular_file(Path(os.path.realpath(path)), _MAX_CONFIG)
    except FileMissing:
        return UserConfig()
    except FileRefused as error:
        raise SettingsInvalid(error.message) from None
    document = parse_settings_document(content, str(path), _SCHEMA.read_text(encoding="utf-8"))
    data = document.data if document is not None else None
    if not isinstance(data, Mapping):
        return UserConfig(path)
    return UserConfig(
        path,
        {name: _user_endpoint(entry) for name, entry in _mapping(data, "endpoints").items()},
        {
            name: float(value)
            for name, value in _mapping(data, "timeouts").items()
            if isinstance(value, (int, float))
        },
    )


def _user_endpoint(entry: Json) -> UserEndpoint:
    given = entry if isinstance(entry, Mapping) else {}
    headers = _mapping(given, "headers")
    return UserEndpoint(
        str(given["base_url"]),
        _text(given, "api"),
        _text(given, "key_variable"),
        tuple((name, str(value)) for name, value in headers.items()),
        given.get("allow_insecure") is True,
        _text(given, "api_version"),
    )


def resolve_endpoint(
    provider: str, environ: Mapping[str, str], config: UserConfig | None = None
) -> Endpoint:
    """The origin that answers for a provider and the key that belongs to it, if there is one.

    The environment's URL comes before the user's configuration, and that before the built-in origin.
    Raises UsageProblem for an unknown provider or an unusable URL, CredentialError for a key that
    cannot be sent. A missing key is no error here: `require_key`.
    """
    config = read_user_config(environ) if config is None else config
    endpoint = _find_endpoint(provider, environ, config)
    return _with_region(endpoint, environ) if endpoint.wire == "aws" else endpoint


def _find_endpoint(provider: str, environ: Mapping[str, str], config: UserConfig) -> Endpoint:
    facts = PROVIDERS.get(provider)
    if facts is not None and not facts.base_url and facts.base_url_variable is None:
        return Endpoint(provider, facts.wire, "", "built in", key_required=False)
    variable = facts.base_url_variable if facts is not None else None
    if facts is not None and variable is not None and environ.get(variable):
        return _from_environment(facts, variable, environ)
    entry = config.endpoints.get(provider)
    if entry is not None:
        return _from_config(provider, entry, config, environ)
    if facts is None:
        raise _unknown(provider, config, environ)
    if not facts.base_url:
        raise UsageProblem(
            f"{provider} has no address of its own: {variable} is not set",
            f"export {variable}=https://…, as the provider's console shows it",
        )
    variable = _key_variable(facts, environ)
    key = _read_key(variable, environ)
    if key is None and facts.key_required:
        key = _read_keyring(provider)
    return Endpoint(
        provider,
        facts.wire,
        facts.base_url + facts.path,
        "built in",
        key,
        variable,
        key_required=facts.key_required,
    )


def require_key(endpoint: Endpoint) -> None:
    """Raise KeyMissing if this origin answers nobody without a key and there is none."""
    if endpoint.key is None and endpoint.key_required:
        facts = PROVIDERS.get(endpoint.provider)
        others = facts.more_key_variables if facts is not None else ()
        hint = f"export {endpoint.key_variable}=…" + "".join(
            f"   (or: {name}=…)" for name in others
        )
        if importlib.util.find_spec("keyring") is not None:
            hint += f"   (or: keyring set {KEYRING_SERVICE} {endpoint.provider})"
        raise KeyMissing(
            f"no key for {endpoint.provider}: {endpoint.key_variable} is not set", hint
        )


def _from_environment(facts: ProviderFacts, variable: str, environ: Mapping[str, str]) -> Endpoint:
    given = environ[variable]
    url = _ollama_url(given) if facts.wire == "ollama" else given
    version = _api_version(facts.wire, environ)
    base_url = _completed(_normal_url(url, variable), facts, version)
    key_variable = _key_variable(facts, environ)
    key = _read_key(key_variable, environ)
    if key is not None and not is_private_channel(base_url):
        raise _insecure(facts.name, variable)
    # Another origin than the provider's own may well ask for no key: a local server, a gateway. Where
    # the provider has no address of its own, the variable names the provider itself.
    is_own = not facts.base_url and facts.key_required
    if key is None and is_own:
        key = _read_keyring(facts.name)
    return Endpoint(
        facts.name,
        facts.wire,
        base_url,
        variable,
        key,
        key_variable,
        key_required=is_own,
        api_version=version,
    )


def _key_variable(facts: ProviderFacts, environ: Mapping[str, str]) -> str | None:
    """The first of the provider's variables that is set, else the one to name."""
    names = (facts.key_variable, *facts.more_key_variables)
    return next((name for name in names if name and environ.get(name)), facts.key_variable)


def _with_region(endpoint: Endpoint, environ: Mapping[str, str]) -> Endpoint:
    """The endpoint with its region in the address, and with what a signature needs beside the key.

    Without a key nothing is sent, so the region may stay open.
    """
    variable = next((name for name in _REGIONS if environ.get(name)), _REGIONS[0])
    region = environ.get(variable, "")
    if region and not re.fullmatch(r"[a-z0-9-]{1,40}", region):
        raise UsageProblem(f"{variable} is no name of a region", f"export {variable}=us-east-1")
    signs = endpoint.key is not None and endpoint.key_variable == AWS_SECRET
    if not region and (signs or (endpoint.key is not None and "{region}" in endpoint.base_url)):
        raise UsageProblem(
            f"{endpoint.provider} needs a region: {variable} is not set",
            f"export {variable}=us-east-1",
        )
    base_url = endpoint.base_url.replace("{region}", region or f"${variable}")
    if not signs:
        return replace(endpoint, base_url=base_url)
    key_id = _read_key("AWS_ACCESS_KEY_ID", environ)
    if key_id is None:
        raise CredentialError(
            f"{AWS_SECRET} is set without AWS_ACCESS_KEY_ID", "export AWS_ACCESS_KEY_ID=…"
        )
    token = _read_key("AWS_SESSION_TOKEN", environ)
    signing = Signing(key_id.reveal(), region, token)
    return replace(endpoint, base_url=base_url, signing=signing)


def _from_config(
    provider: str, entry: UserEndpoint, config: UserConfig, environ: Mapping[str, str]
) -> Endpoint:
    facts = PROVIDERS.get(provider)
    source = str(config.file)
    wire = entry.api or (facts.wire if facts is not None else "openai")
    version = entry.api_version or _api_version(wire, environ)
    base_url = _normal_url(entry.base_url, f"{source}: endpoints.{provider}.base_url")
    base_url = _completed(base_url, facts or PROVIDERS.get(wire), version)
    key = _read_key(entry.key_variable, environ)
    if key is None and entry.key_variable is not None:
        key = _read_keyring(provider)
    carries_secret = key is not None or bool(entry.headers)
    if carries_secret and not entry.allow_insecure and not is_private_channel(base_url):
        raise _insecure(provider, source)
    return Endpoint(
        provider,
        wire,
        base_url,
        source,
        key,
        entry.key_variable,
        key_required=entry.key_variable is not None,
        headers=entry.headers,
        api_version=version,
    )


def _api_version(wire: str, environ: Mapping[str, str]) -> str | None:
    """The version for Azure's dated URLs, by our name for it or by that of OpenAI's own library."""
    if wire != "azure_openai":
        return None
    names = ("AZURE_OPENAI_API_VERSION", "OPENAI_API_VERSION")
    return next((environ[name] for name in names if environ.get(name)), None)


def _completed(base_url: str, facts: ProviderFacts | None, version: str | None) -> str:
    """The URL with the provider's own path, where it is only a host and no dated URL is wanted."""
    if facts is None or version is not None or urlsplit(base_url).path:
        return base_url
    return base_url + facts.path


def _insecure(provider: str, source: str) -> CredentialError:
    return CredentialError(
        f"the key for {provider} would travel unencrypted: {source} names an http:// URL",
        "use https://, unset the key, or set allow_insecure under endpoints in your own config.yaml",
    )


def _unknown(provider: str, config: UserConfig, environ: Mapping[str, str]) -> UsageProblem:
    known = ", ".join(sorted({*PROVIDERS, *config.endpoints}))
    path = user_config_path(environ)
    hint = f"name its base_url under endpoints in {path or 'your config.yaml'}"
    near = did_you_mean(provider, (*PROVIDERS, *config.endpoints))
    return UsageProblem(
        f"provider {shown(provider)} is not known here; known: {known}",
        f"{near} If not, {hint}" if near else hint,
    )


def _read_key(variable: str | None, environ: Mapping[str, str]) -> Secret | None:
    value = environ.get(variable, "") if variable is not None else ""
    if not value:
        return None
    if _KEY.fullmatch(value) is None:
        raise CredentialError(
            f"{variable} holds a blank, a line break or another character that no key has",
            f"set {variable} again, without quotes or blanks around the key",
        )
    return Secret(value)


def _read_keyring(provider: str) -> Secret | None:
    """The key that the user put into the operating system's keyring, where that extra is installed."""
    if importlib.util.find_spec("keyring") is None:
        return None
    import keyring  # optional, and slow to load: only when the environment has no key
    import keyring.errors

    try:
        value = keyring.get_password(KEYRING_SERVICE, provider)
    except keyring.errors.KeyringError:  # locked, or no backend on this machine
        return None
    return _read_key("the keyring", {"the keyring": value}) if value else None


def is_private_channel(base_url: str) -> bool:
    """Whether nobody on the way can read what is sent there: https, or this very machine."""
    parts = urlsplit(base_url)
    return parts.scheme == "https" or is_loopback(parts.hostname or "")


def _normal_url(url: str, source: str) -> str:
    """Scheme, host, port and path without a final slash. Never repeats a URL that holds a password."""
    problem = "it is not a URL"
    try:
        parts = urlsplit(url)
        port = parts.port
        problem = _url_problem(url, parts) or ""
    except ValueError:
        parts, port = SplitResult("", "", "", "", ""), None
    if problem:
        raise UsageProblem(f"{source}: {problem}", "for example https://api.example.com/v1")
    host = (parts.hostname or "").lower()
    host = f"[{host}]" if ":" in host else host
    shown_port = f":{port}" if port is not None else ""
    return f"{parts.scheme}://{host}{shown_port}{parts.path.rstrip('/')}"


def _url_problem(url: str, parts: SplitResult) -> str | None:
    if not url.isascii() or not url.isprintable() or " " in url or "\\" in url:
        return "a URL holds neither blanks nor characters outside ASCII"
    if parts.scheme not in ("http", "https"):
        return "the URL must begin with https:// or http://"
    if parts.username is not None or parts.password is not None:
        return "the URL holds a user name or password; keys have their own variables"
    if parts.query or parts.fragment:
        return "the URL must end with its path: no ? and no #"
    return None if parts.hostname else "the URL names no host"


def _ollama_url(given: str) -> str:
    """OLLAMA_HOST as Ollama's own tools read it: `host`, `host:port`, `:port` or a URL.

    Without a scheme the port is 11434; the address that a server listens on everywhere with is, for
    a client, this machine.
    """
    scheme, mark, rest = given.strip().strip("\"'").partition("://")
    if not mark:
        scheme, rest = "http", scheme
    authority, slash, path = rest.partition("/")
    if authority.count(":") > 1 and not authority.startswith("["):
        authority = f"[{authority}]"
    if authority.startswith(":") or not authority:
        authority = f"127.0.0.1{authority}"
    bare, colon, port = authority.rpartition(":")
    if not colon or "]" in port:
        bare, port = authority, "" if mark else str(_OLLAMA_PORT)
    host = {"0.0.0.0": "127.0.0.1", "[::]": "[::1]"}.get(bare, bare)
    return f"{scheme}://{host}{':' + port if port else ''}{slash}{path}"


def _mapping(given: Mapping[str, Json], name: str) -> Mapping[str, Json]:
    value = given.get(name)
    return value if isinstance(value, Mapping) else {}


def _text(given: Mapping[str, Json], name: str) -> str | None:
    value = given.get(name)
    return value if isinstance(value, str) else None
