"""Agents as a realm: who they are, and what is told of their sessions."""

from datetime import datetime
from typing import Any

from core.contracts.access import SessionOpened
from core.db.rows import Connection
from core.identity import store as agents
from core.identity.access import store
from core.identity.access.rules import why_password_refused
from core.identity.access.settings import AccessSettings
from core.identity.model import SESSION_IDLE, Person
from core.identity.people.store import AGENTS
from core.identity.realm import Opened, Realm
from core.identity.rules import SESSION_ABSOLUTE
from core.identity.views import agent_view
from core.values.timestamps import timestamp


def agents_realm(settings: AccessSettings) -> Realm[SessionOpened]:
    """Return the realm of those who work here."""
    return Realm(
        people=AGENTS,
        seal=settings.seal,
        portal_url=settings.portal_url,
        needs_second_factor=True,
        session_life=SESSION_ABSOLUTE,
        session_idle=SESSION_IDLE,
        remembered_life=SESSION_ABSOLUTE,
        counted_as="",
        find_credential=agents.find_credential,
        find_person=_find_person,
        why_password_refused=why_password_refused,
        record=_record,
        tell=_tell,
    )


async def _find_person(connection: Connection, person_id: bytes) -> Person | None:
    row = await store.find_agent(connection, person_id)
    if row is None:
        return None
    return Person(row["email"], row["name"], row["locale"], row["password_hash"], row["disabled_at"])


async def _record(
    connection: Connection, person_id: bytes, *, now: datetime, kind: str, facts: dict[str, Any], ip: str = ""
) -> None:
    await agents.record_action(
        connection,
        agent_id=person_id,
        at=now,
        kind=kind,
        target_kind="agent",
        target_id=person_id,
        facts=facts,
        ip=ip,
    )


async def _tell(connection: Connection, opened: Opened) -> SessionOpened:
    signed_in = await agents.find_signed_in(connection, opened.token_hash)
    assert signed_in is not None
    return SessionOpened(
        token=opened.token,
        expires_at=timestamp(opened.expires_at),
        agent=agent_view(signed_in),
        enrolling=opened.enrolling,
        device=opened.device,
    )
