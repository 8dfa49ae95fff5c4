"""An order is paid by a card that was typed: one authentication and one debit, whatever arrives how often and how late."""

from __future__ import annotations

import asyncio
import hashlib
import secrets
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec
import pytest

from core.bus import Bus
from core.cards.api import (
    Authentications,
    CardTokenRefused,
    CardTriesTooMany,
    Payer,
    count_try,
    open_frame,
    refuse_tries,
)
from core.cards.handlers import FrameHandlers
from core.cards.tries import ORDER_A_DAY_MAX, ORDER_MAX, PAYER_A_DAY_MAX
from core.contracts.cards import (
    Authenticate,
    Authenticated,
    CardTokenId,
    Returned,
    SealedCode,
    TakeCode,
    Tokenise,
    code_subject,
)
from core.contracts.payment import SealedCard
from core.contracts.refusals import FieldRefused, NotFound
from core.contracts.states import Brand
from core.contracts.subjects import inbox_prefix
from core.schedules.collecting.first_debits import FirstDebits
from core.schedules.orders.api import abandon
from core.schedules.paying.errors import OrderNotPayable, PaymentUnderWay
from core.schedules.paying.paying import Asked, Payment, Payments
from tests.integration.core.schedules.shop import Shop
from tests.integration.core.transactions import stand_in_host as behaviour
from tests.integration.core.transactions.invariants import check_books_agree, check_invariants

PROOF = "AAABBJg0VhI0VniQEjRWAAAAAAA="
VOUCHES = Authenticated("Y", "acs-1", "ds-1", "05", PROOF)
CHALLENGES = Authenticated("C", "acs-1", "ds-1", acs_url="https://bank.example/challenge")
BACK = "https://shop.example/paid"
FRAME = "cards7"


@dataclass
class Till:
    """Orders that wait, cards that are typed for them, and an issuer that answers what the test says."""

    shop: Shop
    payments: Payments
    authentications: Authentications
    answer: Authenticated = VOUCHES
    asked: list[Authenticate] = field(default_factory=list)
    codes: list[bytes] = field(default_factory=list)

    async def authenticate(self, asked: Authenticate) -> Authenticated:
        """Issuer."""
        self.asked.append(asked)
        return self.answer

    @property
    def company(self) -> bytes:
        return self.shop.world.directory.company.bytes

    async def order(self) -> tuple[UUID, UUID]:
        """An order that waits, with no card yet."""
        order, first = await self.shop.awaiting()
        await self.shop.world.owner.execute(
            "UPDATE purchase_order SET card_id = NULL, return_url = $2 WHERE id = $1", order, BACK
        )
        return order, first

    async def token(self, order: UUID, *, company: bytes | None = None, fingerprint: int = 42) -> bytes:
        """Type a card for an order, as the frame keeps it."""
        world = self.shop.world
        opened = await open_frame(
            world.pool,
            frame_url="https://cards.example",
            company_id=company or self.company,
            purpose="purchase",
            subject_id=order.bytes,
            origin="https://shop.example",
            return_url=BACK,
            language="fr",
            amount_minor=4_266,
            currency="EUR",
            needed_until=self.shop.today(),
            now=world.clock.now(),
        )
        secret = opened.address.rpartition("/")[2]
        sealed = SealedCard(secrets.token_bytes(44), fingerprint, "497010", "0014", "9912", Brand.CB)
        handlers = FrameHandlers(world.pool, world.clock, self.shop.calendar)
        sealed = msgspec.structs.replace(sealed, expiry="4012")
        made = await handlers.tokenise(Tokenise(hashlib.sha256(secret.encode()).digest(), sealed, FRAME))
        assert made.outcome == "made"
        return CardTokenId.read(made.token)

    async def pay(self, order: UUID, token: bytes | None = None, **other: Any) -> Payment:
        """Pay as a merchant's program does, and say how it stands."""
        asked: dict[str, Any] = {
            "company_id": self.company,
            "order_id": order.bytes,
            "token_id": token,
            "return_url": None,
        }
        await self.payments.pay(Asked(**(asked | other)))
        return await self.stands(order)

    async def stands(self, order: UUID) -> Payment:
        return await self.payments.stands(self.shop.world.pool, order.bytes)

    async def returns(self, path: Any = "browser", **other: Any) -> None:
        """Bring the issuer's word on the newest challenge."""
        word = Returned(self.asked[-1].id, "acs-1", "ds-1", path, "Y", False, "05", PROOF)
        await self.authentications.returned(msgspec.structs.replace(word, **other))

    @property
    def sent(self) -> list[Any]:
        """What the host was asked for."""
        return self.shop.world.host.messages("0200")


@pytest.fixture
async def till(shop: Shop) -> AsyncIterator[Till]:
    world = shop.world
    made = Till(shop, None, None)  # pyright: ignore[reportArgumentType]
    made.authentications = Authentications(world.pool, world.clock, made, frame_url="https://cards.example")
    made.payments = Payments(
        world.pool,
        world.clock,
        shop.calendar,
        made.authentications,
        FirstDebits(world.pool, world.desk, world.clock, shop.calendar),
        loopback=False,
    )
    frame = await Bus.connect(world.nats.url("cards"), name=FRAME, inbox_prefix=inbox_prefix("cards"))

    def on_code(_subject: str, reply: str, payload: bytes) -> None:
        made.codes.append(msgspec.msgpack.decode(payload, type=TakeCode).token)
        frame.publish(reply, msgspec.msgpack.encode(SealedCode(b"sealed code")))

    frame.subscribe(code_subject(FRAME), on_code)
    await frame.flush()
    yield made
    await frame.close()
    await world.owner.execute(
        "DELETE FROM authentication_return; DELETE FROM card_authentication; DELETE FROM card_token; DELETE FROM frame_session"
    )


async def test_a_holder_whom_the_bank_knows_pays_at_once(till: Till) -> None:
    shop = till.shop
    order, first = await till.order()
    assert (await till.stands(order)).state == "no_card"
    shop.world.host.usual_messages = msgspec.msgpack.encode([{}, {63: "abcdefghij"}])
    token = await till.token(order)
    assert await till.pay(order, token) == Payment("paid")
    (request,) = till.sent
    assert (request.sensitive, request.authentication) == (b"sealed code", f"05{PROOF}ds-1")
    assert till.codes == [token]
    assert (await shop.instalment(first))["state"] == "paid"
    assert await shop.order_state(order) == "in_progress"
    kept = await shop.value(
        "SELECT network_transaction_id FROM stored_card WHERE id = (SELECT card_id FROM purchase_order WHERE id = $1)",
        order,
    )
    assert kept == "abcdefghij"
    assert (await shop.events(order)).count("activated") == 1
    await check_invariants(shop.world)
    await check_books_agree(shop.world)


async def test_a_challenge_is_led_to_and_paying_again_finishes_it(till: Till) -> None:
    order, first = await till.order()
    till.answer = CHALLENGES
    stands = await till.pay(order, await till.token(order))
    assert (stands.state, stands.address[:38]) == ("challenge", "https://cards.example/authentications/")
    assert till.sent == []
    assert await till.pay(order) == stands
    assert len(till.asked) == 1
    await till.returns()
    assert (await till.stands(order)).state == "to_finish"
    assert (await till.pay(order)).state == "paid"
    assert len(till.sent) == 1
    assert (await till.shop.instalment(first))["state"] == "paid"


async def test_both_ways_back_together_and_each_replayed_debit_once(till: Till) -> None:
    order, first = await till.order()
    till.answer = CHALLENGES
    token = await till.token(order)
    await till.pay(order, token)

    async def back(path: str) -> None:
        await till.returns(path)
        await till.pay(order)

    await asyncio.gather(*(back(path) for path in ("browser", "server") * 3), return_exceptions=False)
    await till.pay(order, token)
    assert (await till.stands(order)).state == "paid"
    assert len(till.sent) == 1
    assert len(await till.shop.debits(first)) == 1
    await check_books_agree(till.shop.world)


@pytest.mark.parametrize(
    ("word", "why"),
    [
        ({"status": "N"}, "authentication_failed"),
        ({"status": "N", "is_cancelled": True}, "authentication_abandoned"),
        ({"status": "U"}, "authentication_unavailable"),
        (None, "authentication_timed_out"),
    ],
)
async def test_a_challenge_that_was_not_met_debits_nothing_and_another_card_may_be_tried(
    till: Till, word: dict[str, Any] | None, why: str
) -> None:
    order, _ = await till.order()
    till.answer = CHALLENGES
    token = await till.token(order)
    await till.pay(order, token)
    if word is None:
        till.shop.world.clock.offset += timedelta(minutes=11)
        # The word that comes after its time confirms nothing.
        await till.returns()
    else:
        await till.returns(**{"eci": "", "proof": "", **word})
    for again in (None, token):
        stands = await till.pay(order, again)
        assert (stands.state, stands.why) == ("not_authenticated", why)
    assert (till.sent, till.codes) == ([], [])
    till.answer = VOUCHES
    assert (await till.pay(order, await till.token(order))).state == "paid"
    assert len(till.sent) == 1


async def test_two_at_once_and_the_token_again_make_one_debit(till: Till) -> None:
    order, first = await till.order()
    token = await till.token(order)
    await asyncio.gather(*(till.pay(order, token) for _ in range(5)))
    assert (await till.pay(order, token)).state == "paid"
    assert (await till.pay(order)).state == "paid"
    assert len(till.sent) == 1
    assert len(await till.shop.debits(first)) == 1
    # Another card is too late, and its token is still good for nothing else.
    with pytest.raises(OrderNotPayable):
        await till.pay(order, await till.token(order))


async def test_two_cards_at_once_debit_one_of_them(till: Till) -> None:
    order, first = await till.order()
    tokens = [await till.token(order, fingerprint=number) for number in (1, 2, 3)]
    said = await asyncio.gather(*(till.pay(order, token) for token in tokens), return_exceptions=True)
    refused = [each for each in said if isinstance(each, BaseException)]
    assert all(isinstance(each, PaymentUnderWay | OrderNotPayable) for each in refused), refused
    assert len(till.sent) <= 1
    if not till.sent:
        assert (await till.pay(order)).state == "paid"
    assert len([each for each in await till.shop.debits(first) if each["state"] == "approved"]) == 1
    await check_books_agree(till.shop.world)


async def test_declined_it_says_why_and_the_same_card_is_not_asked_again_by_itself(till: Till) -> None:
    order, first = await till.order()
    till.shop.world.host.script.append(behaviour.DECLINE)
    token = await till.token(order)
    stands = await till.pay(order, token)
    assert (stands.state, stands.why) == ("declined", "insufficient_funds")
    assert await till.pay(order) == stands
    assert await till.pay(order, token) == stands
    assert len(till.sent) == 1
    assert (await till.shop.instalment(first))["state"] == "upcoming"
    other = await till.token(order, fingerprint=43)
    assert (await till.pay(order, other)).state == "paid"
    assert len(till.sent) == 2
    released = await till.shop.value(
        "SELECT released_at IS NOT NULL FROM stored_card WHERE token_id = $1", UUID(bytes=token)
    )
    assert released is True
    # The token of the card that was declined brings nothing back.
    with pytest.raises(OrderNotPayable):
        await till.pay(order, token)


async def test_so_many_cards_are_tried_for_an_order_a_day_and_the_next_day_goes_on(till: Till) -> None:
    order, _ = await till.order()
    tokens = [await till.token(order, fingerprint=number) for number in range(ORDER_A_DAY_MAX + 2)]
    for number, token in enumerate(tokens[:ORDER_A_DAY_MAX]):
        till.answer = Authenticated("N", "acs-1", "ds-1") if number % 2 else VOUCHES
        if number % 2 == 0:
            till.shop.world.host.script.append(behaviour.DECLINE)
        assert (await till.pay(order, token)).state in {"declined", "not_authenticated"}
    asked = len(till.asked)
    till.answer = VOUCHES
    refused = await asyncio.gather(
        *(till.pay(order, token) for token in tokens[ORDER_A_DAY_MAX:]), return_exceptions=True
    )
    assert [type(each) for each in refused] == [CardTriesTooMany] * 2
    assert len(till.asked) == asked
    # Who repeats what was tried is told how it stands: that is no try.
    assert (await till.pay(order, tokens[ORDER_A_DAY_MAX - 1])).state == "not_authenticated"
    till.shop.later(days=1)
    assert (await till.pay(order, tokens[-1])).state == "paid"


async def test_a_few_slips_lock_nobody_out(till: Till) -> None:
    order, _ = await till.order()
    for _ in range(5):
        till.shop.world.host.script.append(behaviour.DECLINE)
        await till.pay(order, await till.token(order))
    assert (await till.pay(order, await till.token(order))).state == "paid"


async def test_an_address_tries_so_many_cards_a_day_over_all_its_orders(shop: Shop) -> None:
    pool, today = shop.world.pool, shop.today()

    async def tried(number: int, email: str = "odette@example.com") -> None:
        async with pool.acquire() as connection, connection.transaction():
            await count_try(connection, Payer(UUID(int=number).bytes, email), today=today)

    outcomes = await asyncio.gather(
        *(tried(number) for number in range(PAYER_A_DAY_MAX + 4)), return_exceptions=True
    )
    assert [type(each) for each in outcomes if each is not None] == [CardTriesTooMany] * 4
    await tried(0, "paul@example.com")


async def test_an_order_tries_so_many_cards_in_all(shop: Shop) -> None:
    payer, pool = Payer(UUID(int=7).bytes, "odette@example.com"), shop.world.pool
    today = shop.today()
    for number in range(ORDER_MAX):
        day = today + timedelta(days=number // ORDER_A_DAY_MAX)
        async with pool.acquire() as connection, connection.transaction():
            await count_try(connection, payer, today=day)
    with pytest.raises(CardTriesTooMany):
        await refuse_tries(pool, payer, today=today + timedelta(days=90))


async def test_the_token_of_an_older_card_stays_spent(till: Till) -> None:
    order, _ = await till.order()
    till.answer = CHALLENGES
    older, newer = await till.token(order), await till.token(order)
    await till.pay(order, older)
    await till.pay(order, newer)
    with pytest.raises(CardTokenRefused) as refused:
        await till.pay(order, older)
    assert refused.value.why == "spent"
    assert (await till.stands(order)).state == "challenge"


async def test_unknown_it_is_under_way_until_the_run_settles_it(till: Till) -> None:
    shop = till.shop
    order, first = await till.order()
    shop.world.host.script.append(behaviour.SILENT)
    assert (await till.pay(order, await till.token(order))).state == "under_way"
    assert (await till.pay(order)).state == "under_way"
    with pytest.raises(PaymentUnderWay):
        await till.pay(order, await till.token(order))
    await shop.world.deliver()
    run = await shop.run()
    shop.world.clock.offset += shop.SETTLED_BY_OTHERS
    assert await run.take_up() == 1
    stands = await till.stands(order)
    assert (stands.state, stands.why) == ("declined", "no_answer")
    assert (await shop.instalment(first))["state"] == "upcoming"
    assert (await till.pay(order, await till.token(order))).state == "paid"
    await check_books_agree(shop.world)


@pytest.mark.parametrize("how", [behaviour.LATE, behaviour.TWICE])
async def test_an_approval_that_comes_late_or_twice_debits_once_or_never(till: Till, how: str) -> None:
    shop = till.shop
    order, first = await till.order()
    shop.world.host.script.append(how)
    stands = await till.pay(order, await till.token(order))
    if how == behaviour.TWICE:
        assert stands.state == "paid"
    else:
        assert stands.state == "under_way"
        await shop.world.deliver()
        run = await shop.run()
        shop.world.clock.offset += shop.SETTLED_BY_OTHERS
        await run.take_up()
        assert (await till.stands(order)).why == "no_answer"
    assert len(await shop.debits(first)) == 1
    await check_books_agree(shop.world)


async def test_a_token_of_another_order_or_company_or_one_that_has_expired_pays_nothing(till: Till) -> None:
    order, _ = await till.order()
    other, _ = await till.order()
    stranger = await till.shop.value(
        "INSERT INTO company (account_id, legal_name, siren) SELECT account_id, 'Autre', '552100554' FROM company LIMIT 1"
        " ON CONFLICT (siren) DO UPDATE SET legal_name = excluded.legal_name RETURNING id"
    )
    old = await till.token(order)
    foreign = await till.token(other)
    alien = await till.token(order, company=stranger.bytes)
    for token, why in ((foreign, "unknown"), (alien, "unknown"), (secrets.token_bytes(16), "unknown")):
        with pytest.raises(CardTokenRefused) as refused:
            await till.pay(order, token)
        assert refused.value.why == why
    with pytest.raises(NotFound):
        await till.pay(order, old, company_id=stranger.bytes)
    with pytest.raises(FieldRefused):
        await till.pay(order)
    with pytest.raises(FieldRefused):
        await till.pay(order, old, return_url="javascript:alert(1)")
    till.shop.world.clock.offset += timedelta(minutes=16)
    with pytest.raises(CardTokenRefused) as refused:
        await till.pay(order, old)
    assert refused.value.why == "expired"
    assert (till.asked, till.sent) == ([], [])
    assert (await till.stands(order)).state == "no_card"
    # What was refused was not spent.
    till.shop.world.clock.offset -= timedelta(minutes=16)
    assert (await till.pay(order, old)).state == "paid"


async def test_an_order_abandoned_while_its_holder_is_at_the_bank_is_not_debited(till: Till) -> None:
    order, _ = await till.order()
    till.answer = CHALLENGES
    await till.pay(order, await till.token(order))
    world = till.shop.world
    async with world.pool.acquire() as connection, connection.transaction():
        assert await abandon(connection, [order.bytes], at=till.shop.calendar.now()) == 1
    await till.returns()
    with pytest.raises(OrderNotPayable):
        await till.pay(order)
    assert till.sent == []


@pytest.mark.parametrize("tried", ["nothing", "challenged", "declined", "not authenticated"])
async def test_an_order_that_is_closed_asks_for_no_card_whatever_was_tried_before(
    till: Till, tried: str
) -> None:
    order, _ = await till.order()
    world = till.shop.world
    if tried == "declined":
        world.host.script.append(behaviour.DECLINE)
    else:
        till.answer = CHALLENGES
    if tried != "nothing":
        await till.pay(order, await till.token(order))
    if tried == "not authenticated":
        await till.returns(status="N")
    async with world.pool.acquire() as connection, connection.transaction():
        await abandon(connection, [order.bytes], at=till.shop.calendar.now())
    assert await till.stands(order) == Payment("closed")


async def test_an_amount_that_changed_since_the_holder_confirmed_is_confirmed_anew(till: Till) -> None:
    order, first = await till.order()
    till.answer = CHALLENGES
    await till.pay(order, await till.token(order))
    await till.shop.world.owner.execute("UPDATE instalment SET amount_minor = 4000 WHERE id = $1", first)
    await till.returns()
    stands = await till.pay(order)
    assert (stands.state, stands.why, till.sent) == ("not_authenticated", "amount_changed", [])


async def test_without_its_code_the_bank_s_word_is_enough(till: Till) -> None:
    order, _ = await till.order()
    token = await till.token(order)
    await till.shop.world.owner.execute(
        "UPDATE card_token SET frame = 'gone' WHERE id = $1", UUID(bytes=token)
    )
    assert (await till.pay(order, token)).state == "paid"
    (request,) = till.sent
    assert (request.sensitive, request.authentication) == (b"", f"05{PROOF}ds-1")
