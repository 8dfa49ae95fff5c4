"""Contracts: the list, one with its time line, its steps with what they stop, its papers and its signature."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from urllib.parse import urlencode

from litestar import Response, get, post

from portals.agent.contracts import templates
from portals.agent.contracts.making import KINDS, first_form, new_key, problems_of, read_terms, say
from portals.kit import formats
from portals.kit.desk import Desk
from portals.kit.files import FILE_BYTES_MAX, FORM_BYTES_MAX, read_upload, show_file
from portals.kit.gateway import GatewayProblem, Json
from portals.kit.reasons import says_why
from portals.kit.records import path_part
from portals.kit.stale import Stale, revision_of, stale_of

STATES = ("draft", "ready", "signed", "active", "suspended", "terminated")
PAGE_ROWS = 100


@get("/contracts")
async def contracts_page(desk: Desk) -> Response[bytes]:
    """Show the list; `company` and `state` narrow it."""
    query = desk.request.query_params
    kept = {name: query[name].strip()[:100] for name in ("query", "state", "company") if query.get(name)}
    if kept.get("state") not in STATES:
        kept.pop("state", None)
    cursor = {"cursor": query["cursor"]} if query.get("cursor") else {}
    listed = await desk.gateway.get("/v1/contracts", [*(kept | cursor).items(), ("limit", str(PAGE_ROWS))])
    following = listed.get("next_cursor")
    return _page(
        desk,
        "contracts/contracts.html",
        contracts=listed["data"],
        words_sought=kept.get("query", ""),
        state_sought=kept.get("state", ""),
        company=kept.get("company", ""),
        states=STATES,
        next_address=f"/contracts?{urlencode(kept | {'cursor': following})}" if following else "",
    )


@get("/contracts/new")
async def new_contract_page(desk: Desk) -> Response[bytes]:
    """Show the form for a company, or first ask which one."""
    query = desk.request.query_params
    if not query.get("company"):
        words = query.get("query", "").strip()[:80]
        found = await desk.gateway.get("/v1/companies", [("query", words), ("limit", "50")])
        return _page(desk, "contracts/choose.html", companies=found["data"], words_sought=words)
    offer = await _offer(desk, query["company"])
    # An onboarding file says which services the merchant asked for.
    wanted = [kind for kind in query.getall("kind", []) if kind in KINDS]
    return _terms(desk, offer, None, first_form(desk, offer, None, wanted=wanted), {})


@post("/contracts/new", status_code=200)
async def make_contract(desk: Desk) -> Response[bytes]:
    """Make the draft."""
    form = await desk.form()
    offer = await _offer(desk, form.get("company", ""))
    body, errors = read_terms(desk, form, offer, None)
    if not errors:
        try:
            made = await desk.gateway.post(
                "/v1/contracts",
                {**body, "company": offer["company"]["id"]},
                idempotency_key=form.get("idempotency_key") or None,
            )
        except GatewayProblem as problem:
            if problem.is_beyond_the_form:
                raise
            errors = problems_of(desk, problem, body["services"])
        else:
            return desk.go(f"/contracts/{made['id']}?done=make")
    return _terms(desk, offer, None, form, errors, status=422)


@get("/contracts/{contract_id:str}")
async def contract_page(desk: Desk, contract_id: str) -> Response[bytes]:
    """Show one contract."""
    done = desk.request.query_params.get("done", "")
    return _page(desk, "contracts/contract.html", x=await _contract(desk, contract_id), done=done)


@get("/contracts/{contract_id:str}/terms")
async def terms_page(desk: Desk, contract_id: str) -> Response[bytes]:
    """Show the form of the draft, or of an amendment with `?amend=1`."""
    contract = await _contract(desk, contract_id)
    offer = await _offer(desk, contract["company"]["id"])
    amend = desk.request.query_params.get("amend") == "1"
    form = _form_of(desk, offer, contract)
    return _terms(desk, offer, contract, form, {}, amend=amend)


@post("/contracts/{contract_id:str}/terms", status_code=200)
async def word_contract(desk: Desk, contract_id: str) -> Response[bytes]:
    """Give the draft new terms, or begin an amendment."""
    form = await desk.form()
    contract = await _contract(desk, contract_id)
    offer = await _offer(desk, contract["company"]["id"])
    amend = desk.request.query_params.get("amend") == "1"
    body, errors = read_terms(desk, form, offer, contract["versions"][0])
    reason = form.get("reason", "").strip()
    if amend and not says_why(reason):
        errors["reason"] = desk.words("action.reason_short")
    if not errors:
        try:
            body |= {"reason": reason, **revision_of(form)}
            path, key = f"/v1/contracts/{path_part(contract_id)}", form.get("idempotency_key") or None
            if amend:
                await desk.gateway.post(f"{path}/amend", body, idempotency_key=key)
            else:
                await desk.gateway.patch(path, body, idempotency_key=key)
        except GatewayProblem as problem:
            if problem.is_beyond_the_form:
                raise
            if stale := stale_of(problem, f"/contracts/{path_part(contract_id)}"):
                contract = await _contract(desk, contract_id)
                present = _form_of(desk, offer, contract)
                return _terms(desk, offer, contract, present, {}, amend=amend, stale=stale, status=409)
            errors = problems_of(desk, problem, body["services"])
        else:
            return desk.go(f"/contracts/{path_part(contract_id)}?done={'amend' if amend else 'word'}")
    return _terms(desk, offer, contract, form, errors, amend=amend, status=422)


@get("/contracts/{contract_id:str}/acts/{act:str}")
async def act_page(desk: Desk, contract_id: str, act: str) -> Response[bytes]:
    """Say what a step stops or starts, and ask for its reason."""
    return await _show_act(desk, contract_id, act, {}, {})


@post("/contracts/{contract_id:str}/acts/{act:str}", status_code=200)
async def take_act(desk: Desk, contract_id: str, act: str) -> Response[bytes]:
    """Take the step."""
    form = await desk.form()
    reason = form.get("reason", "").strip()
    if not says_why(reason):
        errors = {"reason": desk.words("action.reason_short")}
        return await _show_act(desk, contract_id, act, form, errors, status=422)
    body: Json = {"reason": reason}
    if act == "terminate" and form.get("effective_on"):
        body["effective_on"] = form["effective_on"]
    try:
        await desk.gateway.post(
            f"/v1/contracts/{path_part(contract_id)}/{path_part(act)}",
            body,
            idempotency_key=form.get("idempotency_key") or None,
        )
    except GatewayProblem as problem:
        if problem.is_beyond_the_form:
            raise
        errors = {one.field: say(desk, one.code, problem.detail) for one in problem.errors}
        return await _show_act(desk, contract_id, act, form, errors or {"": problem.detail}, status=422)
    return desk.go(f"/contracts/{path_part(contract_id)}?done={path_part(act)}")


@get("/contracts/{contract_id:str}/sign")
async def sign_page(desk: Desk, contract_id: str) -> Response[bytes]:
    """Show both ways to sign."""
    return await _show_sign(desk, contract_id, {}, {})


@post("/contracts/{contract_id:str}/sign", status_code=200)
async def sign_typed(desk: Desk, contract_id: str) -> Response[bytes]:
    """Sign with a typed name."""
    form = await desk.form()
    errors: dict[str, str] = {}
    for name in ("name", "role"):
        if len(form.get(name, "").strip()) < 2:
            errors[name] = desk.words(f"contract.{name}_missing")
    if not form.get("consent"):
        errors["consent"] = desk.words("contract.consent_missing")
    if not errors:
        typed = {"name": form["name"].strip(), "role": form["role"].strip(), "consent": True}
        typed["pdf_sha256"] = form.get("pdf_sha256", "")
        try:
            await desk.gateway.post(
                f"/v1/contracts/{path_part(contract_id)}/sign",
                {"typed": typed},
                idempotency_key=form.get("idempotency_key") or None,
            )
        except GatewayProblem as problem:
            if problem.is_beyond_the_form:
                raise
            errors = {"": problem.detail}
        else:
            return desk.go(f"/contracts/{path_part(contract_id)}?done=sign")
    return await _show_sign(desk, contract_id, form, errors, status=422)


@post("/contracts/{contract_id:str}/signed", status_code=200, request_max_body_size=FORM_BYTES_MAX)
async def sign_uploaded(desk: Desk, contract_id: str) -> Response[bytes]:
    """Take the signed paper as the signature."""
    await desk.form()
    name, content = await read_upload(desk)
    errors: dict[str, str] = {}
    if not content:
        errors["file"] = desk.words("contract.file_missing")
    elif len(content) > FILE_BYTES_MAX:
        errors["file"] = desk.words("contract.file_large")
    if not errors:
        contract = await _contract(desk, contract_id)
        where = [
            ("company", contract["company"]["id"]),
            ("kind", "signed_contract"),
            ("name", name or "contract.pdf"),
        ]
        try:
            document = await desk.gateway.upload("/v1/documents", where, content)
            await desk.gateway.post(
                f"/v1/contracts/{path_part(contract_id)}/sign", {"document": document["id"]}
            )
        except GatewayProblem as problem:
            if problem.is_beyond_the_form:
                raise
            errors = {"file": problem.detail}
        else:
            return desk.go(f"/contracts/{path_part(contract_id)}?done=sign")
    return await _show_sign(desk, contract_id, {}, errors, status=422)


@get("/contracts/{contract_id:str}/preview")
async def preview_page(desk: Desk, contract_id: str) -> Response[bytes]:
    """Show the newest version as a PDF."""
    locale = "en" if desk.request.query_params.get("locale") == "en" else "fr"
    return await show_file(desk, f"/v1/contracts/{path_part(contract_id)}/preview", [("locale", locale)])


@get("/documents/{document_id:str}")
async def document_page(desk: Desk, document_id: str) -> Response[bytes]:
    """Show a kept document."""
    return await show_file(desk, f"/v1/documents/{path_part(document_id)}", [])


def day_of(locale: str, text: str | None) -> str:
    """Return a day that has no time, as it is written in the language."""
    try:
        day = date.fromisoformat(text or "")
    except ValueError:
        return "–"
    return formats.day(datetime(day.year, day.month, day.day, 12, tzinfo=formats.PARIS), locale)


def _page(desk: Desk, template: str, *, status: int = 200, **facts: Any) -> Response[bytes]:
    return desk.page(template, status=status, day=lambda text: day_of(desk.locale, text), **facts)


async def _contract(desk: Desk, contract_id: str) -> Json:
    return await desk.gateway.get(f"/v1/contracts/{path_part(contract_id)}")


def _form_of(desk: Desk, offer: Json, contract: Json) -> dict[str, Any]:
    return first_form(desk, offer, contract["versions"][0]) | {"revision": contract["revision"]}


async def _offer(desk: Desk, company_id: str) -> Json:
    return await desk.gateway.get(f"/v1/contract-forms/{path_part(company_id)}")


def _terms(
    desk: Desk,
    offer: Json,
    contract: Json | None,
    form: dict[str, Any],
    errors: dict[str, str],
    *,
    amend: bool = False,
    stale: Stale | None = None,
    status: int = 200,
) -> Response[bytes]:
    company = offer["company"]["id"]
    address = f"/contracts/{contract['id']}" if contract else "/contracts"
    return _page(
        desk,
        "contracts/terms.html",
        status=status,
        offer=offer,
        contract=contract,
        amend=amend,
        form=form,
        errors=errors,
        stale=stale,
        kinds=KINDS,
        key=new_key(),
        company=company,
        back=address,
        action=f"{address}/terms{'?amend=1' if amend else ''}" if contract else "/contracts/new",
    )


async def _show_act(
    desk: Desk, contract_id: str, act: str, form: dict[str, str], errors: dict[str, str], *, status: int = 200
) -> Response[bytes]:
    contract = await _contract(desk, contract_id)
    offered = next((one for one in contract["acts"] if one["act"] == act and one["allowed"]), None)
    if offered is None:
        # The contract has moved on since the link was made: its page says where it is.
        return desk.go(f"/contracts/{path_part(contract_id)}")
    return _page(
        desk,
        "contracts/act.html",
        status=status,
        x=contract,
        a=offered,
        form=form,
        errors=errors,
        key=new_key(),
    )


async def _show_sign(
    desk: Desk, contract_id: str, form: dict[str, str], errors: dict[str, str], *, status: int = 200
) -> Response[bytes]:
    contract = await _contract(desk, contract_id)
    newest = contract["versions"][0]
    paper = newest[f"pdf_{newest['locale']}"]
    if newest["state"] != "ready" or paper is None:
        return desk.go(f"/contracts/{path_part(contract_id)}")
    return _page(
        desk,
        "contracts/sign.html",
        status=status,
        x=contract,
        paper=paper,
        form=form,
        errors=errors,
        key=new_key(),
    )


HANDLERS = (
    contracts_page,
    new_contract_page,
    make_contract,
    contract_page,
    terms_page,
    word_contract,
    act_page,
    take_act,
    sign_page,
    sign_typed,
    sign_uploaded,
    preview_page,
    document_page,
    *templates.HANDLERS,
)
