"""A customer who changes the card of a purchase: typed as the frame hands it on, before a scripted bank."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec

from core.bus import Bus
from core.cards.api import Authentications
from core.cards.handlers import FrameHandlers
from core.contracts import card_changes as ask
from core.contracts.card_changes import CardChangeId, MyCardChange
from core.contracts.cards import (
    Authenticate,
    Authenticated,
    CardTokenId,
    Returned,
    SealedCode,
    Tokenise,
    Tokenised,
    code_subject,
)
from core.contracts.orders import OrderId
from core.contracts.payment import SealedCard
from core.contracts.states import Brand
from core.identity.api import Customer
from core.notifications.api import queue_mail
from core.schedules.changing.changing import CardChanges
from core.schedules.changing.handlers import CardChangeHandlers
from tests.integration.core.schedules.shop import Shop

PROOF = "A" * 27 + "="
FRICTIONLESS = Authenticated("Y", "acs-1", "ds-1", "05", PROOF)
CHALLENGE = Authenticated("C", "acs-1", "ds-1", acs_url="http://localhost:7090/acs")
_fingerprints = itertools.count(90_000)


@dataclass
class Bank:
    """Whoever authenticates holders: says what the test has it say."""

    says: Authenticated = FRICTIONLESS
    asked: list[Authenticate] = field(default_factory=list)

    async def authenticate(self, asked: Authenticate) -> Authenticated:
        """Issuer."""
        self.asked.append(asked)
        return self.says


@dataclass
class Changer:
    """A customer before the operations of their space."""

    shop: Shop
    bank: Bank
    authentications: Authentications
    changes: CardChanges
    handlers: CardChangeHandlers
    frame: FrameHandlers
    customer: Customer

    async def open(self, order: UUID) -> ask.CardChangePage:
        """Begin."""
        return await self.handlers.open(self.customer, ask.OpenCardChange(id=_order(order)))

    async def type(
        self,
        page: ask.CardChangePage,
        *,
        expiry: str = "3012",
        brand: int = Brand.VISA,
        last_four: str = "4242",
    ) -> Tokenised:
        """Type a card on the page, as the frame hands it on."""
        card = SealedCard(b"\x02", next(_fingerprints), "411111", last_four, expiry, brand)
        secret = page.address.rpartition("/")[2]
        return await self.frame.tokenise(Tokenise(hashlib.sha256(secret.encode()).digest(), card, "frame1"))

    async def go_on(self, change: str, token: str | None = None) -> MyCardChange:
        """Go on, with the token or without."""
        asked = ask.ContinueCardChange(
            id=CardChangeId.read(change), token=None if token is None else CardTokenId.read(token)
        )
        return await self.handlers.go_on(self.customer, asked)

    async def change(self, order: UUID, **card: Any) -> MyCardChange:
        """Open, type and go on."""
        page = await self.open(order)
        typed = await self.type(page, **card)
        assert typed.outcome == "made", typed
        return await self.go_on(page.change.id, typed.token)

    async def come_back(self, change: MyCardChange, status: Any, *, is_cancelled: bool = False) -> None:
        """Let the bank say how a challenge ended, as it comes back with the browser."""
        latest: Any = await self.shop.value(
            "SELECT id FROM card_authentication WHERE subject_id = $1",
            UUID(bytes=bytes(CardChangeId.read(change.id))),
        )
        proved = status == "Y"
        said = Returned(
            latest.bytes,
            "acs-1",
            "ds-1",
            "browser",
            status,
            is_cancelled,
            "05" if proved else "",
            PROOF if proved else "",
        )
        await self.authentications.returned(said)

    async def card_of(self, order: UUID) -> Any:
        """Return the card that pays an order."""
        return await self.shop.world.owner.fetchrow(
            "SELECT k.* FROM purchase_order AS p JOIN stored_card AS k ON k.id = p.card_id WHERE p.id = $1",
            order,
        )

    async def row(self, change: str) -> Any:
        """Return a change as it is kept."""
        return await self.shop.world.owner.fetchrow(
            "SELECT * FROM card_change WHERE id = $1", UUID(bytes=bytes(CardChangeId.read(change)))
        )


@asynccontextmanager
async def open_changer(shop: Shop) -> AsyncIterator[Changer]:
    """Let Odette, whose purchases they are, be a customer; the frame has the security code of what she types."""
    frame = await Bus.connect(shop.world.nats.url("cards"), name="frame1", inbox_prefix="_INBOX.cards")

    def give_code(_subject: str, reply: str, _payload: bytes) -> None:
        frame.publish(reply, msgspec.msgpack.encode(SealedCode(b"sealed code")))

    frame.subscribe(code_subject("frame1"), give_code)
    await frame.flush()
    try:
        yield await _changer(shop)
    finally:
        await frame.close()


async def _changer(shop: Shop) -> Changer:
    world = shop.world
    customer: Any = await world.owner.fetchval(
        "WITH c AS (INSERT INTO customer (name, password_hash, locale, created_at) VALUES ('Odette', '', 'fr', now())"
        " RETURNING id), e AS (INSERT INTO customer_email (customer_id, email, is_main, proved_at)"
        " SELECT id, 'odette@example.com', true, now() FROM c ON CONFLICT DO NOTHING) SELECT id FROM c"
    )
    bank = Bank()
    authentications = Authentications(world.pool, world.clock, bank, frame_url="http://localhost:7080")
    changes = CardChanges(
        world.pool,
        world.desk,
        world.clock,
        shop.calendar,
        authentications,
        queue_mail,
        space_url="http://localhost:8090",
    )
    now = datetime.now(UTC)
    caller = Customer(
        b"", customer.bytes, now, now, now, None, "odette@example.com", ("odette@example.com",), "Odette", "fr",
        now, None, now,
    )  # fmt: skip
    return Changer(
        shop,
        bank,
        authentications,
        changes,
        CardChangeHandlers(
            world.pool, world.clock, shop.calendar, changes, frame_url="http://localhost:7080"
        ),
        FrameHandlers(world.pool, world.clock, shop.calendar),
        caller,
    )


def _order(order: UUID) -> Any:
    return OrderId(order.bytes)
