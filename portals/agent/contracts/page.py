"""Contracts: the list, one with its time line, its steps with what they stop, its papers and its signature."""

from __future__ import annotations

from typing import Any

from litestar import Response, get, post

from portals.agent.contracts import templates
from portals.agent.contracts.making import CODES, first_form, read_terms, wording_of
from portals.kit.files import FILE_BYTES_MAX, FORM_BYTES_MAX, read_upload, show_file
from portals.kit.forms import Form, Wording
from portals.kit.gateway import Json
from portals.kit.lists import Act, Column, Filter, ListPage
from portals.kit.records import path_part
from portals.kit.visit import Visit
from portals.kit.vocabulary import CONTRACT_STATES, SERVICE_KINDS

LIST = ListPage(
    "/contracts",
    "contract.list",
    (
        Column("number", "contract.number", "link"),
        Column("name", "stores.company", path="company.name"),
        Column("state", "column.state", "cell"),
        Column("stores", "stores.title", "count"),
        Column("starts", "contract.starts_on", "day", "starts_on"),
        Column("ends", "contract.ends_on", "day", "ends_on"),
    ),
    filters=(
        Filter("query", "words", "contract.find"),
        Filter("state", "choice", "column.state", CONTRACT_STATES, unset="contract.any_state"),
        Filter("company"),
    ),
    none=("contract.none", "contract.none_text"),
    none_act=Act("/contracts/new", "contract.new", "contracts.write"),
    template="contracts/contracts.html",
)


@get("/contracts")
async def contracts_page(visit: Visit) -> Response[bytes]:
    """Show the list; `company` and `state` narrow it."""
    words = {state: f"contract.state.{state}" for state in CONTRACT_STATES} | {
        "terminated": "contract.state_ended"
    }
    return await LIST.show(
        visit, options={"state": [(state, visit.words(word)) for state, word in words.items()]}
    )


@get("/contracts/new")
async def new_contract_page(visit: Visit) -> Response[bytes]:
    """Show the form for a company, or first ask which one."""
    query = visit.request.query_params
    if not query.get("company"):
        words = query.get("query", "").strip()[:80]
        found = await visit.gateway.get("/v1/companies", [("query", words), ("limit", "50")])
        return visit.page("contracts/choose.html", companies=found["data"], words_sought=words)
    offer = await _offer(visit, query["company"])
    # An onboarding file says which services the merchant asked for.
    wanted = [kind for kind in query.getall("kind", []) if kind in SERVICE_KINDS]
    return _terms(visit, offer, None, visit.filled(first_form(visit, offer, None, wanted=wanted)))


@post("/contracts/new", status_code=200)
async def make_contract(visit: Visit) -> Response[bytes]:
    """Make the draft."""
    form = await visit.form()
    offer = await _offer(visit, form["company"])
    body = read_terms(form, offer, None)
    made = await form.post(
        "/v1/contracts", {**body, "company": offer["company"]["id"]}, wording=wording_of(body["services"])
    )
    if made is None:
        return _terms(visit, offer, None, form)
    return visit.done(f"/contracts/{made['id']}", "contract.done.make")


@get("/contracts/{contract_id:str}")
async def contract_page(visit: Visit, contract_id: str) -> Response[bytes]:
    """Show one contract."""
    return visit.page("contracts/contract.html", x=await _contract(visit, contract_id))


@get("/contracts/{contract_id:str}/terms")
async def terms_page(visit: Visit, contract_id: str) -> Response[bytes]:
    """Show the form of the draft, or of an amendment with `?amend=1`."""
    contract = await _contract(visit, contract_id)
    offer = await _offer(visit, contract["company"]["id"])
    amend = visit.request.query_params.get("amend") == "1"
    return _terms(visit, offer, contract, visit.filled(_fields_of(visit, offer, contract)), amend=amend)


@post("/contracts/{contract_id:str}/terms", status_code=200)
async def word_contract(visit: Visit, contract_id: str) -> Response[bytes]:
    """Give the draft new terms, or begin an amendment."""
    form = await visit.form()
    contract = await _contract(visit, contract_id)
    offer = await _offer(visit, contract["company"]["id"])
    amend = visit.request.query_params.get("amend") == "1"
    body = read_terms(form, offer, contract["versions"][0])
    body["reason"] = form.reason() if amend else form["reason"]
    path, page = f"/v1/contracts/{path_part(contract_id)}", f"/contracts/{path_part(contract_id)}"
    wording = wording_of(body["services"])

    async def fresh() -> Json:
        return _fields_of(visit, offer, await _contract(visit, contract_id))

    if amend:
        body |= form.revision
        saved = await form.post(f"{path}/amend", body, wording=wording, record=page, fresh=fresh)
    else:
        saved = await form.patch(path, body, wording=wording, record=page, fresh=fresh)
    if saved is not None:
        return visit.done(page, f"contract.done.{'amend' if amend else 'word'}")
    if form.stale:
        contract = await _contract(visit, contract_id)
    return _terms(visit, offer, contract, form, amend=amend)


@get("/contracts/{contract_id:str}/acts/{act:str}")
async def act_page(visit: Visit, contract_id: str, act: str) -> Response[bytes]:
    """Say what a step stops or starts, and ask for its reason."""
    return await _show_act(visit, contract_id, act)


@post("/contracts/{contract_id:str}/acts/{act:str}", status_code=200)
async def take_act(visit: Visit, contract_id: str, act: str) -> Response[bytes]:
    """Take the step."""
    form = await visit.form()
    body: Json = {"reason": form.reason(), **form.revision}
    if act == "terminate" and form["effective_on"]:
        body["effective_on"] = form["effective_on"]
    path = f"/v1/contracts/{path_part(contract_id)}/{path_part(act)}"
    if await form.post(path, body, wording=Wording(codes=CODES)) is None:
        return await _show_act(visit, contract_id, act, form)
    return visit.done(f"/contracts/{path_part(contract_id)}", f"contract.done.{act}")


@get("/contracts/{contract_id:str}/sign")
async def sign_page(visit: Visit, contract_id: str) -> Response[bytes]:
    """Show both ways to sign."""
    return await _show_sign(visit, contract_id)


@post("/contracts/{contract_id:str}/sign", status_code=200)
async def sign_typed(visit: Visit, contract_id: str) -> Response[bytes]:
    """Sign with a typed name."""
    form = await visit.form()
    for name in ("name", "role"):
        if len(form[name]) < 2:
            form.error(name, f"contract.{name}_missing")
    if not form["consent"]:
        form.error("consent", "contract.consent_missing")
    typed: Json = {"name": form["name"], "role": form["role"], "consent": True}
    typed["pdf_sha256"] = form["pdf_sha256"]
    return await _sign(visit, contract_id, form, {"typed": typed}, field="")


@post("/contracts/{contract_id:str}/signed", status_code=200, request_max_body_size=FORM_BYTES_MAX)
async def sign_uploaded(visit: Visit, contract_id: str) -> Response[bytes]:
    """Take the signed paper as the signature."""
    form = await visit.form()
    name, content = await read_upload(visit)
    if not content:
        form.error("file", "contract.file_missing")
    elif len(content) > FILE_BYTES_MAX:
        form.error("file", "contract.file_large")
    document: Json | None = None
    if not form.errors:
        contract = await _contract(visit, contract_id)
        where = [
            ("company", contract["company"]["id"]),
            ("kind", "signed_contract"),
            ("name", name or "contract.pdf"),
        ]
        document = await form.upload("/v1/documents", where, content)
    return await _sign(visit, contract_id, form, {"document": (document or {}).get("id")}, field="file")


async def _sign(visit: Visit, contract_id: str, form: Form, body: Json, *, field: str) -> Response[bytes]:
    """Sign in one way or the other; a refusal is one sentence, at the field of this way."""
    if await form.post(f"/v1/contracts/{path_part(contract_id)}/sign", body) is not None:
        return visit.done(f"/contracts/{path_part(contract_id)}", "contract.done.sign")
    if form.problem is not None:
        form.errors = {field: form.problem.detail}
    return await _show_sign(visit, contract_id, form)


@get("/contracts/{contract_id:str}/preview")
async def preview_page(visit: Visit, contract_id: str) -> Response[bytes]:
    """Show the newest version as a PDF."""
    locale = "en" if visit.request.query_params.get("locale") == "en" else "fr"
    return await show_file(visit, f"/v1/contracts/{path_part(contract_id)}/preview", [("locale", locale)])


@get("/documents/{document_id:str}")
async def document_page(visit: Visit, document_id: str) -> Response[bytes]:
    """Show a kept document."""
    return await show_file(visit, f"/v1/documents/{path_part(document_id)}", [])


async def _contract(visit: Visit, contract_id: str) -> Json:
    return await visit.gateway.get(f"/v1/contracts/{path_part(contract_id)}")


def _fields_of(visit: Visit, offer: Json, contract: Json) -> dict[str, Any]:
    return first_form(visit, offer, contract["versions"][0]) | {"revision": contract["revision"]}


async def _offer(visit: Visit, company_id: str) -> Json:
    return await visit.gateway.get(f"/v1/contract-forms/{path_part(company_id)}")


def _terms(
    visit: Visit, offer: Json, contract: Json | None, form: Form, *, amend: bool = False
) -> Response[bytes]:
    address = f"/contracts/{contract['id']}" if contract else "/contracts"
    return visit.page(
        "contracts/terms.html",
        offer=offer,
        contract=contract,
        amend=amend,
        form=form,
        kinds=SERVICE_KINDS,
        company=offer["company"]["id"],
        back=address,
        action=f"{address}/terms{'?amend=1' if amend else ''}" if contract else "/contracts/new",
    )


async def _show_act(visit: Visit, contract_id: str, act: str, form: Form | None = None) -> Response[bytes]:
    contract = await _contract(visit, contract_id)
    offered = next((one for one in contract["acts"] if one["act"] == act and one["allowed"]), None)
    if offered is None:
        # The contract has moved on since the link was made: its page says where it is.
        return visit.go(f"/contracts/{path_part(contract_id)}")
    return visit.page("contracts/act.html", x=contract, a=offered, form=form)


async def _show_sign(visit: Visit, contract_id: str, form: Form | None = None) -> Response[bytes]:
    contract = await _contract(visit, contract_id)
    newest = contract["versions"][0]
    paper = newest[f"pdf_{newest['locale']}"]
    if newest["state"] != "ready" or paper is None:
        return visit.go(f"/contracts/{path_part(contract_id)}")
    return visit.page("contracts/sign.html", x=contract, paper=paper, form=form)


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
