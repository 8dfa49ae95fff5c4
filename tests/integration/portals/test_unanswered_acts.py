"""An act that got no answer may be under way: its form stays as it was sent, under the same key."""

from __future__ import annotations

import re

import asyncpg

from core.contracts.states import State
from core.values.ids import encode_id
from tests.integration.portals.conftest import Portal
from tests.support.desk import add_attempt

_FORM = re.compile(r'<form method="post" action="/transactions/\w+/refund".*?</form>', re.DOTALL)
_HIDDEN = re.compile(r'<input type="hidden" name="(\w+)" value="([^"]*)"')


async def test_a_refund_without_an_answer_can_be_sent_again_as_it_was(portal: Portal) -> None:
    rows = await asyncpg.connect(portal.dsn)
    paid = await add_attempt(rows, terminal="T0000001", state=State.CAPTURED, captured_minor=1_250)
    await rows.close()
    address = f"/transactions/{encode_id('transaction', paid)}"
    headers = {"cookie": portal.readers["superviseur@guichet.example"].cookies}
    page = await portal.client.get(address, headers=headers)
    given = [each.partition(";")[0] for each in page.headers.get_list("set-cookie")]
    headers["cookie"] = "; ".join([headers["cookie"], *given])
    form = _FORM.search(page.text)
    assert form is not None
    sent = dict(_HIDDEN.findall(form[0])) | {"amount": "3,00", "reason": "article rendu"}
    # No engine runs here: core cannot say what became of it.
    answer = await portal.client.post(
        f"{address}/refund", data=sent, headers={**headers, "origin": "http://portal"}
    )
    assert answer.status_code == 422
    assert "il ne sera exécuté qu" in answer.text
    again = _FORM.search(answer.text)
    assert again is not None
    assert dict(_HIDDEN.findall(again[0]))["idempotency_key"] == sent["idempotency_key"]
    assert 'value="3,00"' in again[0]
    assert 'value="article rendu"' in again[0]
