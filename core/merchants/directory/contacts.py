"""Contacts: who to call at an account, a company or a store."""

import asyncpg
import msgspec

from core.contracts.listing import Nothing, Written
from core.contracts.merchants import AddContact, ContactFields, EditContact, RemoveContact
from core.contracts.refusals import NotFound
from core.contracts.scope import Scope
from core.db.ids import new_id
from core.db.rows import Connection
from core.identity.api import Permission, SignedIn, WriteOnce, record_action
from core.merchants.directory import store, views
from core.merchants.directory.adding import Adding
from core.merchants.directory.store import ContactPlace
from core.merchants.errors import FieldsWrong
from core.merchants.forms import check_contact, problems_of
from core.merchants.writing import changes_between, refuse_if_changed
from core.values.clock import Clock
from core.values.ids import encode_id


class ContactHandlers:
    """Operations on contacts."""

    def __init__(self, pool: asyncpg.Pool, clock: Clock) -> None:
        self._pool = pool
        self._clock = clock
        self._write = WriteOnce(pool, clock)

    async def add(self, caller: SignedIn, request: AddContact) -> Written:
        """Add a contact. Raises: NotFound, FieldsWrong, KeyReused."""
        scope = caller.scope_of(Permission.MERCHANTS_EDIT)
        fields = _checked(request.contact, caller.language)
        place = ContactPlace(request.of.kind, request.of)
        now = self._clock.now()

        async def effect(connection: Connection) -> bytes:
            await _lock_place(connection, scope, place)
            contact_id = new_id(self._clock)
            await Adding(connection, caller, now).contact(contact_id, fields, place=place)
            row = await store.lock_contact(connection, contact_id)
            assert row is not None
            return msgspec.json.encode(views.contact_of(row))

        return await self._write(caller, request, effect)

    async def edit(self, caller: SignedIn, request: EditContact) -> Written:
        """Write a contact. Raises: NotFound, FieldsWrong, ChangedMeanwhile, KeyReused."""
        scope = caller.scope_of(Permission.MERCHANTS_EDIT)
        fields = _checked(request.contact, caller.language)
        now = self._clock.now()

        async def effect(connection: Connection) -> bytes:
            before = await store.lock_contact(connection, request.id)
            if before is None:
                raise NotFound
            await _lock_place(connection, scope, store.place_of(before))
            await refuse_if_changed(
                connection, target_id=request.id, read_version=request.revision, version=before["version"]
            )
            await store.update_contact(connection, request.id, fields)
            row = await store.lock_contact(connection, request.id)
            old = ContactFields(**{name: before[name] for name in msgspec.structs.asdict(fields)})
            await record_action(
                connection,
                agent_id=caller.agent_id,
                at=now,
                kind="contact.edited",
                target_kind="contact",
                target_id=request.id,
                facts={"version": before["version"] + 1, "changes": changes_between(old, fields)},
            )
            assert row is not None
            return msgspec.json.encode(views.contact_of(row))

        return await self._write(caller, request, effect)

    async def remove(self, caller: SignedIn, request: RemoveContact) -> Nothing:
        """Delete a contact. Raises: NotFound."""
        scope = caller.scope_of(Permission.MERCHANTS_EDIT)
        async with self._pool.acquire() as connection, connection.transaction():
            row = await store.lock_contact(connection, request.id)
            if row is None:
                raise NotFound
            place = store.place_of(row)
            await _lock_place(connection, scope, place)
            await store.delete_contact(connection, request.id)
            await record_action(
                connection,
                agent_id=caller.agent_id,
                at=self._clock.now(),
                kind="contact.removed",
                target_kind=place.kind,
                target_id=place.id,
                facts={"contact": encode_id("contact", request.id), "name": row["name"]},
            )
        return Nothing()


async def _lock_place(connection: Connection, scope: Scope, place: ContactPlace) -> None:
    """Lock what a contact belongs to. Raises: NotFound, when the scope does not see it."""
    match place.kind:
        case "account":
            found = await store.lock_account(connection, scope, place.id)
        case "company":
            found = await store.lock_company(connection, scope, place.id)
        case _:
            found = await store.lock_store(connection, scope, place.id)
    if found is None:
        raise NotFound


def _checked(fields: ContactFields, locale: str) -> ContactFields:
    kept, wrong = check_contact(fields)
    if wrong:
        raise FieldsWrong(problems_of(wrong, locale))
    return kept
