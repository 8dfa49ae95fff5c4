"""What identity is told by its environment."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final, NamedTuple
from urllib.parse import urlsplit

from core.identity.access.seal import FactorSeal, load_or_make_key
from observability.process import SettingRefused

_PORTAL_BY_DEFAULT: Final = "http://localhost:8080"


class SignOnSettings(NamedTuple):
    """The identity provider; `repr` leaves the secret out."""

    issuer: str
    client_id: str
    client_secret: str
    name: str

    def __repr__(self) -> str:
        return f"SignOnSettings(issuer={self.issuer!r}, client_id={self.client_id!r})"


class AccessSettings(NamedTuple):
    """`portal_url` is where agents' browsers are: links in invitations, passkeys and single sign-on are bound to it."""

    seal: FactorSeal
    portal_url: str
    sign_on: SignOnSettings | None

    @property
    def relying_party(self) -> str:
        """The host that passkeys are bound to."""
        return urlsplit(self.portal_url).hostname or ""


def access_settings(environment: Mapping[str, str]) -> AccessSettings:
    """Read GUICHET_FACTOR_KEY_FILE (else GUICHET_DATA/secrets/factor-key), GUICHET_PORTAL_URL, GUICHET_OIDC_ISSUER,
    GUICHET_OIDC_CLIENT_ID, GUICHET_OIDC_SECRET_FILE, GUICHET_OIDC_NAME.

    Raises: SettingRefused, SecretUnusable.
    """
    portal_url = portal_url_of(environment)
    return AccessSettings(
        seal=FactorSeal(load_or_make_key(key_file(environment))),
        portal_url=portal_url,
        sign_on=_sign_on(environment),
    )


def portal_url_of(environment: Mapping[str, str]) -> str:
    """Return where agents find their portal. Reads GUICHET_PORTAL_URL. Raises: SettingRefused."""
    return site_of(environment, "GUICHET_PORTAL_URL", _PORTAL_BY_DEFAULT)


def site_of(environment: Mapping[str, str], setting: str, default: str) -> str:
    """Return an address that links begin with, without a slash at its end. Raises: SettingRefused."""
    url = environment.get(setting, default).rstrip("/")
    try:
        parts = urlsplit(url)
        is_named = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_named = False
    if not is_named:
        raise SettingRefused(f"{setting} must start with http:// or https:// and name a host")
    if any(sign in url for sign in "?#@ "):
        raise SettingRefused(f"{setting} has no user, query, fragment or space: links go on behind it")
    return url


def key_file(environment: Mapping[str, str]) -> Path:
    """Return where the key of the second factors is kept. Raises: SettingRefused."""
    if file := environment.get("GUICHET_FACTOR_KEY_FILE"):
        return Path(file)
    if folder := environment.get("GUICHET_DATA"):
        return Path(folder) / "secrets" / "factor-key"
    raise SettingRefused("GUICHET_FACTOR_KEY_FILE or GUICHET_DATA must be set")


def _sign_on(environment: Mapping[str, str]) -> SignOnSettings | None:
    issuer = environment.get("GUICHET_OIDC_ISSUER", "").rstrip("/")
    if not issuer:
        return None
    parts = urlsplit(issuer)
    local = parts.hostname in ("localhost", "127.0.0.1", "::1")
    if parts.scheme != "https" and not (parts.scheme == "http" and local):
        raise SettingRefused("GUICHET_OIDC_ISSUER must start with https://")
    client_id, file = environment.get("GUICHET_OIDC_CLIENT_ID"), environment.get("GUICHET_OIDC_SECRET_FILE")
    if not client_id or not file:
        raise SettingRefused(
            "GUICHET_OIDC_CLIENT_ID and GUICHET_OIDC_SECRET_FILE must be set with the issuer"
        )
    try:
        secret = Path(file).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise SettingRefused("GUICHET_OIDC_SECRET_FILE cannot be read") from error
    return SignOnSettings(issuer, client_id, secret, environment.get("GUICHET_OIDC_NAME", "SSO")[:40])
