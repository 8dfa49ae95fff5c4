"""New accounts, companies, stores and contacts: the row and who made it, however it comes about."""

from datetime import datetime

import asyncpg

from core.contracts.merchants import CompanyFields, ContactFields, StoreFields
from core.db.rows import Connection
from core.identity.api import SignedIn, record_action
from core.merchants.directory import store
from core.merchants.directory.store import ContactPlace
from core.merchants.errors import FieldsWrong
from core.merchants.forms import Wrong, problems_of
from core.values.ids import encode_id


class Adding:
    """What one caller adds at one moment, in a transaction of the caller's."""

    def __init__(self, connection: Connection, caller: SignedIn, now: datetime) -> None:
        self._connection = connection
        self._caller = caller
        self._now = now

    async def account(self, account_id: bytes, name: str) -> None:
        """Add an account."""
        await store.insert_account(self._connection, account_id, name, self._now)
        await self._record("account", account_id, {"name": name, "version": 1})

    async def company(
        self,
        company_id: bytes,
        fields: CompanyFields,
        *,
        account_id: bytes,
        is_validated: bool,
        not_duplicate: str,
        facts: dict[str, object] | None = None,
    ) -> None:
        """Add a company; `facts` are more of what brought it about. Raises: FieldsWrong for a SIREN that is taken."""
        try:
            await store.insert_company(
                self._connection,
                company_id=company_id,
                account_id=account_id,
                fields=fields,
                now=self._now,
                validated_by=self._caller.agent_id if is_validated else None,
            )
        except asyncpg.UniqueViolationError as error:
            raise FieldsWrong(problems_of([Wrong("siren", "siren_taken")], self._caller.language)) from error
        made = {
            "version": 1,
            "name": fields.legal_name,
            "siren": fields.siren,
            "account": encode_id("account", account_id),
            "not_duplicate": not_duplicate,
        }
        await self._record("company", company_id, made | (facts or {}))

    async def store(
        self, store_id: bytes, fields: StoreFields, *, company_id: bytes, not_duplicate: str
    ) -> None:
        """Add a store. Raises: FieldsWrong for a SIRET that is taken."""
        try:
            await store.insert_store(
                self._connection, store_id=store_id, company_id=company_id, fields=fields, now=self._now
            )
        except asyncpg.UniqueViolationError as error:
            raise FieldsWrong(problems_of([Wrong("siret", "siret_taken")], self._caller.language)) from error
        made = {
            "version": 1,
            "name": fields.name,
            "siret": fields.siret,
            "company": encode_id("company", company_id),
            "not_duplicate": not_duplicate,
        }
        await self._record("store", store_id, made)

    async def contact(self, contact_id: bytes, fields: ContactFields, *, place: ContactPlace) -> None:
        """Add a contact of a company or of a store."""
        await store.insert_contact(
            self._connection, contact_id=contact_id, place=place, fields=fields, now=self._now
        )
        await record_action(
            self._connection,
            agent_id=self._caller.agent_id,
            at=self._now,
            kind="contact.added",
            target_kind=place.kind,
            target_id=place.id,
            facts={"contact": encode_id("contact", contact_id), "name": fields.name},
        )

    async def _record(self, kind: str, made_id: bytes, facts: dict[str, object]) -> None:
        await record_action(
            self._connection,
            agent_id=self._caller.agent_id,
            at=self._now,
            kind=f"{kind}.created",
            target_kind=kind,
            target_id=made_id,
            facts=facts,
        )
