"""Accounts, companies, stores, contacts, onboarding."""

from core.contracts import merchants as ask
from core.contracts.desk_requests import ById
from core.merchants.api import (
    AccountHandlers,
    CompanyHandlers,
    ContactHandlers,
    OnboardingHandlers,
    StoreHandlers,
    duplicates,
)
from core.roles.doors.door import Door, Doors, Parts


def doors(parts: Parts) -> Doors:
    """Return the subjects of this topic."""
    pool, clock = parts.pool, parts.clock
    accounts, companies = AccountHandlers(pool, clock), CompanyHandlers(pool, clock)
    stores, contacts = StoreHandlers(pool, clock), ContactHandlers(pool, clock)
    files = OnboardingHandlers(pool, clock)
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
    }
