"""Settings of the agents' portal, read once from the environment."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from observability.client_address import ProxiesMalformed, TrustedProxies

_LOOPBACK = "127.0.0.1"


class SettingMalformed(Exception):
    """An environment variable holds what it may not; the message names it."""


class Settings(msgspec.Struct, frozen=True):
    """Where the portal listens and whom it asks."""

    host: str
    port: int
    gateway_url: str
    secret_file: Path
    institution: str
    cookies_are_secure: bool
    proxies: TrustedProxies


def from_environment() -> Settings:
    """Return the settings. Raises: SettingMalformed."""
    port = os.environ.get("GUICHET_HTTP_PORT", "8080")
    if not port.isdigit() or not 0 < int(port) < 65_536:
        raise SettingMalformed("GUICHET_HTTP_PORT must be a port between 1 and 65535")
    gateway_url = os.environ.get("GUICHET_GATEWAY_URL", "http://127.0.0.1:8081").rstrip("/")
    if urlsplit(gateway_url).scheme not in ("http", "https"):
        raise SettingMalformed("GUICHET_GATEWAY_URL must start with http:// or https://")
    try:
        # Nobody by default: a browser that comes straight to the portal may write what it likes.
        proxies = TrustedProxies.parse(os.environ.get("GUICHET_TRUSTED_PROXIES", ""))
    except ProxiesMalformed as error:
        raise SettingMalformed(
            "GUICHET_TRUSTED_PROXIES takes addresses and networks, separated by commas"
        ) from error
    return Settings(
        host=os.environ.get("GUICHET_HTTP_HOST", _LOOPBACK),
        port=int(port),
        gateway_url=gateway_url,
        secret_file=Path(os.environ.get("GUICHET_SECRET_FILE", ".data/secrets/portal-agent")),
        institution=os.environ.get("GUICHET_INSTITUTION", "Guichet")[:40],
        cookies_are_secure=os.environ.get("GUICHET_COOKIES_SECURE", "0") == "1",
        proxies=proxies,
    )
