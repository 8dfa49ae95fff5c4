"""Accounts, companies, stores, contacts, onboarding."""

from datetime import datetime
from functools import partial

from core.contracts import merchants as ask
from core.contracts import onboarding
from core.db.rows import Connection
from core.documents.api import DocumentHandlers, blobs_from
from core.merchants.api import (
    AccountHandlers,
    AttachingHandlers,
    CompanyHandlers,
    ContactHandlers,
    Kept,
    OnboardingHandlers,
    StoreHandlers,
    duplicates,
)
from core.roles.doors.door import Doors, Parts, served


class _Keeping:
    """The end of the files' port: the documents."""

    def __init__(self, documents: DocumentHandlers) -> None:
        self._documents = documents

    async def keep_parts(self, connection: Connection, *, agent_id: bytes, upload: bytes, name: str) -> Kept:
        """Put the parts of an upload together, check what they are and keep them under their hash.

        Raises: a refusal that names the field `file`.
        """
        kept = await self._documents.keep_parts(connection, agent_id=agent_id, upload=upload, name=name)
        return Kept(kept.sha256, kept.name, kept.media_type, kept.size_bytes)

    async def read(self, connection: Connection, sha256: bytes, *, offset: int) -> bytes:
        """Return a part of what is kept under a hash, empty past its end."""
        return await self._documents.read_kept(connection, sha256, offset=offset)

    async def give(
        self, connection: Connection, kept: Kept, *, company_id: bytes, agent_id: bytes, brought_at: datetime
    ) -> None:
        """Enter what is kept among the documents of a company, as of who brought it when."""
        await self._documents.give(
            connection,
            company_id=company_id,
            name=kept.name,
            media_type=kept.media_type,
            sha256=kept.sha256,
            size_bytes=kept.size_bytes,
            agent_id=agent_id,
            now=brought_at,
        )


def doors(parts: Parts) -> Doors:
    """Return the subjects of this topic."""
    pool, clock = parts.pool, parts.clock
    accounts, companies = AccountHandlers(pool, clock), CompanyHandlers(pool, clock)
    stores, contacts = StoreHandlers(pool, clock), ContactHandlers(pool, clock)
    keeping = _Keeping(DocumentHandlers(pool, clock, blobs_from(parts.environment)))
    files = OnboardingHandlers(pool, clock, keeping)
    attaching = AttachingHandlers(pool, clock, files, keeping)
    return served(
        (ask.LIST_ACCOUNTS, accounts.accounts),
        (ask.ONE_ACCOUNT, accounts.account),
        (ask.CREATE_ACCOUNT, accounts.create_account),
        (ask.EDIT_ACCOUNT, accounts.edit_account),
        (ask.LIST_COMPANIES, companies.companies),
        (ask.ONE_COMPANY, companies.company),
        (ask.CREATE_COMPANY, companies.create_company),
        (ask.EDIT_COMPANY, companies.edit_company),
        (ask.VALIDATE_COMPANY, companies.validate_company),
        (ask.CREATE_STORE, stores.create_store),
        (ask.EDIT_STORE, stores.edit_store),
        (ask.ADD_CONTACT, contacts.add),
        (ask.EDIT_CONTACT, contacts.edit),
        (ask.REMOVE_CONTACT, contacts.remove),
        (ask.DUPLICATES, partial(duplicates, pool)),
        (onboarding.LIST, files.files),
        (onboarding.ONE, files.file),
        (onboarding.START, files.start),
        (onboarding.SAVE, files.save),
        (onboarding.MOVE, files.move),
        (onboarding.ATTACH, attaching.attach),
        (onboarding.READ_ATTACHED, attaching.read),
    )
