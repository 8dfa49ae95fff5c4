"""Configuration of the gateway, from the environment."""

import os
import re
from collections.abc import Mapping
from typing import Final, NamedTuple

from observability.client_address import ProxiesMalformed, TrustedProxies

_INSTANCE = re.compile(r"[a-z0-9-]{1,32}")
# The portal of the same machine or pod; whoever puts it elsewhere says where.
_PROXIES_BY_DEFAULT: Final = "127.0.0.1, ::1"


class ConfigurationRefused(Exception):
    """A setting is missing or malformed; the message names it and never its value."""


class Settings(NamedTuple):
    """The bus's address holds a password: never log it."""

    nats_url: str
    host: str
    port: int
    instance: str
    log_level: str
    proxies: TrustedProxies

    def __repr__(self) -> str:
        return f"Settings(host={self.host!r}, port={self.port}, instance={self.instance!r})"


def settings_from(environment: Mapping[str, str] = os.environ) -> Settings:
    """Read GUICHET_NATS_URL, GUICHET_HTTP_HOST, GUICHET_HTTP_PORT, GUICHET_INSTANCE, GUICHET_LOG_LEVEL and
    GUICHET_TRUSTED_PROXIES.

    Raises: ConfigurationRefused.
    """
    nats_url = environment.get("GUICHET_NATS_URL", "")
    if not nats_url:
        raise ConfigurationRefused("GUICHET_NATS_URL is not set")
    port = environment.get("GUICHET_HTTP_PORT", "8080")
    if not port.isdigit() or not 1 <= int(port) <= 65535:
        raise ConfigurationRefused("GUICHET_HTTP_PORT is not a port")
    instance = environment.get("GUICHET_INSTANCE", "gateway")
    if not _INSTANCE.fullmatch(instance):
        raise ConfigurationRefused("GUICHET_INSTANCE takes 1 to 32 lower-case letters, digits and dashes")
    try:
        proxies = TrustedProxies.parse(environment.get("GUICHET_TRUSTED_PROXIES", _PROXIES_BY_DEFAULT))
    except ProxiesMalformed as error:
        raise ConfigurationRefused(
            "GUICHET_TRUSTED_PROXIES takes addresses and networks, separated by commas"
        ) from error
    return Settings(
        nats_url=nats_url,
        host=environment.get("GUICHET_HTTP_HOST", "127.0.0.1"),
        port=int(port),
        instance=instance,
        log_level=environment.get("GUICHET_LOG_LEVEL", "info"),
        proxies=proxies,
    )
