"""What the card frame is told by its environment.

GUICHET_NATS_URL, GUICHET_KEYS_DIR: required; the keys are edge's.
GUICHET_FRAME_PORT, GUICHET_FRAME_TLS_PORT, GUICHET_HEALTH_PORT: 0 lets the system choose.
GUICHET_TLS_DIR: as for edge; no TLS listener without it.
GUICHET_BIND: address of the TLS listener, 127.0.0.1 by default. Plain HTTP never leaves loopback.
GUICHET_CARD_FRAME_URL: where browsers and issuers find it; http://localhost and GUICHET_FRAME_PORT by default.
GUICHET_DIRECTORY_URL, GUICHET_ISSUER_CERTIFICATE: the directory server of 3-D Secure, and the certificate (PEM, EC P-256)
under which issuers sign; without them no holder can be authenticated.
GUICHET_TRUSTED_PROXIES, GUICHET_INSTANCE (cards1), GUICHET_LOG_LEVEL (info).
"""

from collections.abc import Mapping
from pathlib import Path

import msgspec
from joserfc.jwk import ECKey

from edge.cards.issuers import signer_of, url_setting
from edge.settings import TlsFiles, tls_files_of
from observability.client_address import TrustedProxies
from observability.process import instance_of, log_level_of, port_of, proxies_of, required

_LOOPBACK = "127.0.0.1"


class Settings(msgspec.Struct, frozen=True):
    """Everything the card frame starts from; the bus's address holds a password."""

    nats_url: str
    keys_dir: Path
    instance: str
    bind: str
    port: int
    tls_port: int
    health_port: int
    tls: TlsFiles | None
    frame_url: str
    directory_url: str
    signer: ECKey | None
    proxies: TrustedProxies
    log_level: str

    def __repr__(self) -> str:
        return f"Settings(instance={self.instance!r})"


def settings_from(environment: Mapping[str, str]) -> Settings:
    """Return the settings. Raises: SettingRefused."""
    port = port_of(environment, "GUICHET_FRAME_PORT")
    return Settings(
        nats_url=required(environment, "GUICHET_NATS_URL"),
        keys_dir=Path(required(environment, "GUICHET_KEYS_DIR")),
        instance=instance_of(environment, default="cards1"),
        bind=environment.get("GUICHET_BIND", _LOOPBACK),
        port=port,
        tls_port=port_of(environment, "GUICHET_FRAME_TLS_PORT"),
        health_port=port_of(environment, "GUICHET_HEALTH_PORT"),
        tls=tls_files_of(environment.get("GUICHET_TLS_DIR", "")),
        frame_url=url_setting(environment.get("GUICHET_CARD_FRAME_URL", ""), "GUICHET_CARD_FRAME_URL")
        or f"http://localhost:{port}",
        directory_url=url_setting(environment.get("GUICHET_DIRECTORY_URL", ""), "GUICHET_DIRECTORY_URL"),
        signer=signer_of(environment.get("GUICHET_ISSUER_CERTIFICATE", "")),
        proxies=proxies_of(environment, default=""),
        log_level=log_level_of(environment),
    )
