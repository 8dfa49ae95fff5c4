"""Invitations: an administrator makes an agent, or lets one who forgot the password choose another."""

import secrets
from datetime import datetime
from typing import Final

import asyncpg
import msgspec
import structlog

from core.contracts.access import (
    AcceptInvitation,
    ByInvitation,
    InvitationAccepted,
    InvitationView,
    InviteAgent,
    Invited,
    SessionOpened,
)
from core.contracts.desk import FieldProblem
from core.contracts.listing import Written
from core.contracts.permissions import Permission
from core.contracts.refusals import NotFound
from core.contracts.scope import Scope
from core.identity import store as sessions
from core.identity.access import store
from core.identity.access.errors import AgentKnown, InvitationEnded
from core.identity.access.model import Arrival, OpenInvitation
from core.identity.access.opening import TOKEN_BYTES, open_session, replace_password, standing
from core.identity.access.passwords import NO_PASSWORD, Passwords
from core.identity.access.rules import INVITATION_LIFE
from core.identity.access.throttle import count_attempt, forget_attempt
from core.identity.administration import store as administration
from core.identity.administration.errors import BeyondOwnRights, FieldsRefused
from core.identity.idempotency import WriteOnce
from core.identity.model import SESSION_IDLE, SignedIn
from core.identity.realm import Realm
from core.identity.rules import FAILURES_PER_IP_MAX
from core.identity.views import hash_of_token
from core.runtime.manifest import QueueMail
from core.values.clock import Clock
from core.values.emails import EmailMalformed, email_key
from core.values.ids import encode_id
from core.values.timestamps import timestamp

_NAME_CHARACTERS_MAX: Final = 200

_log = structlog.get_logger("core.identity")


class InvitationHandlers:
    """Operations on invitations. The link goes to the one invited alone: who holds it holds their rights."""

    def __init__(
        self,
        pool: asyncpg.Pool,
        clock: Clock,
        passwords: Passwords,
        realm: Realm[SessionOpened],
        queue_mail: QueueMail,
    ) -> None:
        self._pool = pool
        self._clock = clock
        self._write = WriteOnce(pool, clock)
        self._passwords = passwords
        self._realm = realm
        self._queue_mail = queue_mail

    async def invite_agent(self, caller: SignedIn, request: InviteAgent) -> Written:
        """Invite somebody new, who has no grant yet, or somebody known again.

        A repeat under one key sends no second mail, which would end the link of the first one.
        Raises: FieldsRefused, AgentKnown, NotFound, BeyondOwnRights, KeyReused, StillRunning.
        """
        if request.agent is not None and (request.email or request.name or request.role):
            raise FieldsRefused([FieldProblem("agent", "conflict", "agent alone, or email, name and role")])
        scope = caller.scope_of(Permission.AGENTS_WRITE)
        now = self._clock.now()

        async def effect(connection: sessions.Connection) -> bytes:
            if request.agent is not None:
                await refuse_beyond(connection, scope, request.agent, now)
            invited = await invite(
                connection,
                request,
                invited_by=caller.agent_id,
                now=now,
                portal_url=self._realm.portal_url,
                queue_mail=self._queue_mail,
            )
            return msgspec.json.encode(invited)

        return await self._write(caller, request, effect)

    async def read_invitation(self, request: ByInvitation) -> InvitationView:
        """Return whom an invitation is for. Raises: InvitationEnded."""
        found = await self._open(request.token)
        return InvitationView(found.email, found.name, found.locale, timestamp(found.expires_at))

    async def accept_invitation(self, request: AcceptInvitation) -> InvitationAccepted:
        """Choose a password. Every earlier session ends, and somebody without a second factor goes on to add one.

        Raises: InvitationEnded, PasswordRefused, TooManyAttempts.
        """
        now = self._clock.now()
        realm = self._realm
        bounds = {realm.subject("ip", request.ip): FAILURES_PER_IP_MAX}
        await count_attempt(self._pool, bounds, now=now, ip=request.ip)
        found = await self._open(request.token)
        self._passwords.refuse_weak(request.password, email=found.email, by=realm.why_password_refused)
        encoded = await self._passwords.hash(request.password)
        async with self._pool.acquire() as connection, connection.transaction():
            await realm.people.lock_person(connection, found.agent_id)
            if not await store.accept_invitation(connection, found.token_hash, now):
                raise InvitationEnded
            await replace_password(connection, realm, found.agent_id, encoded, now=now)
            if found.resets_factors:
                await realm.people.remove_factors(connection, found.agent_id)
            await forget_attempt(connection, {**bounds, realm.subject("email", found.email): 0}, at=now)
            factors = standing(await realm.people.list_factors(connection, found.agent_id))
            arrival = Arrival(request.ip, request.user_agent)
            await realm.record(
                connection,
                found.agent_id,
                now=now,
                kind="credential.invitation_accepted",
                facts={"factors_reset": found.resets_factors},
                ip=request.ip,
            )
            if factors:
                return InvitationAccepted(None)
            return InvitationAccepted(
                await open_session(
                    connection,
                    realm,
                    found.agent_id,
                    arrival=arrival,
                    factor="invitation",
                    now=now,
                    enrolling=True,
                )
            )

    async def _open(self, token: str) -> OpenInvitation:
        found = await store.find_invitation(self._pool, hash_of_token(token), self._clock.now())
        if found is None:
            _log.warning("invitation_refused")
            raise InvitationEnded
        return found


async def refuse_beyond(
    connection: sessions.Connection, scope: Scope, agent_id: bytes, now: datetime
) -> None:
    """Refuse to let somebody in again for an agent who is not the caller's to change.

    Raises: NotFound, BeyondOwnRights.
    """
    shown = await administration.find_agent(
        connection, scope, agent_id, now=now, idle_since=now - SESSION_IDLE
    )
    if shown is None:
        raise NotFound
    if not shown.may_change:
        raise BeyondOwnRights


async def invite(
    connection: sessions.Connection,
    request: InviteAgent,
    *,
    invited_by: bytes,
    now: datetime,
    portal_url: str,
    queue_mail: QueueMail,
) -> Invited:
    """Write an invitation, and its mail, within the caller's transaction. It stands for 72 hours, alone.

    Raises: FieldsRefused, AgentKnown, NotFound.
    """
    agent_id = request.agent
    if agent_id is None:
        agent_id = await _new_agent(connection, request)
    agent = await store.find_agent(connection, agent_id)
    if agent is None or agent["disabled_at"] is not None:
        raise NotFound
    token = secrets.token_urlsafe(TOKEN_BYTES)
    expires_at = now + INVITATION_LIFE
    await store.put_invitation(
        connection,
        token_hash=hash_of_token(token),
        agent_id=agent_id,
        invited_by=invited_by,
        now=now,
        expires_at=expires_at,
        resets_factors=request.resets_factors,
    )
    await queue_mail(
        connection,
        template="agent_invitation",
        to=agent["email"],
        locale=agent["locale"],
        facts={"name": agent["name"], "link": f"{portal_url}/invitation/{token}"},
        about_kind="agent",
        about_id=agent_id,
        # Each invitation is a mail of its own, however alike they are.
        once_key=encode_id("agent", agent_id) + timestamp(now),
    )
    await sessions.record_action(
        connection,
        agent_id=invited_by,
        at=now,
        kind="credential.invited",
        target_kind="agent",
        target_id=agent_id,
        facts={
            "email": agent["email"],
            "is_new": request.agent is None,
            "resets_factors": request.resets_factors,
        },
    )
    return Invited(encode_id("agent", agent_id), timestamp(expires_at))


async def _new_agent(connection: sessions.Connection, request: InviteAgent) -> bytes:
    email, name = "", " ".join(request.name.split())
    errors: list[FieldProblem] = []
    try:
        email = email_key(request.email)
    except EmailMalformed:
        errors.append(FieldProblem("email", "malformed", "name@example.org"))
    if not 1 <= len(name) <= _NAME_CHARACTERS_MAX or not name.isprintable():
        errors.append(FieldProblem("name", "malformed", "1-200"))
    if request.locale not in ("fr", "en"):
        errors.append(FieldProblem("locale", "unknown_value", "fr, en"))
    if not await store.role_exists(connection, request.role):
        errors.append(FieldProblem("role", "unknown_value"))
    if errors:
        if all(each.field != "email" for each in errors) and await store.find_agent_by_email(
            connection, email
        ):
            errors.insert(0, FieldProblem("email", "agent_known"))
        raise FieldsRefused(errors)
    made = await store.add_agent(
        connection,
        email=email,
        name=name,
        password_hash=NO_PASSWORD,
        role=request.role,
        locale=request.locale,
    )
    if made is None:
        raise AgentKnown
    return made
