"""What operations on the directory share: whole records, checked forms, the refusal of a look-alike."""

from typing import Final

from core.contracts.desk import FieldProblem
from core.contracts.merchants import (
    AccountDetail,
    CompanyDetail,
    CompanyFields,
    Contact,
    FindDuplicates,
    StoreFields,
    StoreMade,
)
from core.contracts.reason_texts import says_why
from core.contracts.refusals import NotFound
from core.contracts.scope import Scope
from core.db.rows import Connection
from core.identity.api import Permission, SignedIn
from core.merchants.directory import store, views
from core.merchants.duplicates.handlers import find_duplicates
from core.merchants.duplicates.rules import has_reason, needs_reason
from core.merchants.errors import DuplicateSuspected, FieldsWrong
from core.merchants.forms import Wrong, check_company, check_store, problems_of
from core.merchants.rules import department_of, one_line
from core.merchants.words import problem_text
from core.values.ids import decode_id

NAME_CHARACTERS_MAX: Final = 200


async def read_account(connection: Connection, scope: Scope, account_id: bytes) -> AccountDetail:
    """Return one account; who sees a store of it only is not told whom to call there. Raises: NotFound."""
    row = await store.find_account_seen(connection, scope, account_id)
    if row is None:
        raise NotFound
    companies = await store.companies_of(connection, scope, account_id)
    return views.account_detail_of(
        row,
        [views.company_of(one, scope) for one in companies],
        await read_contacts(connection, account_id) if row["held"] else [],
        through_store=not row["held"],
    )


async def read_company(
    connection: Connection, caller: SignedIn, scope: Scope, company_id: bytes
) -> CompanyDetail:
    """Return one company; its IBAN is whole for who may edit it.

    Whoever sees a store of it sees what it is: neither its IBAN nor its contacts, nor its other stores.
    Raises: NotFound.
    """
    row = await store.find_company_seen(connection, scope, company_id)
    if row is None:
        raise NotFound
    return views.company_detail_of(
        row,
        await store.stores_of_company(connection, scope, company_id),
        await read_contacts(connection, company_id) if views.holds_company(row, scope) else [],
        scope=scope,
        editing=caller.scope_of(Permission.MERCHANTS_EDIT),
    )


async def read_store(connection: Connection, scope: Scope, store_id: bytes) -> StoreMade:
    """Return one store as it is written. Raises: NotFound."""
    row = await store.find_store_made(connection, scope, store_id)
    if row is None:
        raise NotFound
    return views.store_made_of(row, await read_contacts(connection, store_id))


async def read_contacts(connection: Connection, target_id: bytes) -> list[Contact]:
    """Return who to call at something that the caller sees."""
    return [views.contact_of(row) for row in await store.contacts_of(connection, target_id)]


def checked_name(name: str, locale: str) -> str:
    """Return the name of an account. Raises: FieldsWrong."""
    kept = one_line(name)
    if not kept:
        raise FieldsWrong(problems_of([Wrong("name", "missing")], locale))
    if len(kept) > NAME_CHARACTERS_MAX:
        raise FieldsWrong(problems_of([Wrong("name", "too_long")], locale))
    return kept


def checked_company(
    fields: CompanyFields, scope: Scope, locale: str, *, company_id: bytes = b""
) -> CompanyFields:
    """Return a company's fields as they are kept, its address within the scope. Raises: FieldsWrong."""
    kept, wrong = check_company(fields)
    if not wrong and not scope.sees(department_of(kept.postcode) or "", b"", company_id):
        wrong = [Wrong("postcode", "outside_area")]
    if wrong:
        raise FieldsWrong(problems_of(wrong, locale))
    return kept


def checked_store(
    fields: StoreFields, scope: Scope, locale: str, *, siren: str, company_id: bytes, store_id: bytes = b""
) -> StoreFields:
    """Return a store's fields as they are kept, its address within the scope. Raises: FieldsWrong."""
    kept, wrong = check_store(fields, siren)
    if not wrong and not scope.sees(department_of(kept.postcode) or "", store_id, company_id):
        wrong = [Wrong("postcode", "outside_area")]
    if wrong:
        raise FieldsWrong(problems_of(wrong, locale))
    return kept


async def refuse_duplicates(
    connection: Connection,
    caller: SignedIn,
    asked: FindDuplicates,
    *,
    reason: str,
    taken: tuple[str, str],
    locale: str,
    own_company: bytes | None = None,
) -> None:
    """Raise what stands against making another one; a reason overrides all but an identifier that is taken.

    Raises: FieldsWrong, DuplicateSuspected.
    """
    kind, identifier = taken
    found = await find_duplicates(connection, caller, asked)
    if has_reason(found, kind, "siren" if identifier == "siren" else "siret"):
        raise FieldsWrong(problems_of([Wrong(identifier, f"{identifier}_taken")], locale))
    # A store is like its own company, and that is no doubt.
    others = [
        one
        for one in found
        if own_company is None
        or one.kind != "company"
        or one.id is None
        or decode_id("company", one.id) != own_company
    ]
    if needs_reason(others) and not says_why(reason):
        text = problem_text("duplicate_unanswered", locale)
        raise DuplicateSuspected([FieldProblem("not_duplicate_reason", "duplicate_unanswered", text)])
