"""A terminal that a technician has just put into service takes a payment."""

from __future__ import annotations

import msgspec

from core.contracts.estate import AssignTerminal, TerminalAct
from core.contracts.permissions import Permission
from core.contracts.reasons import Reason
from core.terminals.api import AssigningHandlers
from core.values.ids import decode_id
from tests.integration.core.transactions.test_two_person import person
from tests.integration.core.transactions.world import World


async def test_a_new_terminal_pays_once_it_is_activated_and_no_more_when_retired(world: World) -> None:
    estate = AssigningHandlers(world.pool, world.clock)
    technician = person(bytes(15) + b"\x21", "tech", Permission.TERMINALS_WRITE, Permission.DIRECTORY_READ)
    made = await estate.assign(technician, AssignTerminal("NEWTERM1", world.directory.store.bytes, "pax"))
    raw = decode_id("terminal", msgspec.json.decode(made.body)["id"])
    early = await world.pay(world.payment(terminal_id=raw))
    assert early.reason == Reason.TERMINAL_NOT_ACTIVE
    await estate.activate(technician, TerminalAct(raw))
    paid = await world.pay(world.payment(terminal_id=raw))
    assert (paid.reason, paid.approved_minor) == (Reason.APPROVED, 1_250)
    await estate.retire(technician, TerminalAct(raw, "replaced"))
    late = await world.pay(world.payment(terminal_id=raw))
    assert late.reason == Reason.TERMINAL_NOT_ACTIVE
