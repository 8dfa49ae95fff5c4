"""Accounts, companies, stores, contacts, onboarding."""

from datetime import datetime

from core.contracts import merchants as ask
from core.contracts import onboarding_files as files_ask
from core.contracts.desk_requests import ById
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
from core.roles.doors.door import Door, Doors, Parts


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
    return {
        ask.ACCOUNTS: Door(
            ask.SearchMerchants, True, lambda who, body, _locale: accounts.accounts(who, body)
        ),
        ask.ACCOUNT: Door(ById, True, lambda who, body, _locale: accounts.account(who, body)),
        ask.ACCOUNT_CREATED: Door(ask.CreateAccount, True, accounts.create_account),
        ask.ACCOUNT_EDITED: Door(ask.EditAccount, True, accounts.edit_account),
        ask.COMPANIES: Door(
            ask.SearchMerchants, True, lambda who, body, _locale: companies.companies(who, body)
        ),
        ask.COMPANY: Door(ById, True, lambda who, body, _locale: companies.company(who, body)),
        ask.COMPANY_CREATED: Door(ask.CreateCompany, True, companies.create_company),
        ask.COMPANY_EDITED: Door(ask.EditCompany, True, companies.edit_company),
        ask.COMPANY_VALIDATED: Door(
            ById, True, lambda who, body, _locale: companies.validate_company(who, body)
        ),
        ask.STORE_CREATED: Door(ask.CreateStore, True, stores.create_store),
        ask.STORE_EDITED: Door(ask.EditStore, True, stores.edit_store),
        ask.CONTACT_ADDED: Door(ask.AddContact, True, contacts.add),
        ask.CONTACT_EDITED: Door(ask.EditContact, True, contacts.edit),
        ask.CONTACT_REMOVED: Door(ById, True, lambda who, body, _locale: contacts.remove(who, body)),
        ask.DUPLICATES: Door(
            ask.FindDuplicates, True, lambda who, body, _locale: duplicates(pool, who, body)
        ),
        ask.ONBOARDINGS: Door(ask.ListOnboardings, True, lambda who, body, _locale: files.files(who, body)),
        ask.ONBOARDING: Door(ById, True, files.file),
        ask.ONBOARDING_STARTED: Door(ask.StartOnboarding, True, files.start),
        ask.ONBOARDING_SAVED: Door(ask.SaveStep, True, files.save),
        ask.ONBOARDING_MOVED: Door(ask.MoveOnboarding, True, files.move),
        files_ask.ONBOARDING_ATTACHED: Door(files_ask.AttachFile, True, attaching.attach),
        files_ask.ONBOARDING_BYTES: Door(
            files_ask.ReadAttached, True, lambda who, body, _locale: attaching.read(who, body)
        ),
    }
