"""What edge is told by its environment.

GUICHET_NATS_URL, GUICHET_KEYS_DIR: required.
GUICHET_EDGE_PORT, GUICHET_EDGE_TLS_PORT, GUICHET_HEALTH_PORT: 0 lets the system choose.
GUICHET_TLS_DIR: server.crt, server.key and ca.crt (or edge.crt, edge.key, authority.crt); no TLS listener without it.
GUICHET_BIND: address of the listeners, 127.0.0.1 by default. Plain TCP never leaves loopback.
GUICHET_ACQUIRERS: JSON, {"acq1": {"primary": ["host:port"], "secondary": ["host:port"], "sockets": 1}}; or
GUICHET_ACQUIRER_PRIMARY and GUICHET_ACQUIRER_SECONDARY, host:port, for the acquirer acq1.
GUICHET_INSTANCE (edge1), GUICHET_LOG_LEVEL (info).
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import msgspec

from edge.shell.limits import HOST_SOCKETS_MAX
from observability.process import SettingRefused, instance_of, log_level_of, port_of, required

DEFAULT_ACQUIRER: Final = "acq1"
_NAME: Final = re.compile(r"[a-z0-9-]{1,32}")
_LOOPBACK: Final = "127.0.0.1"


class Address(msgspec.Struct, frozen=True):
    """Where a host listens."""

    host: str
    port: int


class AcquirerSettings(msgspec.Struct, frozen=True):
    """The links of one acquirer."""

    name: str
    primary: tuple[Address, ...]
    secondary: tuple[Address, ...] = ()
    sockets: int = 1  # parallel connections to each address


class TlsFiles(msgspec.Struct, frozen=True):
    """PEM files: our certificate and key, and whom terminals' certificates must come from."""

    certificate: Path
    key: Path
    authority: Path


class Settings(msgspec.Struct, frozen=True):
    """Everything edge starts from."""

    nats_url: str
    keys_dir: Path
    instance: str = "edge1"
    bind: str = _LOOPBACK
    edge_port: int = 0
    edge_tls_port: int = 0
    health_port: int = 0
    tls: TlsFiles | None = None
    acquirers: tuple[AcquirerSettings, ...] = ()
    log_level: str = "info"

    def __repr__(self) -> str:
        return f"Settings(instance={self.instance!r})"


class _AcquirerJson(msgspec.Struct, forbid_unknown_fields=True):
    primary: list[str]
    secondary: list[str] = []
    sockets: int = 1


def settings_from(environment: Mapping[str, str]) -> Settings:
    """Return the settings. Raises: SettingRefused."""
    return Settings(
        nats_url=required(environment, "GUICHET_NATS_URL"),
        keys_dir=Path(required(environment, "GUICHET_KEYS_DIR")),
        instance=instance_of(environment, default="edge1"),
        bind=environment.get("GUICHET_BIND", _LOOPBACK),
        edge_port=port_of(environment, "GUICHET_EDGE_PORT"),
        edge_tls_port=port_of(environment, "GUICHET_EDGE_TLS_PORT"),
        health_port=port_of(environment, "GUICHET_HEALTH_PORT"),
        tls=tls_files_of(environment.get("GUICHET_TLS_DIR", "")),
        acquirers=_acquirers(environment),
        log_level=log_level_of(environment),
    )


def tls_files_of(folder: str) -> TlsFiles | None:
    """Return the files of a folder, None where none is named. Raises: SettingRefused."""
    if not folder:
        return None
    for certificate, key, authority in (
        ("server.crt", "server.key", "ca.crt"),
        ("edge.crt", "edge.key", "authority.crt"),
    ):
        files = TlsFiles(Path(folder, certificate), Path(folder, key), Path(folder, authority))
        if files.certificate.exists() and files.key.exists() and files.authority.exists():
            return files
    raise SettingRefused("GUICHET_TLS_DIR holds no server.crt, server.key and ca.crt")


def _acquirers(environment: Mapping[str, str]) -> tuple[AcquirerSettings, ...]:
    text = environment.get("GUICHET_ACQUIRERS", "")
    if not text:
        primary = environment.get("GUICHET_ACQUIRER_PRIMARY", "")
        secondary = environment.get("GUICHET_ACQUIRER_SECONDARY", "")
        if not primary:
            return ()
        return (
            AcquirerSettings(
                DEFAULT_ACQUIRER,
                (_address(primary, "GUICHET_ACQUIRER_PRIMARY"),),
                (_address(secondary, "GUICHET_ACQUIRER_SECONDARY"),) if secondary else (),
            ),
        )
    try:
        table = msgspec.json.decode(text, type=dict[str, _AcquirerJson])
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise SettingRefused(f"GUICHET_ACQUIRERS: {error}") from error
    acquirers: list[AcquirerSettings] = []
    for name, row in table.items():
        if not _NAME.fullmatch(name) or not row.primary or not 1 <= row.sockets <= HOST_SOCKETS_MAX:
            raise SettingRefused(
                f"GUICHET_ACQUIRERS: a name, a primary and 1 to {HOST_SOCKETS_MAX} sockets each"
            )
        primary = tuple(_address(part, "GUICHET_ACQUIRERS") for part in row.primary)
        secondary = tuple(_address(part, "GUICHET_ACQUIRERS") for part in row.secondary)
        acquirers.append(AcquirerSettings(name, primary, secondary, row.sockets))
    return tuple(acquirers)


def _address(text: str, setting: str) -> Address:
    host, separator, port = text.rpartition(":")
    if not separator or not host or not port.isdecimal() or not 0 < int(port) < 65536:
        raise SettingRefused(f"{setting} is not host:port")
    return Address(host.strip("[]"), int(port))
