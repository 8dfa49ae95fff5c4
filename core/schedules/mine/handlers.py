"""Operations of customers on what they bought: shown within the addresses that they proved, and nowhere else."""

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Final

import asyncpg

from core.contracts import my_orders as ask
from core.contracts.listing import Nothing
from core.contracts.references import Money
from core.contracts.refusals import NotFound
from core.db.rows import Connection
from core.documents.api import typeset
from core.identity.api import Customer
from core.schedules.mine import store
from core.schedules.mine.paper import paper_of
from core.schedules.mine.rules import ALL_STATES, STATES, need_of
from core.schedules.mine.views import debit_view, order_view, whole_view
from core.values.clock import Clock, paris_date
from core.values.cursors import CursorMalformed, id_of_part, page_of, parts_in

_PAPER: Final = Path(__file__).with_name("schedule.typ")
_PLACES: Final = ("1", "2", "3", "4")
_INSTITUTION_CHARACTERS_MAX: Final = 40


class MyOrderHandlers:
    """A customer's own purchases. Days are those of the schedules' calendar."""

    def __init__(
        self, pool: asyncpg.Pool, clock: Clock, calendar: Clock, environment: Mapping[str, str]
    ) -> None:
        self._pool = pool
        self._clock = clock
        self._calendar = calendar
        self._institution = environment.get("GUICHET_INSTITUTION", "Guichet")[:_INSTITUTION_CHARACTERS_MAX]

    async def summary(self, caller: Customer, _request: Nothing) -> ask.MySummary:
        """Return what needs the customer now."""
        async with self._pool.acquire() as connection:
            counts = await store.count_orders(connection, caller.emails)
            debit = await store.find_debit(connection, caller.emails)
        unpaid_minor = None if debit is None else debit["unpaid_minor"]
        return ask.MySummary(
            need=need_of(
                unpaid_orders=counts["unpaid_orders"],
                settling_orders=counts["settling_orders"],
                ended=counts["ended"],
                debit_state=None if debit is None else debit["state"],
                has_failed=debit is not None and debit["refused"] is not None,
            ),
            current=counts["current"],
            ended=counts["ended"],
            unpaid_orders=counts["unpaid_orders"],
            unpaid=None if not unpaid_minor or debit is None else Money(unpaid_minor, debit["currency"]),
            debit=None if debit is None else debit_view(debit, today=paris_date(self._calendar.now())),
        )

    async def orders(self, caller: Customer, request: ask.ListMyOrders) -> ask.MyOrderPage:
        """Return a page of schedules. Raises: CursorMalformed."""
        async with self._pool.acquire() as connection:
            found = await store.list_orders(
                connection,
                caller.emails,
                STATES[request.shown],
                after=_after(request.cursor),
                rows=request.limit + 1,
            )
            page, next_cursor = page_of(
                found, request.limit, lambda row: (str(row["place"]), ask.OrderId(row["id"].bytes).text)
            )
            instalments = await store.list_instalments(connection, page)
        today = paris_date(self._calendar.now())
        return ask.MyOrderPage(
            [order_view(row, instalments[row["id"].bytes], today=today) for row in page], next_cursor
        )

    async def order(self, caller: Customer, request: ask.OneMyOrder) -> ask.MyOrderView:
        """Return one schedule. Raises: NotFound."""
        return await self._find(caller, request.id)

    async def print_order(self, caller: Customer, request: ask.PrintMyOrder) -> bytes:
        """Return one schedule as a PDF. Raises: NotFound."""
        now = self._clock.now()
        order = await self._find(caller, request.id)
        paper = paper_of(order, caller.language, institution=self._institution, name=caller.name, made_at=now)
        return await typeset(_PAPER, paper, made_at=now)

    async def _find(self, caller: Customer, order_id: bytes) -> ask.MyOrderView:
        async with self._pool.acquire() as connection:
            return await find_whole(
                connection, caller.emails, order_id, today=paris_date(self._calendar.now())
            )


async def find_whole(
    connection: Connection, emails: Sequence[str], order_id: bytes, *, today: date
) -> ask.MyOrderView:
    """Return one schedule as whoever proved its address sees it. Raises: NotFound."""
    row = await store.find_order(connection, emails, ALL_STATES, order_id)
    if row is None:
        raise NotFound
    instalments = await store.list_instalments(connection, [row])
    changes = await store.list_changes(connection, order_id)
    return whole_view(row, instalments[order_id], changes, today=today)


def _after(cursor: str | None) -> tuple[int, bytes] | None:
    parts = parts_in(cursor, 2)
    if parts is None:
        return None
    if parts[0] not in _PLACES:
        raise CursorMalformed
    return int(parts[0]), id_of_part("order", parts[1])
