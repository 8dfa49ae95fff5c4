"""A change of card, step by step; each may be cut off, repeated, and gone on with by whoever comes next (CAR-3).

| step | in one transaction | cut off after it |
|---|---|---|
| 1 take | the token spent, the new card kept beside the old one | the customer goes on, or it is given up after a while |
| 2 authenticate | its issuer's word, by the door of cards | as above |
| 3 verify | which transaction verifies it | the worker reads what became of it, or ends what was never armed |
| 4 decide | the order has the new card, or the change failed | nothing is left |

The old card pays until the fourth step. That holds the order and its instalments, and so meets the daily run on the same
rows: a debit that was claimed before is seen, and refuses the change; a claim that comes later passes the order by, and
then reads the new card.
"""

import secrets
from datetime import timedelta
from typing import Any, Final

import asyncpg
import msgspec
import structlog

from core.bus import Bus, BusError
from core.cards.api import (
    Authentication,
    Authentications,
    CardTokenRefused,
    Payer,
    Question,
    StoredCard,
    Use,
    card_of,
    count_try,
    keep_network_id,
    proof_of_holder,
    refuse_card,
    release_card,
    spend_token,
)
from core.cards.model import TypedCard
from core.contracts.card_changes import CardChangeFailure, CardChangeId
from core.contracts.cards import AuthenticationState, Language
from core.contracts.payment_acts import VERIFY_CARD, VerifyCard
from core.contracts.states import APPROVED_STATES, State
from core.db.rows import Connection, uuid_of
from core.runtime.manifest import QueueMail
from core.schedules.changing import store
from core.schedules.changing.errors import CardTokenUseless, CardTypedElsewhere
from core.schedules.changing.rules import Standing, failure_of_verification, standing_of
from core.schedules.changing.store import Change, HeldOrder
from core.schedules.changing.verifying import read_verification
from core.schedules.notices.rules import card_letter
from core.schedules.orders.store import Actor, Event, add_events
from core.terminals.api import virtual_terminal_of
from core.transactions.stored_cards.forestalling import ARMED_NO_MORE_S, forestall
from core.transactions.stored_cards.naming import read_network_id
from core.values.clock import Clock, from_unix_us, paris_date
from core.values.ids import AttemptIds, lowest_id

ANSWER_TIMEOUT_S: Final = 12.0
"""The host has seven seconds; then the verification is unknown, and is reversed."""

LEFT_AFTER: Final = timedelta(minutes=50)
"""A page stands for half an hour and its token for a quarter: who has not come by then is not coming."""

LOOKED_AT_AFTER: Final = timedelta(seconds=30)
LEFT_MAX: Final = 200

_FAILURES: Final[dict[AuthenticationState, CardChangeFailure]] = {
    "failed": "not_confirmed",
    "abandoned": "cancelled",
    "timed_out": "timed_out",
    "unavailable": "bank_unavailable",
}

_log = structlog.get_logger("core.card_changes")


class CardChanges:
    """Days are those of the schedules' `calendar`; pages, tokens and hosts live by the clock."""

    def __init__(
        self,
        pool: asyncpg.Pool,
        bus: Bus,
        clock: Clock,
        calendar: Clock,
        authentications: Authentications,
        queue_mail: QueueMail,
        *,
        space_url: str,
    ) -> None:
        self._pool = pool
        self._bus = bus
        self._clock = clock
        self._calendar = calendar
        self._authentications = authentications
        self._queue_mail = queue_mail
        self._space_url = space_url
        self._ids = AttemptIds(secrets.randbits(62))

    def standing(self, order: HeldOrder) -> Standing:
        """Return whether the card of an order may be changed now."""
        today = paris_date(self._calendar.now())
        return standing_of(order.state, order.dues, has_card=order.card_id is not None, today=today)

    def _failure(self, order: HeldOrder, change: Change) -> CardChangeFailure | None:
        """Return why a change that is held cannot go on, None when it can."""
        if order.card_id != change.old_card_id:
            # Its customer has settled by another card meanwhile: that one pays now, and stays.
            return "overtaken"
        return self.standing(order).refusal

    def page_of(self, change_id: bytes) -> str:
        """Return where the customer's browser comes back to."""
        return f"{self._space_url}/card-changes/{CardChangeId(change_id).text}"

    async def take(self, change_id: bytes, token_id: bytes) -> None:
        """Keep the card of a token beside the old one; a change that has its card stays as it is.

        Raises: CardTokenUseless, CardTypedElsewhere, CardTriesTooMany.
        """
        now = self._calendar.now()
        async with self._pool.acquire() as connection, connection.transaction():
            order, change = await store.hold_change(connection, change_id)
            if change is None or change.state != "opened":
                taken: Any = await connection.fetchval(store.SQL.token_of_typed, uuid_of(change_id))
                if taken is not None and taken.bytes != token_id:
                    raise CardTypedElsewhere
                return
            last_debit = self.standing(order).last_debit
            failure = self._failure(order, change)
            if failure is not None or last_debit is None:
                await store.set_failed(connection, change_id, failure or "nothing_due", at=now)
                return
            use = Use(order.company_id, "change", change_id)
            await count_try(connection, Payer(order.id, order.email_key), today=paris_date(now))
            try:
                card = await spend_token(connection, token_id, use, now=self._clock.now())
            except CardTokenRefused as error:
                raise CardTokenUseless from error
            await connection.execute(store.SQL.set_typed, uuid_of(change_id), uuid_of(card.id), now)
            typed = TypedCard(card.sealed.brand, card.sealed.expiry)
            if refuse_card(typed, needed_until=last_debit, today=paris_date(now)) is not None:
                # The page has looked at it: a debit was moved since.
                await self._fail(connection, change._replace(card_id=card.id), "ends_too_soon")

    async def go_on(self, change_id: bytes, *, language: Language) -> Authentication | None:
        """Go on as far as can be, with a bank that speaks a language; return the authentication where its holder is at their bank."""
        change = await self._read(change_id)
        if change.state == "typed":
            card = await self._card_of(change)
            authentication = await self._authenticate(change, card, language)
            if authentication.state == "challenged":
                return authentication
            if not authentication.vouches_for(amount_minor=0, currency=authentication.currency):
                if failure := _FAILURES.get(authentication.state):
                    await self._give_up(change_id, failure)
                return None
            verification_id = await self._begin_verifying(change_id)
            if verification_id is not None:
                await self._verify(verification_id, card, authentication)
        await self.decide(change_id)
        return None

    async def decide(self, change_id: bytes) -> None:
        """Let what the verification says be so; while it says nothing, all stays as it is."""
        now = self._calendar.now()
        async with self._pool.acquire() as connection, connection.transaction():
            order, change = await store.hold_change(connection, change_id)
            if change is None or change.state != "verifying" or change.verification_id is None:
                return
            attempt = await connection.fetchrow(
                store.SQL.verified, uuid_of(change.verification_id), change.business_date
            )
            if attempt is None or attempt["state"] in (State.RECEIVED, State.SENT):
                return
            if attempt["state"] not in APPROVED_STATES:
                failure = failure_of_verification(attempt["state"], attempt["reason"])
                await self._fail(connection, change, failure, reason=attempt["reason"])
                return
            if (failure := self._failure(order, change)) is not None:
                # A debit was claimed meanwhile, by the card that stood: it goes on, and so does the card.
                await self._fail(connection, change, failure)
                return
            assert change.card_id is not None
            assert change.business_date is not None
            network_id = await read_network_id(connection, change.verification_id, change.business_date)
            if network_id:
                await keep_network_id(connection, change.card_id, network_id, now=now)
            await connection.execute(store.SQL.give_card, uuid_of(order.id), uuid_of(change.card_id))
            await connection.execute(store.SQL.set_done, uuid_of(change_id), now)
            if not await connection.fetchval(store.SQL.pays_more, uuid_of(change.old_card_id)):
                await release_card(connection, change.old_card_id, now=now)
            await add_events(connection, [Event(order.id, now, "card_changed", Actor("customer"), change_id)])
            await self._tell(connection, order, change)
        _log.info("card_changed")

    async def _tell(self, connection: Connection, order: HeldOrder, change: Change) -> None:
        """Write to the address of the order: who did not change the card has to hear of it."""
        assert change.card_id is not None
        digits: Any = await connection.fetchrow(
            store.SQL.digits_of, uuid_of(change.old_card_id), uuid_of(change.card_id)
        )
        letter = card_letter(
            order.id, shop=order.shop, reference=order.reference, old=digits["old"], new=digits["new"]
        )
        await self._queue_mail(
            connection,
            template=letter.template,
            to=order.email,
            locale=order.language,
            facts=dict(letter.facts),
            about_kind="order",
            about_id=order.id,
            once_key=change.id.hex(),
        )

    async def take_up(self) -> None:
        """Decide what nobody waits for any more, and give up what nobody came back to."""
        now_us = self._clock.unix_us()
        before = lowest_id(now_us - _us(LOOKED_AT_AFTER))
        given_up_before = lowest_id(now_us - _us(LEFT_AFTER))
        for row in await self._pool.fetch(store.SQL.left_changes, uuid_of(before), LEFT_MAX):
            change_id: bytes = row["id"].bytes
            change = await self._read(change_id)
            if change.state == "verifying":
                await self._end_unarmed(change_id)
                await self.decide(change_id)
            elif change_id < given_up_before:
                await self._give_up(change_id, await self._why_left(change))

    async def _read(self, change_id: bytes) -> Change:
        row: Any = await self._pool.fetchrow(store.SQL.change, uuid_of(change_id), ARMED_NO_MORE_S)
        return store.change_in(row)

    async def _card_of(self, change: Change) -> StoredCard:
        assert change.card_id is not None
        card = await card_of(self._pool, change.card_id)
        assert card is not None
        return card

    async def _authenticate(self, change: Change, card: StoredCard, language: Language) -> Authentication:
        async def question() -> Question:
            order: Any = await self._pool.fetchrow(store.SQL.facts_for_bank, uuid_of(change.order_id))
            return Question(
                purpose="change",
                subject_id=change.id,
                amount_minor=0,
                currency=order["currency"],
                payee=order["payee"],
                language=language,
                return_url=self.page_of(change.id),
            )

        return await self._authentications.ask_once(card, change.id, question)

    async def _begin_verifying(self, change_id: bytes) -> bytes | None:
        """Write which transaction verifies the card; None where another one does, or nothing is verified any more."""
        made_at_us = self._clock.unix_us()
        async with self._pool.acquire() as connection, connection.transaction():
            order, change = await store.hold_change(connection, change_id)
            if change is None or change.state != "typed":
                return None
            if (failure := self._failure(order, change)) is not None:
                await self._fail(connection, change, failure)
                return None
            terminal_id = order.terminal_id
            if terminal_id is None:
                terminal_id = await virtual_terminal_of(connection, order.company_id, order.store_id)
                if terminal_id is None:
                    # The shop sells no more at a distance: nobody can be asked.
                    await self._fail(connection, change, "unanswered")
                    return None
                await connection.execute(store.SQL.give_terminal, uuid_of(order.id), uuid_of(terminal_id))
            verification_id = self._ids.next(made_at_us)
            await connection.execute(
                store.SQL.set_verifying,
                uuid_of(change_id),
                uuid_of(verification_id),
                uuid_of(terminal_id),
                from_unix_us(made_at_us // 1000 * 1000),
            )
        return verification_id

    async def _verify(self, verification_id: bytes, card: StoredCard, authentication: Authentication) -> None:
        """Have the engine ask the host. Without an answer `decide` finds what there is, now or later."""
        asked = VerifyCard(verification_id, *await proof_of_holder(self._bus, card, authentication))
        try:
            await self._bus.request(VERIFY_CARD.subject, msgspec.msgpack.encode(asked), ANSWER_TIMEOUT_S)
        except BusError as error:
            _log.warning("verification_unanswered", error=type(error).__name__)

    async def _end_unarmed(self, change_id: bytes) -> None:
        """End a verification that was written down and never armed: nobody arms it any more."""
        async with self._pool.acquire() as connection, connection.transaction():
            await store.hold_change(connection, change_id)
            row: Any = await connection.fetchrow(store.SQL.change, uuid_of(change_id), ARMED_NO_MORE_S)
            if row["state"] != "verifying" or not row["is_armed_no_more"]:
                return
            if await connection.fetchrow(store.SQL.verified, row["verification_id"], row["business_date"]):
                return
            payment = await read_verification(connection, row["verification_id"].bytes)
            if payment is not None:
                await forestall(connection, payment, cause="card_change")

    async def _why_left(self, change: Change) -> CardChangeFailure:
        if change.card_id is None:
            return "left"
        latest = await self._authentications.latest(self._pool, subject_id=change.id, card_id=change.card_id)
        return "left" if latest is None else _FAILURES.get(latest.state, "left")

    async def _give_up(self, change_id: bytes, failure: CardChangeFailure) -> None:
        async with self._pool.acquire() as connection, connection.transaction():
            _, change = await store.hold_change(connection, change_id)
            if change is not None and change.state in ("opened", "typed"):
                await self._fail(connection, change, failure)

    async def _fail(
        self,
        connection: Connection,
        change: Change,
        failure: CardChangeFailure,
        *,
        reason: int | None = None,
    ) -> None:
        """Let a change that is held have failed: the new card goes, the old one stays."""
        now = self._calendar.now()
        await store.set_failed(connection, change.id, failure, reason=reason, at=now)
        if change.card_id is not None:
            await release_card(connection, change.card_id, now=now)

    async def replace(self, connection: Connection, change_id: bytes, card_id: bytes | None) -> None:
        """Give up a change that is held for another one of the same customer."""
        now = self._calendar.now()
        await store.set_failed(connection, change_id, "replaced", at=now)
        if card_id is not None:
            await release_card(connection, card_id, now=now)


def _us(span: timedelta) -> int:
    return span // timedelta(microseconds=1)
