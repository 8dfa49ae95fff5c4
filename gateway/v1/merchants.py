"""Accounts, companies, contacts, duplicates."""

from typing import Annotated

import msgspec
from litestar import Response, delete, get, post
from litestar.openapi.datastructures import ResponseSpec
from litestar.types import ControllerRouterHandler

from core.contracts import merchants as ask
from core.contracts.desk_requests import ById, Nothing
from gateway.core_client import Caller, CoreClient
from gateway.problems import Problem
from gateway.v1 import onboarding, stores
from gateway.v1.reading import Cursor, Limit, Words, body_id, cursor_parts, path_id
from gateway.v1.writing import IdempotencyKey, optional_key, write

Version = Annotated[int, msgspec.Meta(ge=1, description="The version that was read")]
Name = Annotated[str, msgspec.Meta(max_length=200)]
Reason = Annotated[str, msgspec.Meta(max_length=500)]
IdText = Annotated[str, msgspec.Meta(max_length=40)]
_PLACES = {"acc": "account", "com": "company", "sto": "store"}
_LISTED = {"query": frozenset({"query", "limit", "cursor"})}


class AccountBody(msgspec.Struct, forbid_unknown_fields=True):
    """A group of companies."""

    name: Name


class AccountEditBody(msgspec.Struct, forbid_unknown_fields=True):
    """Its new name."""

    version: Version
    name: Name


class CompanyBody(msgspec.Struct, forbid_unknown_fields=True):
    """A company, in an account by its id or in a new one by its name."""

    company: ask.CompanyFields
    account: IdText | None = None
    account_name: Name = ""
    not_duplicate_reason: Reason = ""


class CompanyEditBody(msgspec.Struct, forbid_unknown_fields=True):
    """Every field of a company."""

    version: Version
    company: ask.CompanyFields


class ContactBody(msgspec.Struct, forbid_unknown_fields=True):
    """Somebody to call; `of` is an account, a company or a store."""

    of: IdText
    contact: ask.ContactFields


class ContactEditBody(msgspec.Struct, forbid_unknown_fields=True):
    """Every field of a contact."""

    version: Version
    contact: ask.ContactFields


def search_of(kind: str, words: str, limit: int, cursor: str | None) -> ask.SearchMerchants:
    """Return the request for a page of a list in the order of names."""
    body = ask.SearchMerchants(query=words, limit=limit)
    parts = cursor_parts(cursor, 2)
    if parts is not None:
        body.after, body.after_id = parts[0], body_id(kind, parts[1], "cursor")
    return body


@get("/accounts", summary="Search accounts", tags=["Merchants"], opt=_LISTED)
async def list_accounts(
    caller: Caller, core: CoreClient, words: Words = "", limit: Limit = 50, cursor: Cursor = None
) -> ask.AccountPage:
    """Find accounts by name."""
    body = search_of("account", words, limit, cursor)
    return await core.ask(ask.ACCOUNTS, body, ask.AccountPage, caller=caller)


@get("/accounts/{account_id:str}", summary="One account", tags=["Merchants"])
async def one_account(account_id: str, caller: Caller, core: CoreClient) -> ask.AccountDetail:
    """Return an account with its companies and contacts."""
    body = ById(path_id("account", account_id))
    return await core.ask(ask.ACCOUNT, body, ask.AccountDetail, caller=caller)


@post(
    "/accounts",
    summary="Create an account",
    tags=["Merchants"],
    responses={201: ResponseSpec(ask.AccountDetail, description="The account")},
)
async def create_account(
    data: AccountBody, caller: Caller, core: CoreClient, idempotency_key: IdempotencyKey = None
) -> Response[bytes]:
    """Create an account without a company."""
    body = ask.CreateAccount(data.name, optional_key(idempotency_key))
    return await write(core, caller, ask.ACCOUNT_CREATED, body, 201)


@post(
    "/accounts/{account_id:str}/edits",
    summary="Edit an account",
    tags=["Merchants"],
    status_code=200,
    responses={200: ResponseSpec(ask.AccountDetail, description="The account")},
)
async def edit_account(
    account_id: str,
    data: AccountEditBody,
    caller: Caller,
    core: CoreClient,
    idempotency_key: IdempotencyKey = None,
) -> Response[bytes]:
    """Rename an account."""
    body = ask.EditAccount(
        path_id("account", account_id), data.version, data.name, optional_key(idempotency_key)
    )
    return await write(core, caller, ask.ACCOUNT_EDITED, body, 200)


@get("/companies", summary="Search companies", tags=["Merchants"], opt=_LISTED)
async def list_companies(
    caller: Caller, core: CoreClient, words: Words = "", limit: Limit = 50, cursor: Cursor = None
) -> ask.CompanyPage:
    """Find companies by name, SIREN, VAT number, postcode or city."""
    body = search_of("company", words, limit, cursor)
    return await core.ask(ask.COMPANIES, body, ask.CompanyPage, caller=caller)


@get("/companies/{company_id:str}", summary="One company", tags=["Merchants"])
async def one_company(company_id: str, caller: Caller, core: CoreClient) -> ask.CompanyDetail:
    """Return a company with its stores and contacts; the whole IBAN for who may edit it."""
    body = ById(path_id("company", company_id))
    return await core.ask(ask.COMPANY, body, ask.CompanyDetail, caller=caller)


@post(
    "/companies",
    summary="Create a company",
    tags=["Merchants"],
    responses={201: ResponseSpec(ask.CompanyDetail, description="The company")},
)
async def create_company(
    data: CompanyBody, caller: Caller, core: CoreClient, idempotency_key: IdempotencyKey = None
) -> Response[bytes]:
    """Create a company; a look-alike wants a reason why this is another."""
    body = ask.CreateCompany(
        fields=data.company,
        account_id=None if data.account is None else body_id("account", data.account, "account"),
        account_name=data.account_name,
        not_duplicate_reason=data.not_duplicate_reason,
        idempotency_key=optional_key(idempotency_key),
    )
    return await write(core, caller, ask.COMPANY_CREATED, body, 201)


@post(
    "/companies/{company_id:str}/edits",
    summary="Edit a company",
    tags=["Merchants"],
    status_code=200,
    responses={200: ResponseSpec(ask.CompanyDetail, description="The company")},
)
async def edit_company(
    company_id: str,
    data: CompanyEditBody,
    caller: Caller,
    core: CoreClient,
    idempotency_key: IdempotencyKey = None,
) -> Response[bytes]:
    """Write every field of a company; refused when somebody else wrote meanwhile."""
    body = ask.EditCompany(
        path_id("company", company_id), data.version, data.company, optional_key(idempotency_key)
    )
    return await write(core, caller, ask.COMPANY_EDITED, body, 200)


@post(
    "/companies/{company_id:str}/validation",
    summary="Validate a company",
    tags=["Merchants"],
    status_code=200,
)
async def validate_company(company_id: str, caller: Caller, core: CoreClient) -> ask.CompanyDetail:
    """Note the commercial validation of a company that was made without a file."""
    body = ById(path_id("company", company_id))
    return await core.ask(ask.COMPANY_VALIDATED, body, ask.CompanyDetail, caller=caller)


@post(
    "/contacts",
    summary="Add a contact",
    tags=["Merchants"],
    responses={201: ResponseSpec(ask.Contact, description="The contact")},
)
async def add_contact(
    data: ContactBody, caller: Caller, core: CoreClient, idempotency_key: IdempotencyKey = None
) -> Response[bytes]:
    """Add somebody to call at an account, a company or a store."""
    kind = _PLACES.get(data.of.partition("_")[0])
    if kind is None:
        raise Problem.of_field("of", "malformed", "an account, a company or a store")
    body = ask.AddContact(kind, body_id(kind, data.of, "of"), data.contact, optional_key(idempotency_key))
    return await write(core, caller, ask.CONTACT_ADDED, body, 201)


@post(
    "/contacts/{contact_id:str}/edits",
    summary="Edit a contact",
    tags=["Merchants"],
    status_code=200,
    responses={200: ResponseSpec(ask.Contact, description="The contact")},
)
async def edit_contact(
    contact_id: str,
    data: ContactEditBody,
    caller: Caller,
    core: CoreClient,
    idempotency_key: IdempotencyKey = None,
) -> Response[bytes]:
    """Write every field of a contact."""
    body = ask.EditContact(
        path_id("contact", contact_id), data.version, data.contact, optional_key(idempotency_key)
    )
    return await write(core, caller, ask.CONTACT_EDITED, body, 200)


@delete("/contacts/{contact_id:str}", summary="Remove a contact", tags=["Merchants"])
async def remove_contact(contact_id: str, caller: Caller, core: CoreClient) -> None:
    """Remove a contact."""
    await core.ask(ask.CONTACT_REMOVED, ById(path_id("contact", contact_id)), Nothing, caller=caller)


@post("/merchants/duplicates", summary="Look for duplicates", tags=["Merchants"], status_code=200)
async def find_duplicates(data: ask.FindDuplicates, caller: Caller, core: CoreClient) -> ask.DuplicateList:
    """Return who may be the same merchant, why, and how likely."""
    return await core.ask(ask.DUPLICATES, data, ask.DuplicateList, caller=caller)


HANDLERS: tuple[ControllerRouterHandler, ...] = (
    list_accounts,
    one_account,
    create_account,
    edit_account,
    list_companies,
    one_company,
    create_company,
    edit_company,
    validate_company,
    add_contact,
    edit_contact,
    remove_contact,
    find_duplicates,
    *stores.HANDLERS,
    *onboarding.HANDLERS,
)
