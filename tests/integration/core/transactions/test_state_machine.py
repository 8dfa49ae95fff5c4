"""The engine under random histories: payments, reversals, completions, refunds, blocks, crashes, deliveries.

GUICHET_STATE_MACHINE_EXAMPLES and GUICHET_STATE_MACHINE_STEPS lengthen it; the defaults keep within half a minute.
"""

from __future__ import annotations

import asyncio
import itertools
import os
from collections.abc import Coroutine
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from core.contracts.payment import DELIVERY_ACCEPTED, DELIVERY_AGAIN, Authorise, AuthoriseReply, Book
from core.contracts.reasons import Reason
from core.contracts.states import Kind, State
from core.values.ids import rrn_of
from tests.integration.core.transactions import stand_in_host as behaviour
from tests.integration.core.transactions.invariants import check_books_agree, check_invariants
from tests.integration.core.transactions.world import CARD, World, until

EXAMPLES = int(os.environ.get("GUICHET_STATE_MACHINE_EXAMPLES", "12"))
STEPS = int(os.environ.get("GUICHET_STATE_MACHINE_STEPS", "30"))

MOODS = st.sampled_from(
    [
        behaviour.APPROVE,
        behaviour.APPROVE,
        behaviour.APPROVE,
        behaviour.PARTIAL,
        behaviour.DECLINE,
        behaviour.SILENT,
        behaviour.LATE,
        behaviour.TWICE,
        behaviour.NOT_SENT,
        behaviour.ODD_CODE,
        behaviour.OTHER_AMOUNT,
        behaviour.OTHER_CARD,
        behaviour.LOOSE_AMOUNT,
    ]
)
DELIVERY_ANSWERS = st.lists(
    st.sampled_from(
        [("00", DELIVERY_ACCEPTED), ("94", DELIVERY_ACCEPTED), ("91", DELIVERY_AGAIN), ("77", DELIVERY_AGAIN)]
    ),
    max_size=3,
)
DELIVERY_ROUNDS_MAX = 50
"""What the host never accepts must fail the check that follows, not go round for ever."""
AMOUNTS = st.integers(min_value=2, max_value=5_000)
ZONES = {"75": 1, "971": -4, "974": 4, "987": -10}
"""Departments of four time zones, with their hours from UTC."""
BLOCKS = {
    "terminal": ("UPDATE terminal SET blocked_at = {}", Reason.TERMINAL_BLOCKED),
    "store": ("UPDATE store SET blocked_at = {}", Reason.STORE_BLOCKED),
    "service": ("UPDATE service SET blocked_at = {}", Reason.SERVICE_BLOCKED),
}
_ticks = itertools.count(1)
APPROVALS = (Reason.APPROVED, Reason.PARTIAL_APPROVAL)


class EngineMachine(RuleBasedStateMachine):
    """One terminal's estate, lived at random; every step ends with the invariants asked of the database."""

    world: World
    loop: asyncio.AbstractEventLoop
    payments = Bundle("payments")
    holds = Bundle("holds")
    bookings = Bundle("bookings")
    refunds = Bundle("refunds")

    def run_in_loop(self, work: Coroutine[Any, Any, Any]) -> Any:
        """Run a step in the loop of the engine, which lives in the test's own thread."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(timeout=30)

    @initialize(department=st.sampled_from(sorted(ZONES)), field_7=st.sampled_from(["utc", "local"]))
    def begin(self, department: str, field_7: str) -> None:
        self.blocked: set[str] = set()
        self.cancelled: set[bytes] = set()  # by the agent
        self.hours, self.field_7 = ZONES[department], field_7
        self.reset_stans = 0

        async def work() -> None:
            await self.world.reset()
            await self.world.owner.execute("UPDATE store SET department = $1", department)

        self.run_in_loop(work())

    def _clock(self) -> dict[str, Any]:
        """Return the times and the date of a message by the terminal's own clock."""
        now = self.world.clock.now() + timedelta(microseconds=next(_ticks))
        local = now + timedelta(hours=self.hours)
        sent = now if self.field_7 == "utc" else local
        return {
            "transmitted_at": f"{sent:%m%d%H%M%S}",
            "local_time": f"{local:%m%d%H%M%S}",
            "business_date": local.date().toordinal(),
        }

    async def _pay(self, item: Authorise, mood: str) -> AuthoriseReply:
        self.world.host.script.append(mood)
        reply = await self.world.pay(item)
        if self.world.host.script:
            self.world.host.script.clear()  # Refused before the host was asked.
        return reply

    @rule(target=payments, amount=AMOUNTS, mood=MOODS, partial_ok=st.booleans())
    def pay(self, amount: int, mood: str, partial_ok: bool) -> Authorise:
        item = self.world.payment(amount_minor=amount, partial_ok=partial_ok, **self._clock())
        self._check_first(self.run_in_loop(self._pay(item, mood)), amount)
        return item

    @rule(target=holds, amount=AMOUNTS, mood=MOODS, partial_ok=st.booleans())
    def preauthorise(self, amount: int, mood: str, partial_ok: bool) -> Authorise:
        item = self.world.authorisation(amount_minor=amount, partial_ok=partial_ok, **self._clock())
        self._check_first(self.run_in_loop(self._pay(item, mood)), amount)
        return item

    def _check_first(self, reply: AuthoriseReply, amount: int) -> None:
        if self.blocked:
            assert reply.reason in {BLOCKS[target][1] for target in self.blocked}
        assert reply.approved_minor == 0 or reply.reason in APPROVALS
        if reply.reason == Reason.APPROVED:
            assert reply.approved_minor == amount

    @rule(item=st.one_of(payments, holds))
    def repeat(self, item: Authorise) -> None:
        async def work() -> None:
            reply = await self.world.pay(self.world.again(item))
            row = await self.world.row_of_key(item)
            expected = {State.REVERSED: Reason.ALREADY_REVERSED, State.UNKNOWN: Reason.HOST_NO_REPLY}
            assert reply.reason == expected.get(State(row["state"]), row["reason"])
            first = await self.world.owner.fetchval(
                "SELECT first_approved($1, $2, $3)", row["id"], row["business_date"], row["approved_minor"]
            )
            assert reply.approved_minor == (first if reply.reason in APPROVALS else 0)

        self.run_in_loop(work())

    @rule(item=st.one_of(payments, holds), days=st.sampled_from([0, 1, 2]), second=st.integers(0, 59))
    def repeat_after_midnight(self, item: Authorise, days: int, second: int) -> None:
        """All times of a repeat are its own, on a day that may be another."""

        async def work() -> None:
            before = await self.world.owner.fetchval("SELECT count(*) FROM attempt")
            at = f"{item.local_time[:4]}0000{second:02d}"
            reply = await self.world.pay(
                self.world.again(
                    item,
                    repeat=True,
                    business_date=item.business_date + days,
                    local_time=at,
                    transmitted_at=at,
                )
            )
            row = await self.world.row_of_key(item)
            expected = {State.REVERSED: Reason.ALREADY_REVERSED, State.UNKNOWN: Reason.HOST_NO_REPLY}
            assert reply.reason == expected.get(State(row["state"]), row["reason"])
            assert await self.world.owner.fetchval("SELECT count(*) FROM attempt") == before

        self.run_in_loop(work())

    @rule(item=st.one_of(payments, holds), second=st.integers(0, 59))
    def ask_anew_after_a_counter_reset(self, item: Authorise, second: int) -> None:
        """The same card, price and number on one day, and not a repeat: never told the other one's answer."""
        at = f"{item.local_time[:4]}0000{second:02d}"
        reply = self.run_in_loop(self.world.pay(self.world.again(item, local_time=at, transmitted_at=at)))
        if at != item.local_time:
            assert (reply.approved_minor, reply.reason in APPROVALS) == (0, False)

    @rule(item=st.one_of(payments, holds))
    def repeat_with_another_body(self, item: Authorise) -> None:
        reply = self.run_in_loop(self.world.pay(self.world.again(item, body_hash=77)))
        assert reply.reason in (Reason.REPEAT_DIFFERS, Reason.ALREADY_REVERSED)

    @rule(item=st.one_of(payments, holds, bookings, refunds))
    def reverse(self, item: Authorise | Book) -> None:
        # Where it looks first is a hint and no more: a terminal of another zone names another date.
        hint = item.business_date + 1
        first = self.run_in_loop(self.world.reverse(item, original_business_date=hint))
        again = self.run_in_loop(self.world.reverse(item))
        assert first.reason == again.reason
        assert first.reason in (Reason.APPROVED, Reason.ALREADY_CAPTURED)

    @rule(item=st.one_of(payments, holds), part=st.sampled_from([1, 50, 99, 100]))
    def reverse_a_part(self, item: Authorise, part: int) -> None:
        async def work() -> None:
            before = await self.world.row_of_key(item)
            stays = max(1, before["approved_minor"] * part // 100)
            reply = await self.world.reverse(item, replacement_minor=stays)
            after = await self.world.row_of_key(item)
            if reply.reason == Reason.APPROVED:
                assert after["approved_minor"] == stays or after["state"] == State.REVERSED
                assert after["approved_minor"] <= before["approved_minor"]
            else:
                assert (after["state"], after["approved_minor"]) == (
                    before["state"],
                    before["approved_minor"],
                )
            assert (await self.world.reverse(item, replacement_minor=stays)).reason == reply.reason

        self.run_in_loop(work())

    @rule(
        item=st.one_of(payments, holds), change=st.sampled_from(["amount", "card", "currency", "reference"])
    )
    def reverse_what_disagrees(self, item: Authorise, change: str) -> None:
        changes: dict[str, Any] = {
            "amount": {"amount_minor": item.amount_minor + 1_000_000},
            "card": {"card": msgspec.structs.replace(CARD, fingerprint=1)},
            "currency": {"currency": "USD"},
            # One of a terminal's own contradicts nothing; one of ours names another payment.
            "reference": {"original_rrn": rrn_of(self.world.new_id())},
        }[change]

        async def work() -> None:
            before = await self.world.row_of_key(item)
            reply = await self.world.reverse(item, **changes)
            assert reply.reason == Reason.ORIGINAL_DISAGREES
            assert (await self.world.row_of_key(item))["state"] == before["state"]

        self.run_in_loop(work())

    @rule(target=payments, earlier=payments, amount=AMOUNTS)
    def pay_after_a_counter_reset(self, earlier: Authorise, amount: int) -> Authorise:
        """The number of an earlier payment again, on another day by the terminal's clock."""
        self.reset_stans += 1
        item = self.world.payment(
            amount_minor=amount + 10_000 * self.reset_stans,
            stan=earlier.stan,
            body_hash=1_000 + self.reset_stans,
            **{
                **self._clock(),
                # Days of their own, or two of them would be one message by number and day.
                # The day of a store overseas may be the one before that of Paris.
                "business_date": self.world.today() - 1 - self.reset_stans,
                "transmitted_at": f"{earlier.transmitted_at[:6]}{self.reset_stans % 15:02d}{self.reset_stans:02d}",
            },
        )
        self.run_in_loop(self._pay(item, behaviour.APPROVE))
        return item

    @rule(target=payments, amount=AMOUNTS)
    def reverse_before_paying(self, amount: int) -> Authorise:
        item = self.world.payment(amount_minor=amount, **self._clock())
        assert self.run_in_loop(self.world.reverse(item)).reason == Reason.APPROVED
        reply = self.run_in_loop(self.world.pay(item))
        # A block is told before all that follows from the payment itself, also to one that can never stand.
        refusals = {BLOCKS[target][1] for target in self.blocked} or {Reason.ALREADY_REVERSED}
        assert reply.reason in refusals
        row = self.run_in_loop(self.world.row_of_key(item))
        assert (row["state"], row["reason"], row["approved_minor"]) == (State.DECLINED, reply.reason, 0)
        return item

    @precondition(lambda self: not self.blocked)
    @rule(target=payments, amount=AMOUNTS)
    def reverse_while_paying(self, amount: int) -> Authorise:
        item = self.world.payment(amount_minor=amount, **self._clock())

        async def work() -> None:
            self.world.host.script.append(behaviour.HOLD)
            self.world.send(item)
            await until(lambda: item.id in self.world.host.held)
            assert (await self.world.reverse(item)).reason == Reason.APPROVED
            self.world.host.held.pop(item.id)()
            assert (await self.world.answer_to(item)).reason == Reason.HOST_NO_REPLY

        self.run_in_loop(work())
        return item

    @rule(target=bookings, hold=holds, part=st.sampled_from([50, 100, 101]))
    def complete(self, hold: Authorise, part: int) -> Book:
        asked = self.world.completion(
            hold, amount_minor=max(hold.amount_minor * part // 100, part // 101 * 5_001)
        )

        async def work() -> None:
            before = await self.world.row_of_key(hold)
            reply = await self.world.book(asked)
            allowed = before["state"] in (State.APPROVED, State.PARTIALLY_APPROVED)
            fits = 0 < asked.amount_minor <= before["approved_minor"]
            assert (reply.reason == Reason.APPROVED) == (allowed and fits)
            again = await self.world.book(asked)
            assert (again.reason, again.approved_minor) == (reply.reason, reply.approved_minor)

        self.run_in_loop(work())
        return asked

    @rule(target=bookings, amount=AMOUNTS)
    def advise(self, amount: int) -> Book:
        asked = self.world.booking(Kind.ADVICE, amount_minor=amount)
        assert self.run_in_loop(self.world.book(asked)).reason == Reason.APPROVED
        assert self.run_in_loop(self.world.book(asked)).reason == Reason.APPROVED
        return asked

    @rule(
        target=refunds,
        item=payments,
        part=st.sampled_from([30, 60, 100, 150]),
        mood=st.sampled_from(
            [
                behaviour.APPROVE,
                behaviour.DECLINE,
                behaviour.SILENT,
                behaviour.NOT_SENT,
                behaviour.ODD_CODE,
                behaviour.OTHER_AMOUNT,
                behaviour.LOOSE_AMOUNT,
            ]
        ),
    )
    def refund(self, item: Authorise, part: int, mood: str) -> Authorise:
        asked = self.world.refund(item, amount_minor=max(1, item.amount_minor * part // 100))
        reply = self.run_in_loop(self._pay(asked, mood))
        assert reply.reason != Reason.APPROVED or not self.blocked
        again = self.run_in_loop(self.world.pay(self.world.again(asked)))
        assert (again.reason, again.approved_minor) == (reply.reason, reply.approved_minor)
        return asked

    @rule(item=st.one_of(payments, holds))
    def cancel_by_agent(self, item: Authorise) -> None:
        async def work() -> None:
            row = await self.world.row_of_key(item)
            if row["id"].bytes != item.id:
                return  # A mark of a reversal that came first: agents see no payment there.
            reply = await self.world.cancel(item)
            if row["state"] in (State.CAPTURED, State.REFUNDED):
                assert reply.reason == Reason.ALREADY_CAPTURED
            elif (
                row["state"] in (State.REVERSED, State.DECLINED, State.UNKNOWN)
                and item.id not in self.cancelled
            ):
                assert reply.reason == Reason.ALREADY_REVERSED  # No act of this agent's.
            else:
                assert reply.reason == Reason.APPROVED
                self.cancelled.add(item.id)

        self.run_in_loop(work())

    @rule(target_name=st.sampled_from(sorted(BLOCKS)))
    def block(self, target_name: str) -> None:
        self.run_in_loop(self.world.owner.execute(BLOCKS[target_name][0].format("now()")))
        self.blocked.add(target_name)

    @precondition(lambda self: self.blocked)
    @rule()
    def unblock(self) -> None:
        for target in sorted(self.blocked):
            self.run_in_loop(self.world.owner.execute(BLOCKS[target][0].format("NULL")))
        self.blocked.clear()

    @rule(refuses=st.booleans())
    def deliver(self, refuses: bool) -> None:
        async def work() -> None:
            self.world.host.refuse_deliveries = refuses
            await self.world.make_due()
            await self.world.deliver()
            self.world.host.refuse_deliveries = False

        self.run_in_loop(work())

    @rule(answers=DELIVERY_ANSWERS)
    def deliver_to_a_host_that_says_anything(self, answers: list[tuple[str, int]]) -> None:
        async def work() -> None:
            self.world.host.delivery_codes.extend(answers)
            await self.world.make_due()
            await self.world.deliver()
            self.world.host.delivery_codes.clear()

        self.run_in_loop(work())

    @rule()
    def sweep(self) -> None:
        assert self.run_in_loop(self.world.sweeper.round()) == 0  # A living engine leaves nothing sent.

    @rule()
    def end_of_day(self) -> None:
        self.run_in_loop(self.world.day_passes())

    @rule()
    def totals(self) -> None:
        async def work() -> None:
            ours_of_days = [
                await self.world.totals(row["business_date"].toordinal())
                for row in await self.world.owner.fetch("SELECT DISTINCT business_date FROM attempt")
            ]
            bought = await self.world.owner.fetchval(
                """
                SELECT coalesce(sum(approved_minor), 0)::bigint FROM attempt
                WHERE kind IN (2, 5, 6) AND state NOT IN (5, 6, 7)
                """
            )
            assert sum(ours.debit_minor for ours in ours_of_days) == bought

        self.run_in_loop(work())

    @precondition(lambda self: not self.blocked)
    @rule(target=payments, amount=AMOUNTS)
    def crash_while_paying(self, amount: int) -> Authorise:
        item = self.world.payment(amount_minor=amount, **self._clock())

        async def work() -> None:
            self.world.host.script.append(behaviour.HOLD)
            self.world.send(item)
            await until(lambda: item.id in self.world.host.held)
            await self.world.crash_engine()
            self.world.host.held.pop(item.id)()
            await self.world.start_engine()
            await self.world.make_overdue()
            assert await self.world.restarted_sweeper().round() == 1
            assert (await self.world.row(item.id))["state"] == State.UNKNOWN

        self.run_in_loop(work())
        return item

    @invariant()
    def books_balance(self) -> None:
        self.run_in_loop(check_invariants(self.world))

    def teardown(self) -> None:
        """Drain: nothing is left open, and the host's own book is ours."""

        async def work() -> None:
            await self.world.make_due()
            for _ in range(DELIVERY_ROUNDS_MAX):
                if not await self.world.deliver():
                    break
                await self.world.make_due()
            await check_invariants(self.world)
            await check_books_agree(self.world)
            for reply in self.world.told:
                if reply.reason in APPROVALS and reply.approved_minor:
                    assert reply.rrn in self.world.host.book or reply.rrn in await self.world.offline_rrns()

        self.run_in_loop(work())


async def test_any_history_keeps_the_books(world: World) -> None:
    loop = asyncio.get_running_loop()
    machine = type("Machine", (EngineMachine,), {"world": world, "loop": loop})
    await asyncio.to_thread(
        run_state_machine_as_test,
        machine,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            deadline=None,
            suppress_health_check=(HealthCheck.too_slow, HealthCheck.filter_too_much),
            print_blob=True,
        ),
    )


@pytest.mark.parametrize("reference", [rrn_of(bytes(16)), "", "??"])
async def test_a_completion_of_nothing_is_refused_where_a_number_names_it_and_else_a_sale(
    world: World, reference: str
) -> None:
    about = {"original_message_class": 1, "original_stan": 999_998}
    named = world.booking(Kind.COMPLETION, original_rrn=reference, **about)
    assert (await world.book(named)).reason == Reason.ORIGINAL_NOT_FOUND
    sale = world.booking(Kind.COMPLETION, original_rrn=reference)
    assert (await world.book(sale)).reason == Reason.APPROVED
    assert (await world.row(sale.id))["kind"] == Kind.ADVICE
