"""A customer settles what is unpaid: choice, card, bank, first part; once whatever tabs, clicks and banks do (S2.36 to S2.42)."""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Literal
from uuid import UUID

import pytest

from core.cards.api import Authentications, CardTokenRefused, CardTriesTooMany
from core.cards.handlers import FrameHandlers
from core.cards.tries import ORDER_A_DAY_MAX
from core.contracts.cards import (
    Authenticate,
    Authenticated,
    CardTokenId,
    Language,
    Returned,
    Tokenise,
    Tokenised,
)
from core.contracts.payment import SealedCard
from core.contracts.reasons import Reason
from core.contracts.refusals import NotFound
from core.identity.api import KeyReused
from core.schedules.collecting.first_debits import FirstDebits
from core.schedules.settlements.errors import (
    NothingToSettle,
    SettlementAmountChanged,
    SettlementCardUnusable,
    SettlementOvertaken,
    SettlementsTooMany,
    SettlementUnderWay,
)
from core.schedules.settlements.handlers import MySettlementHandlers
from core.schedules.settlements.rules import ASKED_A_DAY_MAX, PAGES_OPEN_MAX
from core.schedules.settlements.settling import Asked, Settlements
from tests.integration.core.schedules.shop import Shop
from tests.integration.core.schedules.test_settlements import ALL_COLLECTED, check, parts_of, state_of, unpaid
from tests.integration.core.transactions import stand_in_host as behaviour

EMAILS = ("odette@example.com",)
PROOF = "AAABBJg0VhI0VniQEjRWAAAAAAA="
VOUCHES = Authenticated("Y", "acs-1", "ds-1", "05", PROOF)
CHALLENGES = Authenticated("C", "acs-1", "ds-1", acs_url="https://bank.example/challenge")


@dataclass
class Customer:
    """Whose e-mail is that of the order, before an issuer that answers what the test says."""

    shop: Shop
    answer: Authenticated = VOUCHES
    asked: list[Authenticate] = field(default_factory=list)
    keys: int = 0

    def __post_init__(self) -> None:
        world, calendar = self.shop.world, self.shop.calendar
        self.authentications = Authentications(
            world.pool, world.clock, self, frame_url="https://cards.example"
        )
        self.door = Settlements(
            world.pool,
            world.clock,
            calendar,
            self.authentications,
            FirstDebits(world.pool, world.desk, world.clock, calendar),
            frame_url="https://cards.example",
            space_url="https://space.example",
        )
        self.handlers = MySettlementHandlers(world.pool, world.clock, calendar, self.door)

    async def authenticate(self, asked: Authenticate) -> Authenticated:
        """Issuer."""
        self.asked.append(asked)
        return self.answer

    async def pay(
        self,
        order: UUID,
        parts: int,
        amount_minor: int,
        *,
        token: bytes | None = None,
        key: str = "",
        emails: tuple[str, ...] = EMAILS,
        language: Language = "fr",
    ) -> None:
        """Settle, each time under a key of its own but where the test says one."""
        self.keys += 1
        await self.door.pay(
            Asked(order.bytes, emails, parts, amount_minor, language),
            order="ord_1",
            token_id=token,
            key=key or f"key-{self.keys}",
        )

    async def go_on(self, order: UUID) -> None:
        await self.door.go_on(order.bytes, EMAILS, order="ord_1", language="fr")

    async def comes_back(self, said: Literal["Y", "N"] = "Y", *, is_cancelled: bool = False) -> None:
        """Have the bank say what became of the challenge."""
        authentication: Any = await self.shop.value(
            "SELECT id FROM card_authentication WHERE state = 'challenged' ORDER BY id DESC LIMIT 1"
        )
        proof = ("05", PROOF) if said == "Y" else ("", "")
        word = Returned(authentication.bytes, "acs-1", "ds-1", "browser", said, is_cancelled, *proof)
        await self.authentications.returned(word)

    async def types_a_card(self, order: UUID, parts: int, amount_minor: int) -> bytes:
        """Open the frame and type another card; return its token."""
        return CardTokenId.read((await self.tries_a_card(order, parts, amount_minor, expiry="3011")).token)

    async def tries_a_card(self, order: UUID, parts: int, amount_minor: int, *, expiry: str) -> Tokenised:
        """Open the frame and type another card; return what the page says."""
        opened = await self.door.open_frame(
            Asked(order.bytes, EMAILS, parts, amount_minor, "fr"), order="ord_1"
        )
        secret = opened.address.rpartition("/")[2]
        typed = Tokenise(
            hashlib.sha256(secret.encode()).digest(),
            SealedCard(b"\1another", 4_242, "497010", "0009", expiry, 2),
            "frame-1",
        )
        frame = FrameHandlers(self.shop.world.pool, self.shop.world.clock, self.shop.calendar)
        return await frame.tokenise(typed)

    async def sent(self) -> int:
        """How often the host was asked for a payment."""
        return len(self.shop.world.host.messages("0200"))


@pytest.fixture
def customer(shop: Shop) -> Customer:
    return Customer(shop)


async def test_s2_37_paid_at_once_by_the_card_of_the_order_it_is_settled(customer: Customer) -> None:
    shop = customer.shop
    order, _ = await unpaid(shop)
    await customer.pay(order, 1, 4_265)
    assert await state_of(shop, order) == "settled"
    (asked,) = customer.asked
    assert (asked.amount_minor, asked.payee) == (
        4_265,
        await shop.value("SELECT legal_name FROM company LIMIT 1"),
    )
    (request,) = shop.world.host.messages("0200")
    assert (request.initiator, request.authentication) == ("C104", f"05{PROOF}ds-1")
    await check(shop)


async def test_s2_38_in_two_or_three_parts_the_bank_is_shown_the_first_one(customer: Customer) -> None:
    shop = customer.shop
    order, _ = await unpaid(shop, 5_000, 15_918)
    await customer.pay(order, 2, 15_918)
    assert await parts_of(shop, order) == [(3, 7_959, "paid"), (4, 7_959, "upcoming")]
    assert customer.asked[0].amount_minor == 7_959
    assert await shop.order_state(order) == "being_settled"
    await check(shop)


async def test_s2_39_challenged_nothing_is_debited_until_the_customer_is_back(customer: Customer) -> None:
    shop = customer.shop
    customer.answer = CHALLENGES
    order, _ = await unpaid(shop)
    await customer.pay(order, 1, 4_265)
    await customer.go_on(order)
    assert await customer.sent() == 0
    await customer.comes_back()
    # Both ways back arrive together, and the page is read again.
    await asyncio.gather(*(customer.go_on(order) for _ in range(3)))
    await customer.go_on(order)
    assert await state_of(shop, order) == "settled"
    assert await customer.sent() == 1
    await check(shop)


@pytest.mark.parametrize("language", ["fr", "en"])
async def test_the_card_frame_and_the_bank_speak_as_the_customer_reads(
    customer: Customer, language: Language
) -> None:
    shop = customer.shop
    order, _ = await unpaid(shop)
    await shop.value(
        "UPDATE purchase_order SET language = $2 WHERE id = $1 RETURNING id",
        order,
        "en" if language == "fr" else "fr",
    )
    asked = Asked(order.bytes, EMAILS, 1, 4_265, language)
    await customer.door.open_frame(asked, order="ord_1")
    assert await shop.value("SELECT language FROM frame_session ORDER BY id DESC LIMIT 1") == language
    await customer.pay(order, 1, 4_265, language=language)
    assert [each.language for each in customer.asked] == [language]


@pytest.mark.parametrize("is_cancelled", [False, True])
async def test_s2_40_a_challenge_that_fails_or_is_given_up_debits_nothing(
    customer: Customer, is_cancelled: bool
) -> None:
    shop = customer.shop
    customer.answer = CHALLENGES
    order, _ = await unpaid(shop)
    await customer.pay(order, 1, 4_265)
    await customer.comes_back("N", is_cancelled=is_cancelled)
    await customer.go_on(order)
    assert await customer.sent() == 0
    assert await shop.order_state(order) == "unpaid"
    refusal = await shop.value("SELECT refusal FROM settlement WHERE order_id = $1", order)
    assert refusal == f"authentication_{'abandoned' if is_cancelled else 'failed'}"
    # And the way is free for another try.
    customer.answer = VOUCHES
    await customer.pay(order, 1, 4_265)
    assert await state_of(shop, order) == "settled"
    await check(shop)


async def test_s2_40_declined_the_reason_is_kept_and_another_card_may_be_typed(customer: Customer) -> None:
    shop = customer.shop
    order, _ = await unpaid(shop)
    shop.world.host.script.append(behaviour.DECLINE)
    await customer.pay(order, 2, 4_265)
    assert (
        await shop.value("SELECT refusal FROM settlement WHERE order_id = $1", order) == "insufficient_funds"
    )
    before = await shop.value("SELECT card_id FROM purchase_order WHERE id = $1", order)
    token = await customer.types_a_card(order, 2, 4_265)
    await customer.pay(order, 2, 4_265, token=token)
    assert await shop.order_state(order) == "being_settled"
    card = await shop.value("SELECT card_id FROM purchase_order WHERE id = $1", order)
    assert await shop.value("SELECT last_four FROM stored_card WHERE id = $1", card) == "0009"
    assert await shop.value("SELECT released_at IS NOT NULL FROM stored_card WHERE id = $1", before)
    # The run collects the other part by it.
    shop.later(days=62)
    assert await shop.collect(await shop.run()) == 2
    assert {each.card_expiry for each in shop.world.host.messages("0200")[-2:]} == {"3011"}
    assert await shop.value(ALL_COLLECTED, order) == 4_265 * 2
    await check(shop)


async def test_s2_40_while_a_payment_is_under_way_no_other_is_asked(customer: Customer) -> None:
    shop = customer.shop
    order, _ = await unpaid(shop)
    shop.world.host.script.append(behaviour.SILENT)
    await customer.pay(order, 1, 4_265)
    with pytest.raises(SettlementUnderWay):
        await customer.pay(order, 3, 4_265)
    with pytest.raises(SettlementUnderWay):
        await customer.door.open_frame(Asked(order.bytes, EMAILS, 1, 4_265, "fr"), order="ord_1")
    await customer.go_on(order)
    assert await customer.sent() == 1


async def test_two_tabs_and_double_clicks_debit_once(customer: Customer) -> None:
    shop = customer.shop
    order, _ = await unpaid(shop)
    done = await asyncio.gather(
        customer.pay(order, 1, 4_265, key="a"),
        customer.pay(order, 1, 4_265, key="a"),
        customer.pay(order, 3, 4_265, key="b"),
        return_exceptions=True,
    )
    refused = [each for each in done if each is not None]
    assert all(isinstance(each, SettlementUnderWay | NothingToSettle) for each in refused), refused
    assert await customer.sent() == 1
    with pytest.raises(NothingToSettle):
        await customer.pay(order, 1, 4_265)
    await check(shop)


async def test_a_key_acts_once_for_good_and_for_one_request(customer: Customer) -> None:
    shop = customer.shop
    order, _ = await unpaid(shop)
    await customer.pay(order, 1, 4_265, key="a")
    await customer.pay(order, 1, 4_265, key="a")
    with pytest.raises(KeyReused):
        await customer.pay(order, 2, 4_265, key="a")
    assert await customer.sent() == 1


async def test_another_sum_than_was_shown_is_refused_and_nothing_is_written(customer: Customer) -> None:
    shop = customer.shop
    order, _ = await unpaid(shop)
    for parts, amount_minor in ((1, 4_264), (2, 8_530), (3, 1)):
        with pytest.raises(SettlementAmountChanged):
            await customer.pay(order, parts, amount_minor)
    assert await shop.value("SELECT count(*) FROM settlement WHERE order_id = $1", order) == 0


async def test_what_is_cancelled_while_the_customer_is_at_their_bank_is_not_debited(
    customer: Customer,
) -> None:
    shop = customer.shop
    customer.answer = CHALLENGES
    order, instalments = await unpaid(shop, 5_000, 4_000)
    await customer.pay(order, 1, 4_000)
    await shop.world.owner.execute("UPDATE instalment SET amount_minor = 3000 WHERE id = $1", instalments[1])
    await customer.comes_back()
    await customer.go_on(order)
    assert await customer.sent() == 0
    assert await shop.value("SELECT refusal FROM settlement WHERE order_id = $1", order) == "amount_changed"


async def test_another_customer_s_order_is_not_found(customer: Customer) -> None:
    order, _ = await unpaid(customer.shop)
    with pytest.raises(NotFound):
        await customer.pay(order, 1, 4_265, emails=("somebody@example.com",))
    with pytest.raises(NotFound):
        await customer.door.go_on(order.bytes, ("somebody@example.com",), order="ord_1", language="fr")


async def test_a_token_is_spent_once_and_for_its_own_settlement(customer: Customer) -> None:
    shop = customer.shop
    one, _ = await unpaid(shop)
    other, _ = await unpaid(shop)
    token = await customer.types_a_card(one, 1, 4_265)
    await customer.types_a_card(other, 1, 4_265)
    with pytest.raises(CardTokenRefused):
        await customer.pay(other, 1, 4_265, token=token)
    # Chosen anew in another tab, the page of the first choice is over.
    await customer.types_a_card(one, 3, 4_265)
    with pytest.raises(CardTokenRefused):
        await customer.pay(one, 3, 4_265, token=token)
    again = await customer.types_a_card(one, 3, 4_265)
    await customer.pay(one, 3, 4_265, token=again)
    with pytest.raises(NothingToSettle):
        await customer.pay(one, 3, 4_265, token=again)
    assert await customer.sent() == 1


async def test_a_card_that_cannot_pay_all_parts_is_refused_before_anything_is_asked(
    customer: Customer,
) -> None:
    shop = customer.shop
    soon = f"{shop.today():%y%m}"
    order, _ = await unpaid(shop)
    card = await shop.value("SELECT card_id FROM purchase_order WHERE id = $1", order)
    await shop.world.owner.execute("UPDATE stored_card SET expiry = $2 WHERE id = $1", card, soon)
    with pytest.raises(SettlementCardUnusable):
        await customer.pay(order, 3, 4_265)
    await shop.world.owner.execute(
        "UPDATE stored_card SET expiry = '9912', refused_reason = $2, refused_at = now() WHERE id = $1",
        card,
        Reason.STOLEN_CARD,
    )
    with pytest.raises(SettlementCardUnusable):
        await customer.pay(order, 1, 4_265)
    assert customer.asked == []


async def test_a_card_that_takes_the_order_over_is_good_for_what_else_is_to_come(customer: Customer) -> None:
    shop = customer.shop
    order, instalments = await unpaid(shop, due_in_days=300)
    last_on = shop.today() + timedelta(days=330)
    soon = f"{shop.today() + timedelta(days=100):%y%m}"
    assert (await customer.tries_a_card(order, 1, 4_265, expiry=soon)).outcome == "card_ends_too_soon"
    made = await customer.tries_a_card(order, 1, 4_265, expiry=f"{last_on:%y%m}")
    assert made.outcome == "made"
    # A debit is moved before the card is used.
    move = "UPDATE instalment SET due_on = $2 WHERE id = $1"
    await shop.world.owner.execute(move, instalments[2], last_on + timedelta(days=40))
    with pytest.raises(SettlementCardUnusable):
        await customer.pay(order, 1, 4_265, token=CardTokenId.read(made.token))
    assert await customer.sent() == 0
    await shop.world.owner.execute(move, instalments[2], last_on)
    await customer.pay(order, 1, 4_265, token=CardTokenId.read(made.token))
    assert await state_of(shop, order) == "settled"


async def test_so_many_tries_a_day_and_no_more_whoever_refuses_them(customer: Customer) -> None:
    shop = customer.shop
    order, _ = await unpaid(shop)
    for number in range(ORDER_A_DAY_MAX):
        # The bank declines one, and does not authenticate the holder of the next.
        customer.answer = Authenticated("N", "acs-1", "ds-1") if number % 2 else VOUCHES
        if number % 2 == 0:
            shop.world.host.script.append(behaviour.DECLINE)
        await customer.pay(order, 1, 4_265)
    customer.answer = VOUCHES
    with pytest.raises(CardTriesTooMany):
        await customer.pay(order, 1, 4_265)
    with pytest.raises(CardTriesTooMany):
        await customer.types_a_card(order, 1, 4_265)
    assert await customer.sent() == ORDER_A_DAY_MAX // 2
    shop.later(days=1)
    await customer.pay(order, 1, 4_265)
    assert await state_of(shop, order) == "settled"


async def test_so_many_pages_are_open_for_an_order_whatever_is_chosen(customer: Customer) -> None:
    order, _ = await unpaid(customer.shop)
    for number in range(PAGES_OPEN_MAX):
        await customer.types_a_card(order, 1 + number % 2, 4_265)
    with pytest.raises(SettlementsTooMany):
        await customer.types_a_card(order, 3, 4_265)


async def test_so_many_settlements_are_begun_a_day_and_the_next_day_forgets_them(customer: Customer) -> None:
    shop = customer.shop
    order, _ = await unpaid(shop)
    await shop.world.owner.execute(
        "INSERT INTO settlement (order_id, parts, amount_minor, asked_at, state, refusal, ended_at)"
        " SELECT $1, 1, 4265, $2, 'given_up', 'superseded', $2 FROM generate_series(1, $3)",
        order,
        shop.calendar.now(),
        ASKED_A_DAY_MAX,
    )
    with pytest.raises(SettlementsTooMany):
        await customer.pay(order, 1, 4_265)
    shop.later(days=1)
    await customer.pay(order, 1, 4_265)
    assert await state_of(shop, order) == "settled"


async def test_a_page_of_a_choice_that_another_tab_took_on_is_over(customer: Customer) -> None:
    shop = customer.shop
    customer.answer = CHALLENGES
    order, _ = await unpaid(shop)
    token = await customer.types_a_card(order, 1, 4_265)
    await customer.pay(order, 1, 4_265)
    with pytest.raises(SettlementOvertaken):
        await customer.pay(order, 1, 4_265, token=token)
