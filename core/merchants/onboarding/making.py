"""What a validated file becomes: an account, a company, its stores and its people, in the caller's transaction."""

from datetime import datetime
from typing import NamedTuple

from core.contracts.onboarding import Answers
from core.contracts.scope import Scope
from core.db.ids import new_id
from core.db.rows import Connection
from core.identity.api import SignedIn
from core.merchants.directory import store as directory
from core.merchants.directory.adding import Adding
from core.merchants.directory.store import ContactPlace
from core.merchants.forms import check_company
from core.merchants.onboarding.rules import company_of
from core.values.clock import Clock
from core.values.ids import IdMalformed, decode_id, encode_id


class Made(NamedTuple):
    """What a file has become."""

    account_id: bytes
    company_id: bytes


async def make_merchant(
    connection: Connection,
    clock: Clock,
    *,
    caller: SignedIn,
    scope: Scope,
    answers: Answers,
    file_id: bytes,
    now: datetime,
) -> Made:
    """Write everything that a complete file describes. Raises: FieldsWrong, when somebody was faster."""
    fields, _ = check_company(company_of(answers))
    account_id = await account_of(connection, scope, answers)
    adding = Adding(connection, caller, now)
    not_duplicate = answers.review.not_duplicate_reason
    if account_id is None:
        account_id = new_id(clock)
        await adding.account(account_id, answers.company.account_name or fields.legal_name)
    company_id = new_id(clock)
    stores = {new_id(clock): store for store in answers.stores}
    await adding.company(
        company_id,
        fields,
        account_id=account_id,
        is_validated=True,
        not_duplicate=not_duplicate,
        facts={
            "stores": [encode_id("store", store_id) for store_id in stores],
            "onboarding": encode_id("onboarding", file_id),
        },
    )
    for store_id, store in stores.items():
        await adding.store(store_id, store, company_id=company_id, not_duplicate=not_duplicate)
    for contact in answers.contacts:
        await adding.contact(new_id(clock), contact, place=ContactPlace("company", company_id))
    return Made(account_id, company_id)


async def account_of(connection: Connection, scope: Scope, answers: Answers) -> bytes | None:
    """Return the account that a file names, None when it names none or none that the scope sees."""
    if not answers.company.account_id:
        return None
    try:
        account_id = decode_id("account", answers.company.account_id)
    except IdMalformed:
        return None
    return account_id if await directory.find_account(connection, scope, account_id) is not None else None
