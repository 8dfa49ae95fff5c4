"""What a validated file becomes: an account, a company, its stores and its people, in the caller's transaction."""

from datetime import datetime
from typing import NamedTuple

import asyncpg

from core.contracts.onboarding import Answers
from core.contracts.scope import Scope
from core.db.ids import new_id
from core.db.rows import Connection
from core.identity.api import SignedIn, record_action
from core.merchants.directory import store as directory
from core.merchants.directory.store import ContactPlace
from core.merchants.errors import FieldsWrong
from core.merchants.forms import Wrong, check_company, problems_of
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
    if account_id is None:
        account_id = new_id(clock)
        name = answers.company.account_name or fields.legal_name
        await directory.insert_account(connection, account_id, name, now)
        await record_action(
            connection,
            agent_id=caller.agent_id,
            at=now,
            kind="account.created",
            target_kind="account",
            target_id=account_id,
            facts={"name": name, "version": 1},
        )
    company_id = new_id(clock)
    stores = {new_id(clock): store for store in answers.stores}
    try:
        await directory.insert_company(
            connection,
            company_id=company_id,
            account_id=account_id,
            fields=fields,
            now=now,
            validated_by=caller.agent_id,
        )
        for store_id, store in stores.items():
            await directory.insert_store(
                connection, store_id=store_id, company_id=company_id, fields=store, now=now
            )
    except asyncpg.UniqueViolationError as error:
        of_store = getattr(error, "table_name", "") == "store"
        wrong = Wrong("siret", "siret_taken") if of_store else Wrong("siren", "siren_taken")
        raise FieldsWrong(problems_of([wrong], caller.language)) from error
    await record_action(
        connection,
        agent_id=caller.agent_id,
        at=now,
        kind="company.created",
        target_kind="company",
        target_id=company_id,
        facts={
            "version": 1,
            "name": fields.legal_name,
            "siren": fields.siren,
            "account": encode_id("account", account_id),
            "stores": [encode_id("store", store_id) for store_id in stores],
            "onboarding": encode_id("onboarding", file_id),
            "not_duplicate": answers.review.not_duplicate_reason,
        },
    )
    for store_id, store in stores.items():
        await record_action(
            connection,
            agent_id=caller.agent_id,
            at=now,
            kind="store.created",
            target_kind="store",
            target_id=store_id,
            facts={
                "version": 1,
                "name": store.name,
                "siret": store.siret,
                "company": encode_id("company", company_id),
                "not_duplicate": answers.review.not_duplicate_reason,
            },
        )
    for contact in answers.contacts:
        contact_id = new_id(clock)
        place = ContactPlace("company", company_id)
        await directory.insert_contact(
            connection, contact_id=contact_id, place=place, fields=contact, now=now
        )
        await record_action(
            connection,
            agent_id=caller.agent_id,
            at=now,
            kind="contact.added",
            target_kind="company",
            target_id=company_id,
            facts={"contact": encode_id("contact", contact_id), "name": contact.name},
        )
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
