"""What merchants bring to the processes: the directory, onboarding, contracts, services and fees."""

from functools import partial
from typing import Final

from core.contracts import agreements, api_keys, fees, onboarding
from core.contracts import merchants as ask
from core.contracts.merchants import STORES
from core.db.queries import load_beside
from core.documents.api import DocumentHandlers, blobs_from
from core.merchants import home
from core.merchants.agreements.api import ServiceHandlers, TemplateHandlers, contract_handlers
from core.merchants.agreements.moving import carry_out_due
from core.merchants.api import search_stores
from core.merchants.api_keys.handlers import ApiKeyHandlers, IntegratorHandlers
from core.merchants.directory.accounts import AccountHandlers
from core.merchants.directory.companies import CompanyHandlers
from core.merchants.directory.contacts import ContactHandlers
from core.merchants.directory.stores import StoreHandlers
from core.merchants.duplicates.handlers import duplicates
from core.merchants.fees.api import FeeHandlers
from core.merchants.onboarding.attaching import AttachingHandlers
from core.merchants.onboarding.handlers import OnboardingHandlers
from core.runtime.jobs import Job
from core.runtime.manifest import Names, Parts, Served, Slice, placed, serves

DUE_EVERY_S: Final = 60.0
_SQL: Final = load_beside(__file__)


def _jobs(parts: Parts) -> list[Job]:
    # Terminations that were given. Grids of fees need none: the one in force is read from the date.
    return [Job("contracts_due", DUE_EVERY_S, lambda: carry_out_due(parts.pool, parts.clock))]


def _operations(parts: Parts) -> list[Served]:
    documents = DocumentHandlers(parts.pool, parts.clock, blobs_from(parts.environment))
    return [
        *_of_directory(parts),
        *_of_onboarding(parts, documents),
        *_of_contracts(parts, documents),
        *_of_fees(parts),
        *_of_api_keys(parts),
    ]


def _of_directory(parts: Parts) -> list[Served]:
    accounts = AccountHandlers(parts.pool, parts.clock)
    companies = CompanyHandlers(parts.pool, parts.clock)
    stores = StoreHandlers(parts.pool, parts.clock)
    contacts = ContactHandlers(parts.pool, parts.clock)
    return [
        serves(STORES, partial(search_stores, parts.pool)),
        serves(ask.LIST_ACCOUNTS, accounts.accounts),
        serves(ask.ONE_ACCOUNT, accounts.account),
        serves(ask.CREATE_ACCOUNT, accounts.create_account),
        serves(ask.EDIT_ACCOUNT, accounts.edit_account),
        serves(ask.LIST_COMPANIES, companies.companies),
        serves(ask.ONE_COMPANY, companies.company),
        serves(ask.CREATE_COMPANY, companies.create_company),
        serves(ask.EDIT_COMPANY, companies.edit_company),
        serves(ask.VALIDATE_COMPANY, companies.validate_company),
        serves(ask.CREATE_STORE, stores.create_store),
        serves(ask.EDIT_STORE, stores.edit_store),
        serves(ask.ADD_CONTACT, contacts.add),
        serves(ask.EDIT_CONTACT, contacts.edit),
        serves(ask.REMOVE_CONTACT, contacts.remove),
        serves(ask.DUPLICATES, partial(duplicates, parts.pool)),
    ]


def _of_onboarding(parts: Parts, documents: DocumentHandlers) -> list[Served]:
    files = OnboardingHandlers(parts.pool, parts.clock, documents)
    attaching = AttachingHandlers(parts.pool, parts.clock, files, documents)
    return [
        serves(onboarding.LIST, files.files),
        serves(onboarding.ONE, files.file),
        serves(onboarding.START, files.start),
        serves(onboarding.SAVE, files.save),
        serves(onboarding.MOVE, files.move),
        serves(onboarding.ATTACH, attaching.attach),
        serves(onboarding.READ_ATTACHED, attaching.read),
    ]


def _of_contracts(parts: Parts, documents: DocumentHandlers) -> list[Served]:
    contracts = contract_handlers(parts.pool, parts.clock, documents, parts.environment)
    templates = TemplateHandlers(parts.pool, parts.clock)
    services = ServiceHandlers(parts.pool, parts.clock)
    return [
        serves(agreements.LIST, contracts.contracts),
        serves(agreements.ONE, contracts.contract),
        serves(agreements.FORM, contracts.form),
        serves(agreements.MAKE, contracts.make),
        serves(agreements.WORD, contracts.word),
        serves(agreements.AMEND, contracts.word),
        serves(agreements.MOVE, contracts.move),
        serves(agreements.SIGN, contracts.sign),
        serves(agreements.PREVIEW, contracts.preview),
        serves(agreements.TEMPLATES, templates.templates),
        serves(agreements.ONE_TEMPLATE, templates.template),
        serves(agreements.WRITE_TEMPLATE, templates.write),
        serves(agreements.SERVICE, services.service),
        serves(agreements.MAKE_SERVICE, services.make),
        serves(agreements.SET_OPTIONS, services.set_options),
        serves(agreements.SET_LIMITS, services.set_limits),
    ]


def _of_fees(parts: Parts) -> list[Served]:
    handlers = FeeHandlers(parts.pool, parts.clock)
    return [
        serves(fees.LIST, handlers.grids),
        serves(fees.ONE, handlers.grid),
        serves(fees.MAKE, handlers.make_grid),
        serves(fees.ASSIGN, handlers.assign),
        serves(fees.MAKE_VERSION, handlers.make_version),
        serves(fees.ONE_VERSION, handlers.version),
        serves(fees.EDIT_VERSION, handlers.edit_version),
        serves(fees.MOVE_VERSION, handlers.move_version),
        serves(fees.PREVIEW, handlers.preview),
    ]


def _of_api_keys(parts: Parts) -> list[Served]:
    keys = ApiKeyHandlers(parts.pool, parts.clock)
    integrators = IntegratorHandlers(parts.pool, parts.clock)
    return [
        serves(api_keys.LIST, keys.keys),
        serves(api_keys.MAKE, keys.make),
        serves(api_keys.REVOKE, keys.revoke),
        serves(api_keys.COMPANY, integrators.company),
    ]


SLICE: Final = Slice(
    "merchants",
    operations=_operations,
    home={"onboardings": home.onboardings, "contracts": home.contracts, "fee_approvals": home.fee_approvals},
    jobs=_jobs,
    names=Names(
        frozenset(
            {
                "account",
                "company",
                "store",
                "service",
                "contact",
                "contract",
                "onboarding",
                "fee_grid",
                "fee_version",
                "template",
            }
        ),
        _SQL.record_names,
        read_by=placed,
    ),
)
