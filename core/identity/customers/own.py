"""What a customer sees and changes of themselves: name and language, addresses, this session."""

import secrets
from typing import Final

import asyncpg
import msgspec

from core.contracts.customers import (
    AddEmail,
    ChangeMe,
    CustomerEmail,
    CustomerSession,
    MakeEmailMain,
    Me,
    ProveEmail,
    RemoveEmail,
)
from core.contracts.desk import FieldProblem
from core.contracts.listing import Nothing
from core.contracts.refusals import NotFound, Refused
from core.db.rows import Connection
from core.identity.access.errors import ConfirmationNeeded
from core.identity.access.opening import TOKEN_BYTES, standing
from core.identity.access.rules import is_confirmed
from core.identity.access.throttle import count_attempt
from core.identity.customers import store
from core.identity.customers.errors import (
    EmailHasAccess,
    EmailKnown,
    EmailRefused,
    EmailsFull,
    LinkEnded,
    MainEmailStays,
)
from core.identity.customers.model import Customer
from core.identity.customers.rules import EMAIL_LINK_LIFE, EMAILS_MAX, link_bounds
from core.identity.errors import SessionEnded
from core.identity.realm import Realm
from core.identity.views import hash_of_token
from core.runtime.manifest import FollowJoin, QueueMail
from core.values.clock import Clock
from core.values.emails import EmailMalformed, email_key
from core.values.ids import encode_id
from core.values.texts import TextRefused, kept_line
from core.values.timestamps import timestamp

_OWNERS_MAX: Final = 5
"""So often an address may change hands between a look at whose it is and the moment at which both are held."""


class OwnHandlers:
    """Operations of a customer on themselves."""

    def __init__(
        self,
        pool: asyncpg.Pool,
        clock: Clock,
        realm: Realm[CustomerSession],
        queue_mail: QueueMail,
        follow_joins: tuple[FollowJoin, ...],
    ) -> None:
        self._pool = pool
        self._clock = clock
        self._realm = realm
        self._queue_mail = queue_mail
        self._follow_joins = follow_joins

    async def show(self, caller: Customer, _request: Nothing) -> Me:
        """Return the customer who calls."""
        async with self._pool.acquire() as connection:
            return await self._me(connection, caller)

    async def change(self, caller: Customer, request: ChangeMe) -> Me:
        """Change name and language. Raises: Refused."""
        name = request.name
        if name is not None:
            try:
                name = kept_line(name)
            except TextRefused as error:
                raise Refused("invalid_request", errors=[FieldProblem("name", error.code)]) from error
        now = self._clock.now()
        async with self._pool.acquire() as connection, connection.transaction():
            await store.change_customer(connection, caller.customer_id, name=name, locale=request.locale)
            changed = [field for field in ("name", "locale") if getattr(request, field) is not None]
            if changed:
                await self._record(connection, caller, "profile.changed", {"fields": ", ".join(changed)})
            return await self._me(
                connection,
                msgspec.structs.replace(
                    caller,
                    name=caller.name if name is None else name,
                    locale=request.locale or caller.locale,
                    last_seen_at=now,
                ),
            )

    async def log_out(self, caller: Customer, _request: Nothing) -> Nothing:
        """End the session of this call."""
        async with self._pool.acquire() as connection, connection.transaction():
            if await self._realm.people.end_session(connection, caller.token_hash, self._clock.now()):
                facts = {"session": encode_id("session", caller.token_hash[:16])}
                await self._record(connection, caller, "session.ended", facts)
        return Nothing()

    async def add_email(self, caller: Customer, request: AddEmail) -> Me:
        """Send a link to one more address.

        Raises: ConfirmationNeeded, EmailRefused, EmailKnown, EmailsFull, TooManyAttempts.
        """
        now = self._clock.now()
        self._require_confirmed(caller)
        try:
            email = email_key(request.email)
        except EmailMalformed as error:
            raise EmailRefused from error
        if email in caller.emails:
            raise EmailKnown
        bounds = {
            **link_bounds(self._realm.subject, email, asker=caller.customer_id.hex()),
            self._realm.subject("links-of", caller.customer_id): EMAILS_MAX,
        }
        await count_attempt(self._pool, bounds, now=now, ip=caller.ip)
        token = secrets.token_urlsafe(TOKEN_BYTES)
        async with self._pool.acquire() as connection, connection.transaction():
            await self._realm.people.lock_person(connection, caller.customer_id)
            if len(await store.list_emails(connection, caller.customer_id)) >= EMAILS_MAX:
                raise EmailsFull
            await store.put_email_link(
                connection,
                token_hash=hash_of_token(token),
                email=email,
                customer_id=caller.customer_id,
                now=now,
                expires_at=now + EMAIL_LINK_LIFE,
            )
            await self._queue_mail(
                connection,
                template="customer_email_proof",
                to=email,
                locale=caller.locale,
                facts={"account": caller.email, "link": f"{self._realm.portal_url}/emails/link/{token}"},
                about_kind="customer",
                about_id=caller.customer_id,
                once_key=hash_of_token(token).hex(),
            )
            await self._record(connection, caller, "email.asked", {"email": email})
            return await self._me(connection, caller)

    async def prove_email(self, caller: Customer, request: ProveEmail) -> Me:
        """Take an address whose link was followed in the session of who asked for it.

        Whoever reads its mail could open an access of its own that has no second factor: the two become one.
        Raises: LinkEnded, EmailHasAccess, EmailsFull, SessionEnded.
        """
        token_hash = hash_of_token(request.token)
        for _ in range(_OWNERS_MAX):
            async with self._pool.acquire() as connection, connection.transaction():
                proved = await self._prove(connection, caller, token_hash)
            if proved is not None:
                return proved
        raise LinkEnded

    async def _prove(self, connection: Connection, caller: Customer, token_hash: bytes) -> Me | None:
        """Take the address of a link; None, with nothing done, where it became another one's before both were held."""
        now = self._clock.now()
        email = await store.find_email_link(connection, token_hash, customer_id=caller.customer_id, now=now)
        if email is None:
            raise LinkEnded
        both = {caller.customer_id, await store.find_owner(connection, email) or caller.customer_id}
        standing_ones = await store.hold(connection, both)
        if caller.customer_id not in standing_ones:
            raise SessionEnded
        owner = await store.lock_owner(connection, email)
        if owner is not None and owner not in standing_ones:
            return None
        if not await store.use_link(connection, token_hash, now):
            raise LinkEnded
        if owner is not None and owner != caller.customer_id:
            await self._join(connection, caller, owner)
        elif owner is None and not await store.add_email(
            connection, caller.customer_id, email, is_main=False, now=now
        ):
            raise LinkEnded
        if len(await store.list_emails(connection, caller.customer_id)) > EMAILS_MAX:
            raise EmailsFull
        await self._record(connection, caller, "email.proved", {"email": email})
        await self._queue_mail(
            connection,
            template="customer_email_added",
            to=caller.email,
            locale=caller.locale,
            facts={"added": email},
            about_kind="customer",
            about_id=caller.customer_id,
            once_key=token_hash.hex(),
        )
        return await self._me(connection, caller)

    async def make_email_main(self, caller: Customer, request: MakeEmailMain) -> Me:
        """Write to another address of the customer's from now on, and tell the former one.

        Raises: ConfirmationNeeded, NotFound.
        """
        self._require_confirmed(caller)
        async with self._pool.acquire() as connection, connection.transaction():
            await self._realm.people.lock_person(connection, caller.customer_id)
            made = await store.make_main(connection, caller.customer_id, request.id)
            if made is None:
                raise NotFound
            former, present = made
            if former != present:
                await self._record(
                    connection, caller, "email.made_main", {"email": present, "former": former}
                )
                await self._queue_mail(
                    connection,
                    template="customer_main_email_changed",
                    to=former,
                    locale=caller.locale,
                    facts={"present": present},
                    about_kind="customer",
                    about_id=caller.customer_id,
                    once_key=timestamp(self._clock.now()),
                )
            return await self._me(connection, msgspec.structs.replace(caller, email=present))

    async def remove_email(self, caller: Customer, request: RemoveEmail) -> Nothing:
        """Give up an address that is not the main one. Raises: ConfirmationNeeded, NotFound, MainEmailStays."""
        self._require_confirmed(caller)
        async with self._pool.acquire() as connection, connection.transaction():
            await self._realm.people.lock_person(connection, caller.customer_id)
            removed = await store.remove_email(connection, caller.customer_id, request.id)
            if removed is None:
                own = await store.list_emails(connection, caller.customer_id)
                raise MainEmailStays if any(each.id == request.id for each in own) else NotFound
            await self._record(connection, caller, "email.removed", {"email": removed})
        return Nothing()

    async def _join(self, connection: Connection, caller: Customer, owner: bytes) -> None:
        """Make the access of an address part of the caller's; both are held. Raises: EmailHasAccess."""
        if standing(await self._realm.people.list_factors(connection, owner)):
            raise EmailHasAccess
        now = self._clock.now()
        await store.join_into(connection, joined=owner, customer_id=caller.customer_id, now=now)
        for follow in self._follow_joins:
            await follow(connection, joined=owner, customer_id=caller.customer_id, now=now)
        await self._realm.people.end_sessions_of(connection, owner, now)
        await self._realm.record(
            connection,
            owner,
            now=now,
            kind="customer.joined",
            facts={"into": encode_id("customer", caller.customer_id)},
        )

    async def _me(self, connection: Connection, caller: Customer) -> Me:
        now = self._clock.now()
        emails = await store.list_emails(connection, caller.customer_id)
        own = {each.email for each in emails}
        waiting = await store.list_waiting(connection, caller.customer_id, now)
        return Me(
            id=encode_id("customer", caller.customer_id),
            name=caller.name,
            email=caller.email,
            locale="en" if caller.locale == "en" else "fr",
            emails=[
                CustomerEmail(
                    encode_id("customer_email", each.id), each.email, each.is_main, timestamp(each.proved_at)
                )
                for each in emails
            ],
            waiting=[each for each in waiting if each not in own],
            created_at=timestamp(caller.customer_since),
            session_expires_at=timestamp(min(caller.expires_at, now + caller.idle)),
        )

    async def _record(
        self, connection: Connection, caller: Customer, kind: str, facts: dict[str, str]
    ) -> None:
        await self._realm.record(
            connection, caller.customer_id, now=self._clock.now(), kind=kind, facts=facts
        )

    def _require_confirmed(self, caller: Customer) -> None:
        if not is_confirmed(caller.confirmed_at, self._clock.now()):
            raise ConfirmationNeeded
