"""Processes of the sandbox that cannot run say why in one line, before anything listens."""

import pytest

from deploy.sandbox import mailbox, receiver
from deploy.sandbox.shop import __main__ as shop
from deploy.sandbox.simulators.acquirer import __main__ as acquirer
from deploy.sandbox.simulators.bank import __main__ as bank
from deploy.sandbox.simulators.fleet import __main__ as fleet

PROCESSES = {
    "acquirer": (acquirer, ("GUICHET_ACQUIRER_PORT", "GUICHET_BOOK_DIR")),
    "bank": (bank, ("GUICHET_BANK_PORT", "GUICHET_BANK_KEY_FILE")),
    "fleet": (fleet, ("GUICHET_EDGE_PORT",)),
    "mailbox": (mailbox, ("GUICHET_SMTP_PORT", "GUICHET_HEALTH_PORT", "GUICHET_MAILBOX_DIR")),
    "receiver": (receiver, ("GUICHET_WEBHOOK_RECEIVER_KEY", "GUICHET_RECEIVER_DIR", "GUICHET_HEALTH_PORT")),
    "shop": (shop, ("GUICHET_HTTP_PORT", "GUICHET_SHOP_KEY_FILE", "GUICHET_GATEWAY_URL")),
}


@pytest.mark.parametrize(
    ("name", "missing"),
    [(name, setting) for name, (_, settings) in PROCESSES.items() for setting in settings],
)
def test_a_setting_that_is_missing_is_named(
    name: str,
    missing: str,
    tmp_path: object,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    module, settings = PROCESSES[name]
    for setting in settings:
        # A folder serves as a file here: the setting in question is looked at before it would be read.
        monkeypatch.setenv(setting, "1" if setting.endswith("_PORT") else str(tmp_path))
    monkeypatch.setenv(missing, "")
    assert module.main() == 78
    assert capsys.readouterr().err == f"{name}: {missing} is not set\n"
