"""What webhooks are told by their environment."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final, NamedTuple

from core.identity.api import Seal, key_file, load_or_make_key
from observability.process import SettingRefused

_PURPOSE: Final = "webhook secret"
_ALLOWED: Final = "allowed"


class WebhookSettings(NamedTuple):
    """`loopback`: receivers on this very machine are allowed, as the sandbox has them."""

    seal: Seal
    loopback: bool


def webhook_settings(environment: Mapping[str, str]) -> WebhookSettings:
    """Read GUICHET_WEBHOOK_KEY_FILE (else `webhook-key` beside the key of the second factors), GUICHET_WEBHOOK_LOOPBACK.

    Raises: SettingRefused.
    """
    named = environment.get("GUICHET_WEBHOOK_KEY_FILE")
    file = Path(named) if named else key_file(environment).with_name("webhook-key")
    loopback = environment.get("GUICHET_WEBHOOK_LOOPBACK", "")
    if loopback not in ("", _ALLOWED):
        raise SettingRefused(f"GUICHET_WEBHOOK_LOOPBACK is empty or {_ALLOWED}")
    return WebhookSettings(Seal(load_or_make_key(file), _PURPOSE), loopback == _ALLOWED)
