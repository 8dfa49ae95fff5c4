"""Links by mail: who follows one proves that mail at an address is theirs, and chooses a password.

First connection and forgotten password are one: a link is sent to the address, and nothing is seen before it was
followed. What is answered to whoever asks is the same whether somebody has this address or not.
"""

import secrets

import asyncpg
import structlog

from core.contracts.access import LogInOutcome
from core.contracts.customers import AskLink, ByLink, CustomerSession, LinkView, UseLink
from core.contracts.listing import Nothing
from core.db.rows import Connection
from core.identity.access.logging_in import LogInHandlers
from core.identity.access.model import Arrival
from core.identity.access.opening import TOKEN_BYTES, replace_password
from core.identity.access.passwords import Passwords
from core.identity.access.throttle import count_attempt, forget_attempt
from core.identity.customers import store
from core.identity.customers.errors import EmailRefused, LinkEnded
from core.identity.customers.model import StoredLink
from core.identity.customers.rules import (
    FIRST_LINK_LIFE,
    LINKS_PER_IP_MAX,
    PASSWORD_LINK_LIFE,
    link_bounds,
)
from core.identity.rules import FAILURES_PER_IP_MAX, origin_of_caller
from core.identity.views import hash_of_token
from core.runtime.manifest import Expected, ExpectedBy, QueueMail
from core.values.clock import Clock
from core.values.emails import EmailMalformed, email_key
from core.values.timestamps import timestamp

_log = structlog.get_logger("core.identity")


class LinkHandlers:
    """Operations of those who have no password, or not any more."""

    def __init__(
        self,
        pool: asyncpg.Pool,
        clock: Clock,
        passwords: Passwords,
        log_ins: LogInHandlers[CustomerSession],
        queue_mail: QueueMail,
        expected_by: tuple[ExpectedBy, ...],
    ) -> None:
        self._pool = pool
        self._clock = clock
        self._passwords = passwords
        self._log_ins = log_ins
        self._realm = log_ins.realm
        self._queue_mail = queue_mail
        self._expected_by = expected_by

    async def ask_link(self, request: AskLink) -> Nothing:
        """Send a link to an address of a customer, or of somebody who bought something with it.

        A link to any other address is kept and told to nobody, so that its answer is the same and takes about as long.
        Raises: EmailRefused, TooManyAttempts.
        """
        try:
            email = email_key(request.email)
        except EmailMalformed as error:
            raise EmailRefused from error
        now = self._clock.now()
        asked_from = origin_of_caller(request.ip)
        bounds = link_bounds(self._realm.subject, email, asker=asked_from)
        bounds[self._realm.subject("link-ip", request.ip)] = LINKS_PER_IP_MAX
        await count_attempt(self._pool, bounds, now=now, ip=request.ip)
        token = secrets.token_urlsafe(TOKEN_BYTES)
        async with self._pool.acquire() as connection, connection.transaction():
            known = await self._realm.find_credential(connection, email)
            expected = await self._expected(connection, email)
            person = None if known is None else await self._realm.find_person(connection, known.person_id)
            expires_at = now + (FIRST_LINK_LIFE if person is None else PASSWORD_LINK_LIFE)
            await store.put_access_link(
                connection,
                token_hash=hash_of_token(token),
                email=email,
                asked_from=asked_from,
                now=now,
                expires_at=expires_at,
            )
            if person is None and expected is None:
                _log.info("link_to_nobody", ip=request.ip)
                return Nothing()
            await self._queue_mail(
                connection,
                template="customer_first_connection" if person is None else "customer_password",
                to=email,
                locale=request.language if person is None else person.locale,
                facts={"link": f"{self._realm.portal_url}/link/{token}"},
                about_kind="" if known is None else "customer",
                about_id=None if known is None else known.person_id,
                # Each link is a mail of its own, however alike they are.
                once_key=hash_of_token(token).hex(),
            )
        return Nothing()

    async def read_link(self, request: ByLink) -> LinkView:
        """Return what a link is good for. Raises: LinkEnded, TooManyAttempts."""
        found = await self._open(request.token, request.ip)
        purpose = "first_connection" if found.customer_id is None else "password"
        return LinkView(purpose, found.email, timestamp(found.expires_at))

    async def use_link(self, request: UseLink) -> LogInOutcome[CustomerSession]:
        """Choose a password. Every earlier session ends, and whoever has a second factor is asked for it.

        Raises: LinkEnded, PasswordRefused, TooManyAttempts.
        """
        now = self._clock.now()
        found = await self._open(request.token, request.ip)
        realm = self._realm
        self._passwords.refuse_weak(request.password, email=found.email, by=realm.why_password_refused)
        encoded = await self._passwords.hash(request.password)
        async with self._pool.acquire() as connection, connection.transaction():
            customer_id = found.customer_id
            if customer_id is not None:
                await realm.people.lock_person(connection, customer_id)
            # Asked again where nobody else can change it: of two at once, and of two links, one is right.
            again = await store.find_access_link(connection, found.token_hash, now)
            if (
                again is None
                or again.customer_id != customer_id
                or not await store.use_link(connection, found.token_hash, now)
            ):
                raise LinkEnded
            if customer_id is None:
                customer_id = await self._add_customer(connection, found.email, encoded, request.ip)
            else:
                ended = await replace_password(connection, realm, customer_id, encoded, now=now)
                await realm.record(
                    connection,
                    customer_id,
                    now=now,
                    kind="credential.password_chosen",
                    facts={"sessions": ended},
                    ip=request.ip,
                )
                await self._queue_mail(
                    connection,
                    template="customer_password_changed",
                    to=found.email,
                    locale=(await self._locale(connection, customer_id)),
                    facts={"link": f"{realm.portal_url}/forgotten-password"},
                    about_kind="customer",
                    about_id=customer_id,
                    once_key=found.token_hash.hex(),
                )
            await forget_attempt(connection, {realm.subject("email", found.email): 0}, at=now)
        arrival = Arrival(request.ip, request.user_agent)
        return await self._log_ins.after_first_factor(customer_id, "link", arrival, now)

    async def _add_customer(self, connection: Connection, email: str, encoded: str, ip: str) -> bytes:
        now = self._clock.now()
        expected = await self._expected(connection, email) or Expected("", "fr")
        made = await store.add_customer(
            connection, name=expected.name, password_hash=encoded, locale=expected.language, now=now
        )
        if not await store.add_email(connection, made, email, is_main=True, now=now):
            raise LinkEnded
        await self._realm.record(
            connection, made, now=now, kind="customer.registered", facts={"email": email}, ip=ip
        )
        return made

    async def _locale(self, connection: Connection, customer_id: bytes) -> str:
        person = await self._realm.find_person(connection, customer_id)
        return "fr" if person is None else person.locale

    async def _expected(self, connection: Connection, email: str) -> Expected | None:
        """Return who is known by the address before anybody has proved it."""
        for find in self._expected_by:
            if (expected := await find(connection, email)) is not None:
                return expected
        return None

    async def _open(self, token: str, ip: str) -> StoredLink:
        now = self._clock.now()
        bounds = {self._realm.subject("ip", ip): FAILURES_PER_IP_MAX}
        await count_attempt(self._pool, bounds, now=now, ip=ip)
        found = await store.find_access_link(self._pool, hash_of_token(token), now)
        if found is None:
            raise LinkEnded
        await forget_attempt(self._pool, bounds, at=now)
        return found
