"""Configuration of the gateway, from the environment."""

from collections.abc import Mapping
from typing import Final, NamedTuple

from observability.client_address import TrustedProxies
from observability.process import instance_of, log_level_of, port_of, proxies_of, required

# The portal of the same machine or pod; whoever puts it elsewhere says where.
_PROXIES_BY_DEFAULT: Final = "127.0.0.1, ::1"


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


def settings_from(environment: Mapping[str, str]) -> Settings:
    """Read GUICHET_NATS_URL, GUICHET_HTTP_HOST, GUICHET_HTTP_PORT, GUICHET_INSTANCE, GUICHET_LOG_LEVEL and
    GUICHET_TRUSTED_PROXIES.

    Raises: SettingRefused.
    """
    return Settings(
        nats_url=required(environment, "GUICHET_NATS_URL"),
        host=environment.get("GUICHET_HTTP_HOST", "127.0.0.1"),
        port=port_of(environment, "GUICHET_HTTP_PORT", default=8080),
        instance=instance_of(environment, default="gateway"),
        log_level=log_level_of(environment),
        proxies=proxies_of(environment, default=_PROXIES_BY_DEFAULT),
    )
