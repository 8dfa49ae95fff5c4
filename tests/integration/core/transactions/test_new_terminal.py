"""A terminal that a technician has just put into service takes a payment."""

from __future__ import annotations

import msgspec

from core.contracts.ids import StoreId, TerminalId
from core.contracts.permissions import Permission
from core.contracts.reasons import Reason
from core.contracts.terminals import ActivateTerminal, AssignTerminal, RetireTerminal
from core.terminals.api import AssigningHandlers
from tests.integration.core.transactions.test_two_person import person
from tests.integration.core.transactions.world import World


async def test_a_new_terminal_pays_once_it_is_activated_and_no_more_when_retired(world: World) -> None:
    estate = AssigningHandlers(world.pool, world.clock)
    technician = person(bytes(15) + b"\x21", "tech", Permission.TERMINALS_WRITE, Permission.DIRECTORY_READ)
    new = AssignTerminal(terminal="NEWTERM1", store_id=StoreId(world.directory.store.bytes), service="pax")
    made = await estate.assign(technician, new)
    terminal = TerminalId.read(msgspec.json.decode(made.body)["id"])
    raw = bytes(terminal)
    early = await world.pay(world.payment(terminal_id=raw))
    assert early.reason == Reason.TERMINAL_NOT_ACTIVE
    await estate.activate(technician, ActivateTerminal(id=terminal))
    paid = await world.pay(world.payment(terminal_id=raw))
    assert (paid.reason, paid.approved_minor) == (Reason.APPROVED, 1_250)
    await estate.retire(technician, RetireTerminal(id=terminal, reason="replaced"))
    late = await world.pay(world.payment(terminal_id=raw))
    assert late.reason == Reason.TERMINAL_NOT_ACTIVE
