"""What a draft says: checked terms, the form that they are chosen from, the content of the paper."""

from datetime import date
from typing import Final

import asyncpg
import msgspec

from core.contracts import agreements as ask
from core.contracts.desk import FieldProblem
from core.contracts.references import CompanyRef, StoreRef
from core.contracts.refusals import NotFound
from core.contracts.scope import Scope
from core.db.rows import Connection
from core.merchants.agreements import store
from core.merchants.agreements.errors import AgreementRefused, GridNotInForce
from core.merchants.agreements.onboarding import may_have_contract
from core.merchants.agreements.paper import Content
from core.merchants.agreements.services.rules import OPTION_RULES, checked_options
from core.merchants.fees.api import find_version, in_force, list_rows
from core.values.ids import encode_id

_FORM_ROWS_MAX: Final = 4 * 500
_decode_options = msgspec.json.Decoder(ask.Options).decode
_decode_blocks = msgspec.json.Decoder(list[ask.TemplateBlock]).decode


class Terms(msgspec.Struct, frozen=True):
    """Terms that may stand in a draft."""

    starts_on: date
    fee_version_id: bytes
    services: list[ask.Covered]


async def checked_terms(
    connection: Connection,
    scope: Scope,
    terms: ask.ContractTerms,
    *,
    company_id: bytes,
    today: date,
) -> Terms:
    """Return the terms with every option filled in.

    Raises: AgreementRefused naming each field, GridNotInForce.
    """
    problems: list[FieldProblem] = []
    try:
        first_day = date.fromisoformat(terms.starts_on)
    except ValueError:
        problems.append(FieldProblem("starts_on", "malformed", "YYYY-MM-DD"))
        first_day = today
    seen = await store.places_seen(connection, scope, company_id, terms.services)
    kept: list[ask.Covered] = []
    named: set[tuple[bytes, str]] = set()
    for place, one in enumerate(terms.services):
        if place not in seen:
            problems.append(FieldProblem(f"services[{place}].store", "not_found"))
        if (one.store, one.kind) in named:
            problems.append(FieldProblem(f"services[{place}]", "twice"))
        named.add((one.store, one.kind))
        options, wrong = checked_options(one.kind, one.options, f"services[{place}].options")
        problems += wrong
        kept.append(ask.Covered(one.store, one.kind, options))
    company = await store.find_company(connection, scope, company_id)
    if company is None or not _may_choose(company, terms.grid):
        problems.append(FieldProblem("grid", "unknown_value"))
    if problems:
        raise AgreementRefused(problems)
    standing = await in_force(connection, terms.grid, today)
    if standing is None:
        raise GridNotInForce
    return Terms(first_day, standing[0], kept)


def _may_choose(company: asyncpg.Record, grid: bytes) -> bool:
    """Return whether a contract may name a grid: the whole company pays by it, so one of its stores changes none."""
    return company["held"] or company["grid_id"] is None or company["grid_id"].bytes == grid


async def contract_form(
    connection: Connection, scope: Scope, company_id: bytes, today: date
) -> ask.ContractForm:
    """Return what a contract of this company may name. Raises: NotFound."""
    company = await store.find_company(connection, scope, company_id)
    if company is None:
        raise NotFound
    stores: dict[str, ask.FormStore] = {}
    for row in await store.list_stores(connection, scope, company_id, limit=_FORM_ROWS_MAX):
        reference = StoreRef(encode_id("store", row["store_id"].bytes), row["store_name"], row["department"])
        listed = stores.setdefault(
            reference.id, ask.FormStore(store=reference, city=row["city"], services=[])
        )
        options, _ = checked_options(
            row["kind"], {} if row["options"] is None else _decode_options(row["options"])
        )
        contract = None
        if row["contract_id"] is not None:
            contract = ask.ContractRef(
                encode_id("contract", row["contract_id"].bytes), row["number"], row["contract_state"]
            )
        listed.services.append(
            ask.FormService(
                kind=row["kind"],
                exists=row["service_id"] is not None,
                active=row["active"],
                options=options,
                contract=contract,
            )
        )
    templates = await store.list_templates(connection)
    return ask.ContractForm(
        company=CompanyRef(encode_id("company", company_id), company["legal_name"]),
        validated=await may_have_contract(connection, company_id),
        stores=list(stores.values()),
        grids=[
            ask.FormGrid(
                id=encode_id("fee_grid", row["id"].bytes),
                name=row["name"],
                version=row["version"],
                current=row["id"] == company["grid_id"],
            )
            for row in await store.list_grids(connection, today)
            if _may_choose(company, row["id"].bytes)
        ],
        template_version=templates[0]["version"],
        rules={kind: list(rules) for kind, rules in OPTION_RULES.items()},
    )


async def content_of(
    connection: Connection,
    scope: Scope,
    *,
    contract_id: bytes,
    number: str,
    company_id: bytes,
    institution: str,
    today: date,
) -> tuple[Content, bytes]:
    """Return what the newest version says today, and the version of the fees that it says it with.

    Raises: NotFound, GridNotInForce.
    """
    row = (await store.list_versions(connection, contract_id))[0]
    company = await store.find_company(connection, scope, company_id)
    template = await store.find_template(connection, row["template_id"].bytes)
    standing = await in_force(connection, row["grid_id"].bytes, today)
    if company is None or template is None:
        raise NotFound
    if standing is None:
        raise GridNotInForce
    fees = await find_version(connection, standing[0])
    assert fees is not None
    content = Content(
        number=number,
        version=row["version"],
        company=company["legal_name"],
        siren=company["siren"],
        account=company["account_name"],
        institution=institution,
        title_fr=template["title_fr"],
        title_en=template["title_en"],
        template_version=template["version"],
        blocks=_decode_blocks(template["blocks"]),
        grid=fees["grid_name"],
        fee_version=fees["version"],
        currency=fees["currency"],
        fees=await list_rows(connection, standing[0]),
        services=await store.paper_services(connection, contract_id, row["version"]),
        starts_on=row["starts_on"].isoformat(),
    )
    return content, standing[0]
