"""V11: what is booked is what the host answered, and that is what it was asked. V10 advices: and what its terminal said."""

from typing import Any, Final

import asyncpg
import msgspec

from core.contracts.states import Kind, State
from core.db.queries import load_beside
from core.values.ids import encode_id
from core.verify.model import EXAMPLES_MAX, Finding, Said, transactions_in

ROWS_AT_ONCE: Final = 5_000

# What an answer repeats of its question where it holds it (ISO 8583 data elements); the amount is compared apart.
_REPEATED: Final = (2, 3, 7, 11, 12, 13, 14, 37, 41, 49)
_APPROVALS: Final = frozenset({"00", "08", "11", "16"})
_PARTIAL, _IF_ZERO = "10", "85"

_SALES: Final = frozenset({"", "00", "01", "09"})
_SOLD: Final = frozenset({"", *_APPROVALS, _PARTIAL, "Y1", "Y2", "Y3"})

_SQL = load_beside(__file__)
_decode = msgspec.msgpack.Decoder(list[dict[int, Any]], strict=False).decode
_decode_one = msgspec.msgpack.Decoder(dict[int, Any], strict=False).decode


async def check_answers(connection: asyncpg.Connection) -> Finding:
    """V11. The messages are those that the events keep, compared here without the code that compared them first."""
    finding = Finding("V11")
    row = await connection.fetchrow(_SQL.misread_answers)
    if row is not None:
        finding.checked, finding.breaches = row["checked"], row["breaches"]
        finding.found = transactions_in(row["examples"])
    exchanges = 0
    async for event in connection.cursor(_SQL.booked_exchanges, prefetch=ROWS_AT_ONCE):
        exchanges += 1
        about = encode_id("transaction", event["attempt_id"].bytes)
        differing = _differing(event)
        if differing is None:
            finding.breach("answer.unreadable", id=about)
        elif differing:
            finding.breach("answer.differs", fields=differing, id=about)
    finding.remark = Said("note.exchanges", {"count": exchanges})
    del finding.found[EXAMPLES_MAX:]
    return finding


async def check_advices(connection: asyncpg.Connection) -> Finding:
    """V10 advices. What was booked off line is a sale that its message says was made, and no completion of a hold."""
    finding = Finding("V10 advices")
    row = await connection.fetchrow(_SQL.sales_beside_their_hold)
    if row is not None:
        finding.breaches, finding.found = row["breaches"], transactions_in(row["examples"])
    async for fact in connection.cursor(_SQL.list_booked_facts, prefetch=ROWS_AT_ONCE):
        finding.checked += 1
        try:
            message = _decode_one(fact["request"])
        except msgspec.MsgspecError:
            continue  # Kept by an earlier version, or not kept at all.
        sort, code = (str(message.get(number, "")).strip() for number in (3, 39))
        if sort[:2] not in _SALES or code not in _SOLD:
            finding.breaches += 1
            finding.found += transactions_in([fact["id"]])
    del finding.found[EXAMPLES_MAX:]
    return finding


def _differing(event: asyncpg.Record) -> list[int] | None:
    """Return the fields in which an exchange does not warrant what was booked on it; None for one that cannot be read."""
    try:
        messages = _decode(event["detail"])
    except msgspec.MsgspecError:
        return None
    if len(messages) < 2 or not messages[-1]:
        return []
    asked, answered = messages[-2:]
    differing = [
        number
        for number in _REPEATED
        if number in asked and number in answered and asked[number] != answered[number]
    ]
    code = answered.get(39)
    if event["state"] == State.PARTIALLY_APPROVED:
        if code != _PARTIAL:
            differing.append(39)
    elif code not in _APPROVALS and not (code == _IF_ZERO and event["kind"] == Kind.VERIFICATION):
        differing.append(39)
    booked_minor = event["booked_minor"]
    if 4 in answered and event["kind"] != Kind.VERIFICATION and booked_minor not in (None, int(answered[4])):
        differing.append(4)
    return differing
