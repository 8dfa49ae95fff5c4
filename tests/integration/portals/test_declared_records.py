"""A form that is declared makes its record, and a declared act of it says what is wrong before it is done or deletes it."""

from __future__ import annotations

from html import unescape
from typing import Final

import httpx
import pytest
from litestar import Response, post

from portals.agent.plans.page import FORM
from portals.kit.app import compose
from portals.kit.lists import ListPage
from portals.kit.record_page import RecordAct, RecordPage
from portals.kit.visit import Visit
from tests.integration.portals.conftest import Portal
from tests.support.page_forms import Forms

_ADMIN: Final = "admin@guichet.example"
_MACRO: Final = RecordPage(
    ListPage("/macros", "macros.title"),
    (),
    acts=(RecordAct("remove", "macros.remove", "macros.remove", "macros.write", deletes=True),),
)
_FILLED: Final = {
    "code": "declare",
    "name_fr": "En 4 fois sans frais",
    "name_en": "In 4 payments, free",
    "parts": "4",
    "step_unit": "months",
    "step_count": "1",
    "fee_bp": "0",
    "amount_min": "100,00",
    "amount_max": "2 000",
}


async def _send(portal: Portal, page: str, action: str, changes: dict[str, str]) -> httpx.Response:
    """Open a page, fill one of its forms and send it."""
    cookies = portal.readers[_ADMIN].cookies
    shown = await portal.client.get(page, headers={"cookie": cookies})
    assert shown.status_code == 200, shown.text[-500:]
    fields = dict(Forms(shown.text).of[action]) | changes
    own = "; ".join(f"{name}={value}" for name, value in shown.cookies.items())
    return await portal.client.post(action, data=fields, headers={"cookie": f"{cookies}; {own}"})


async def test_an_empty_form_names_every_field_that_it_needs(portal: Portal) -> None:
    refused = await _send(portal, "/plans/new", "/plans/new", {"valid_from": "", "markets": ""})
    assert refused.status_code == 422
    needed = {field.name for field in FORM.fields if not field.optional and field.kind != "choice"}
    assert {name for name in needed if f'id="e-{name}"' in refused.text} == needed


async def test_what_the_gateway_refuses_stands_at_the_field_with_what_was_typed(portal: Portal) -> None:
    refused = await _send(
        portal, "/plans/new", "/plans/new", _FILLED | {"amount_max": "50", "step_count": "x"}
    )
    assert 'id="e-step_count"' in refused.text
    refused = await _send(portal, "/plans/new", "/plans/new", _FILLED | {"amount_max": "50"})
    assert refused.status_code == 422
    assert 'id="e-amount_max"' in refused.text
    assert 'value="En 4 fois sans frais"' in refused.text


@pytest.mark.parametrize(
    ("field", "typed", "said"),
    [
        ("fee_bp", "20,01", "Saisissez un pourcentage de 0,00 % à 20,00 %."),
        ("fee_bp", "beaucoup", "Saisissez un pourcentage de 0,00 % à 20,00 %."),
        ("step_count", "91", "Saisissez un nombre entier de 1 à 90."),
        ("amount_max", "10 000 001", "Saisissez un montant de 0,00 € à 10 000 000,00 €."),
    ],
)
async def test_a_number_out_of_its_bounds_is_told_them_in_the_unit_that_is_typed(
    portal: Portal, field: str, typed: str, said: str
) -> None:
    refused = await _send(portal, "/plans/new", "/plans/new", _FILLED | {field: typed})
    assert refused.status_code == 422
    wrong = unescape(refused.text).partition(f'id="e-{field}"')[2].partition("</p>")[0]
    assert said in wrong.replace("\u202f", " ").replace("\xa0", " "), wrong
    assert f'value="{typed}"' in refused.text
    assert "Créer le plan</button>" in refused.text


async def test_a_fee_in_percent_is_kept_in_basis_points(portal: Portal) -> None:
    made = await _send(portal, "/plans/new", "/plans/new", _FILLED | {"code": "pourcent", "fee_bp": "1,5 %"})
    assert made.status_code == 303, made.text[-800:]
    cookies = {"cookie": portal.readers[_ADMIN].cookies}
    shown = unescape((await portal.client.get(made.headers["location"], headers=cookies)).text)
    assert "1,50\u202f%" in shown


async def test_a_declared_form_makes_its_record_and_an_act_ends_it(portal: Portal) -> None:
    made = await _send(portal, "/plans/new", "/plans/new", _FILLED)
    assert made.status_code == 303, made.text[-800:]
    record = made.headers["location"]
    cookies = {"cookie": portal.readers[_ADMIN].cookies}
    shown = unescape((await portal.client.get(record, headers=cookies)).text)
    for said in ("En 4 fois sans frais", "4 paiements, tous les mois", "0,00", "2\u202f000,00", "proposé"):
        assert said in shown, said
    without_reason = await _send(portal, record, f"{record}/retire", {"reason": ""})
    assert without_reason.status_code == 422
    assert 'id="e-retire-reason"' in without_reason.text
    assert 'href="#f-retire-reason"' in without_reason.text
    retired = await _send(portal, record, f"{record}/retire", {"reason": "remplacé par un autre"})
    assert (retired.status_code, retired.headers["location"]) == (303, record)
    listed = unescape((await portal.client.get("/plans", headers=cookies)).text)
    assert record in listed


async def test_who_may_only_read_is_offered_neither_the_form_nor_the_act(portal: Portal) -> None:
    email = next(
        email
        for email, reader in portal.readers.items()
        if "plans.read" in reader.permissions and "plans.write" not in reader.permissions
    )
    cookies = {"cookie": portal.readers[email].cookies}
    listed = (await portal.client.get("/plans", headers=cookies)).text
    assert "/plans/new" not in listed
    record = listed.partition('href="/plans/pln_')[2].partition('"')[0]
    assert "/retire" not in (await portal.client.get(f"/plans/pln_{record}", headers=cookies)).text


@post("/declared/{macro_id:str}/{act:str}", status_code=200)
async def _act_on_macro(visit: Visit, macro_id: str, act: str) -> Response[bytes]:
    return await _MACRO.act(visit, macro_id, act)


async def test_an_act_that_deletes_leads_to_the_list_and_one_that_is_not_declared_is_missing(
    portal: Portal,
) -> None:
    cookies = portal.readers[_ADMIN].cookies
    shown = await portal.client.get("/macros", headers={"cookie": cookies})
    removal, fields = next(
        (action, dict(told)) for action, told in Forms(shown.text).of.items() if action.endswith("/remove")
    )
    macro_id = removal.split("/")[2]
    own = "; ".join(f"{name}={value}" for name, value in shown.cookies.items())
    # Without its lifespan, which would close what the other tests reach the gateway with.
    transport = httpx.ASGITransport(app=compose(portal.kit, [_act_on_macro]))  # pyright: ignore[reportArgumentType]
    async with httpx.AsyncClient(
        transport=transport, base_url="http://portal", headers={"cookie": f"{cookies}; {own}"}
    ) as client:
        assert (await client.post(f"/declared/{macro_id}/burn", data=fields)).status_code == 404
        removed = await client.post(f"/declared/{macro_id}/remove", data=fields)
        assert (removed.status_code, removed.headers["location"]) == (303, "/macros")
        assert (await client.post(f"/declared/{macro_id}/remove", data=fields)).status_code == 404
    listed = await portal.client.get("/macros", headers={"cookie": cookies})
    assert removal not in listed.text
