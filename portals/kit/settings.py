"""Settings of a portal, read once from the environment."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from observability.client_address import TrustedProxies
from observability.process import SettingRefused, port_of, proxies_of


class Settings(msgspec.Struct, frozen=True):
    """Where the portal listens and whom it asks."""

    host: str
    port: int
    gateway_url: str
    secret_file: Path
    institution: str
    cookies_are_secure: bool
    proxies: TrustedProxies


def settings_from(environment: Mapping[str, str], *, port: int = 8080, face: str = "portal") -> Settings:
    """Return the settings; `port` and `face` say by default where it listens and how its secret is called.

    Raises: SettingRefused.
    """
    gateway_url = environment.get("GUICHET_GATEWAY_URL", "http://127.0.0.1:8081").rstrip("/")
    if urlsplit(gateway_url).scheme not in ("http", "https"):
        raise SettingRefused("GUICHET_GATEWAY_URL must start with http:// or https://")
    return Settings(
        host=environment.get("GUICHET_HTTP_HOST", "127.0.0.1"),
        port=port_of(environment, "GUICHET_HTTP_PORT", default=port),
        gateway_url=gateway_url,
        secret_file=Path(environment.get("GUICHET_SECRET_FILE", f".data/secrets/{face}")),
        institution=environment.get("GUICHET_INSTITUTION", "Guichet")[:40],
        cookies_are_secure=environment.get("GUICHET_COOKIES_SECURE", "0") == "1",
        # Nobody by default: a browser that comes straight to the portal may write what it likes.
        proxies=proxies_of(environment, default=""),
    )
