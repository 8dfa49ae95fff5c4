"""Whatever course an order takes, its sums are exact, nothing is charged twice, and its state is told by its facts."""

from __future__ import annotations

from datetime import date
from itertools import permutations
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from core.contracts.orders import InstalmentState
from core.schedules.orders.model import Due, Facts
from core.schedules.orders.rules import (
    balance_of,
    cancellable_minor,
    new_schedule,
    refundable_minor,
    state_of,
)
from core.schedules.settlements.rules import counts_for, later_parts, parts_for


class Course(RuleBasedStateMachine):
    """An order as whoever buys, collects and cancels changes its facts, each change followed by its balance."""

    facts: Facts

    @initialize(
        amount_minor=st.integers(10, 100_000),
        parts=st.sampled_from((2, 3, 4, 10)),
        fee_minor=st.integers(0, 500),
    )
    def buy(self, amount_minor: int, parts: int, fee_minor: int) -> None:
        schedule = new_schedule(
            amount_minor=amount_minor,
            fee_minor=fee_minor,
            purchased_on=date(2026, 11, 30),
            parts=parts,
            step_unit="months",
            step_count=1,
        )
        dues = tuple(Due(part.number, part.amount_minor, part.fee_minor, "upcoming") for part in schedule)
        self.facts = Facts(amount_minor, fee_minor, 0, 0, False, False, dues)
        self.charged: dict[int, int] = {}
        self.sent: dict[int, int] = {}
        self.tried: list[int] = []  # what a settlement takes over whose first part is on its way

    def follow(self, **changes: Any) -> None:
        """Change facts, and let everything follow from them."""
        facts = self.facts._replace(**changes)
        balance = balance_of(facts)
        self.facts = facts._replace(
            dues=balance.dues, refunded_minor=facts.refunded_minor + balance.refund_minor
        )

    def move(self, number: int, state: InstalmentState) -> None:
        """Let one instalment be in another state."""
        dues = tuple(due._replace(state=state) if due.number == number else due for due in self.facts.dues)
        self.follow(dues=dues, is_active=self.facts.is_active or state == "paid")

    def one(self, data: st.DataObject, *states: InstalmentState) -> int | None:
        """Return an instalment in one of these states; the first of all is tried first."""
        numbers = [due.number for due in self.facts.counted if due.state in states]
        if not numbers or (not self.facts.is_active and numbers[0] != 1):
            return None
        return data.draw(st.sampled_from(numbers)) if self.facts.is_active else 1

    @rule(data=st.data())
    def claim(self, data: st.DataObject) -> None:
        number = self.one(data, "upcoming")
        if number is not None and not self.facts.is_abandoned:
            self.sent[number] = next(due.amount_minor for due in self.facts.dues if due.number == number)
            self.move(number, "in_progress")

    @rule(data=st.data())
    def approve(self, data: st.DataObject) -> None:
        number = self.one(data, "in_progress")
        if number is not None:
            assert number not in self.charged, "an instalment is charged once"
            self.charged[number] = self.sent[number]
            self.move(number, "paid")

    @rule(data=st.data(), state=st.sampled_from(("upcoming", "unpaid")))
    def decline(self, data: st.DataObject, state: InstalmentState) -> None:
        number = self.one(data, "in_progress")
        if number is not None:
            self.move(number, state if self.facts.is_active else "upcoming")

    @precondition(lambda self: not self.tried and state_of(self.facts) == "unpaid")
    @rule(data=st.data())
    def begin_to_settle(self, data: st.DataObject) -> None:
        """Send the first part of a settlement: until it is paid, what is unpaid is owed as before."""
        self.tried = [due.number for due in self.facts.counted if due.state == "unpaid"]
        owed_minor = sum(due.amount_minor for due in self.facts.counted if due.state == "unpaid")
        self.count = data.draw(st.sampled_from(counts_for(owed_minor)))
        first, *later = parts_for(owed_minor, self.count, today=date(2027, 1, 31))
        assert first.amount_minor + sum(part.amount_minor for part in later) == owed_minor
        number = max(due.number for due in self.facts.dues) + 1
        part = Due(number, first.amount_minor, 0, "in_progress", is_part=True, counts=False)
        self.sent[number] = first.amount_minor
        self.follow(dues=(*self.facts.dues, part))

    @precondition(lambda self: self.tried)
    @rule()
    def settle(self) -> None:
        """Let the first part be paid, maybe late: what is left of what it takes over is owed by the later parts."""
        first = next(due for due in self.facts.dues if due.state == "in_progress" and not due.counts)
        taken = [due for due in self.facts.dues if due.number in self.tried and due.state == "unpaid"]
        parts = later_parts(
            sum(due.amount_minor for due in taken),
            self.count,
            first_minor=first.amount_minor,
            first_on=date(2027, 1, 31),
        )
        dues = [
            due._replace(counts=False)
            if due in taken
            else due._replace(state="paid", counts=True)
            if due is first
            else due
            for due in self.facts.dues
        ]
        last = max(due.number for due in dues)
        dues += [
            Due(last + place, part.amount_minor, 0, "upcoming", is_part=True)
            for place, part in enumerate(parts, start=1)
        ]
        assert first.number not in self.charged, "a first part is charged once"
        self.charged[first.number] = self.sent[first.number]
        self.tried = []
        self.follow(dues=tuple(dues))

    @precondition(lambda self: self.tried)
    @rule()
    def refuse_to_settle(self) -> None:
        """Let the first part be refused, or reversed: nothing has changed."""
        self.tried = []
        before = [due for due in self.facts.dues if due.counts]
        self.follow(
            dues=tuple(
                due._replace(state="cancelled", amount_minor=0)
                if due.state == "in_progress" and not due.counts
                else due
                for due in self.facts.dues
            )
        )
        assert [due for due in self.facts.dues if due.counts] == before

    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        if most := cancellable_minor(self.facts):
            amount_minor = data.draw(st.integers(1, most))
            self.follow(cancelled_minor=self.facts.cancelled_minor + amount_minor)

    @rule(data=st.data())
    def give_back(self, data: st.DataObject) -> None:
        if most := refundable_minor(self.facts):
            amount_minor = data.draw(st.integers(1, most))
            self.follow(
                cancelled_minor=self.facts.cancelled_minor + amount_minor,
                refunded_minor=self.facts.refunded_minor + amount_minor,
            )

    @precondition(lambda self: not self.facts.is_active)
    @rule()
    def abandon(self) -> None:
        if all(due.state == "upcoming" for due in self.facts.dues):
            self.follow(is_abandoned=True)

    @invariant()
    def sums_are_exact(self) -> None:
        facts = self.facts
        assert facts.paid_minor == sum(self.charged.values()), "what is paid is what was charged"
        kept = facts.paid_minor - facts.refunded_minor
        moving = sum(due.amount_minor for due in facts.counted if due.state == "in_progress")
        to_pay = sum(due.amount_minor for due in facts.counted if due.state in ("upcoming", "unpaid"))
        assert 0 <= kept <= facts.owed_minor, "nobody keeps more than is owed"
        assert kept + moving + to_pay == max(facts.owed_minor, kept + moving)
        assert all(
            due.amount_minor == self.sent[due.number] for due in facts.dues if due.state == "in_progress"
        ), "what was sent stays as it was sent"

    @invariant()
    def everything_follows_from_the_facts(self) -> None:
        again = balance_of(self.facts)
        assert again.dues == self.facts.dues
        assert again.refund_minor == 0
        assert state_of(self.facts) == state_of(self.facts._replace(dues=tuple(reversed(self.facts.dues))))
        if state_of(self.facts) in ("settled", "cancelled", "abandoned"):
            assert not [due for due in self.facts.counted if due.state in ("upcoming", "unpaid")]
        settling = [due for due in self.facts.counted if due.is_part and due.state == "upcoming"]
        assert not settling or state_of(self.facts) == "being_settled"


def test_the_order_in_which_parts_are_cancelled_does_not_matter() -> None:
    schedule = (Due(1, 4_266, 0, "paid"), Due(2, 4_265, 0, "upcoming"), Due(3, 4_265, 0, "upcoming"))
    found = set()
    for amounts in permutations((1_000, 2_500, 5_033)):
        facts = Facts(12_796, 0, 0, 0, True, False, schedule)
        for amount_minor in amounts:
            facts = facts._replace(cancelled_minor=facts.cancelled_minor + amount_minor)
            balance = balance_of(facts)
            facts = facts._replace(
                dues=balance.dues, refunded_minor=facts.refunded_minor + balance.refund_minor
            )
        found.add((facts.owed_minor, facts.refunded_minor, sum(due.amount_minor for due in facts.dues)))
    assert len(found) == 1


TestCourse = Course.TestCase
TestCourse.settings = settings(max_examples=40, stateful_step_count=25, deadline=None)
