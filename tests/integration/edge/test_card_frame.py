"""The card frame over HTTP: what it takes, what it refuses, who may embed it, and that nothing of a number stays."""

from __future__ import annotations

import asyncio
import re
import socket
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest

from core.contracts.cards import CardTokenId
from deploy.sandbox.simulators.cards import card_named
from edge.cards.attempts import BY_PAGE_MAX
from tests.support.card_frame import GOOD, CardFrame

SCRIPT = {"accept": "application/json"}
DIGITS = GOOD["number"].replace(" ", "")


@pytest.fixture
async def browser(frame: CardFrame) -> AsyncIterator[httpx.AsyncClient]:
    async with frame.client() as client:
        yield client


async def test_a_page_may_stand_in_the_page_of_its_merchant_alone(
    frame: CardFrame, browser: httpx.AsyncClient
) -> None:
    shown = await browser.get(await frame.open())
    assert shown.status_code == 200
    policy = shown.headers["content-security-policy"]
    assert "frame-ancestors https://shop.example" in policy.split("; ")
    assert "script-src 'self'" in policy.split("; ")
    assert "default-src 'none'" in policy.split("; ")
    assert "x-frame-options" not in shown.headers
    assert shown.headers["cache-control"] == "no-store"
    assert shown.headers["referrer-policy"] == "no-referrer"
    assert "set-cookie" not in shown.headers
    assert "<script>" not in shown.text
    assert not re.search(r"\son\w+=|style=", shown.text)


async def test_the_page_says_what_is_paid_and_its_fields_are_those_of_password_managers(
    frame: CardFrame, browser: httpx.AsyncClient
) -> None:
    french = (await browser.get(await frame.open())).text
    assert '<html lang="fr">' in french
    assert "Vous payez 42,66\u00a0€ à Maison Lumière." in french
    for name in ("cc-number", "cc-exp", "cc-csc"):
        assert f'autocomplete="{name}"' in french
    english = (await browser.get(await frame.open(language="en", purpose="change", amount_minor=None))).text
    assert '<html lang="en">' in english
    assert "This card will replace the one that pays Maison Lumière." in english


async def test_the_files_of_a_page_are_there_and_kept_for_good(
    frame: CardFrame, browser: httpx.AsyncClient
) -> None:
    page = (await browser.get(await frame.open())).text
    for address in re.findall(r'(?:href|src)="(/static/[^"]+)"', page):
        found = await browser.get(frame.url + address)
        assert found.status_code == 200
        assert "immutable" in found.headers["cache-control"]
        assert found.headers["x-content-type-options"] == "nosniff"
    assert (await browser.get(f"{frame.url}/static/frame.css")).status_code == 404
    assert (await browser.get(f"{frame.url}/static/..%2f..%2fsettings.py")).status_code == 404


async def test_without_a_script_the_browser_is_led_back_with_a_token(
    frame: CardFrame, browser: httpx.AsyncClient
) -> None:
    address = await frame.open()
    sent = await browser.post(address, data=GOOD)
    assert sent.status_code == 303
    back, _, token = sent.headers["location"].rpartition("&card_token=")
    assert back == "https://shop.example/paid?order=1"
    assert CardTokenId.read(token)
    # The button was pressed twice.
    assert (await browser.post(address, data=GOOD)).headers["location"] == sent.headers["location"]
    assert (await browser.get(address)).status_code == 410
    no_way_back = await frame.open(return_url=None)
    told = await browser.post(no_way_back, data=GOOD)
    assert told.status_code == 200
    assert "Votre carte est enregistrée." in told.text


async def test_the_script_gets_the_token_by_itself_and_over_https(
    frame: CardFrame, browser: httpx.AsyncClient
) -> None:
    address = await frame.open(frame_url=frame.tls_url)
    assert address.startswith("https://")
    sent = await browser.post(address, data=GOOD, headers=SCRIPT)
    assert sent.status_code == 200
    assert CardTokenId.read(sent.json()["token"])
    assert sent.json()["location"].startswith("https://shop.example/paid?order=1&card_token=")


async def test_what_is_kept_is_sealed(frame: CardFrame, browser: httpx.AsyncClient) -> None:
    before = await frame.rows("card_token")
    await browser.post(await frame.open(), data=GOOD, headers=SCRIPT)
    row: Any = await frame.pool.fetchrow("SELECT * FROM card_token ORDER BY id DESC LIMIT 1")
    assert await frame.rows("card_token") == before + 1
    assert (row["bin"], row["last_four"], row["expiry"]) == (DIGITS[:6], DIGITS[-4:], "3012")
    assert DIGITS.encode() not in bytes(row["ciphertext"])
    assert row["frame"] == "cards1"


@pytest.mark.parametrize("headers", [{}, SCRIPT], ids=["page", "script"])
@pytest.mark.parametrize(
    ("changed", "field", "words"),
    [
        ({"number": "4970 1000 0000 0007"}, "number", "Ce n’est pas le numéro d’une carte."),
        ({"number": ""}, "number", "Saisissez le numéro de votre carte."),
        ({"number": card_named("approve-amex").pan}, "number", "Utilisez une carte Visa ou Mastercard."),
        ({"number": "6011 0000 0000 0004"}, "number", "Utilisez une carte Visa ou Mastercard."),
        ({"expiry": "01/20"}, "expiry", "Cette carte a expiré."),
        ({"expiry": "09/27"}, "expiry", "avant le dernier prélèvement, le 3 octobre 2027."),
        ({"expiry": "13/30"}, "expiry", "Saisissez le mois et l’année"),
        ({"expiry": "12/99"}, "expiry", "Saisissez le mois et l’année"),
        ({"code": "12"}, "code", "Le code de sécurité a 3 chiffres"),
    ],
)
async def test_what_is_wrong_is_said_beside_its_field_and_no_number_again(
    frame: CardFrame,
    browser: httpx.AsyncClient,
    changed: dict[str, str],
    field: str,
    words: str,
    headers: dict[str, str],
) -> None:
    before = await frame.rows("card_token")
    form = GOOD | changed
    answer = await browser.post(await frame.open(), data=form, headers=headers)
    assert answer.status_code == 422
    if headers:
        assert list(answer.json()["problems"]) == [field]
        assert words in answer.json()["problems"][field]
    else:
        assert re.search(rf'id="{field}-problem">[^<]*{re.escape(words)}', answer.text)
        assert answer.text.count('aria-invalid="true"') == 1
        assert f'<a href="#{field}">' in answer.text
    assert form["number"] not in answer.text or not form["number"]
    assert form["number"].replace(" ", "") not in answer.text or not form["number"]
    assert f'value="{form["code"]}"' not in answer.text
    assert await frame.rows("card_token") == before


async def test_a_number_in_the_field_of_the_expiry_is_not_said_again(
    frame: CardFrame, browser: httpx.AsyncClient
) -> None:
    answer = await browser.post(await frame.open(), data={"number": "", "expiry": DIGITS, "code": ""})
    assert answer.status_code == 422
    assert DIGITS not in answer.text


async def test_a_page_that_was_used_is_over_or_never_was_says_so_and_keeps_nothing(
    frame: CardFrame, browser: httpx.AsyncClient
) -> None:
    used = await frame.open()
    await browser.post(used, data=GOOD)
    other = GOOD | {"number": card_named("approve-visa").pan}
    old = await frame.open(now=frame.clock.now() - timedelta(minutes=30))
    before = await frame.rows("card_token")
    for address, state, words in (
        (used, 410, "Cette page a déjà servi."),
        (old, 410, "Cette page n’est plus valable"),
        (f"{frame.url}/frame/{'a' * 43}", 404, "Cette page n’existe pas."),
        (f"{frame.url}/frame/short", 404, "Cette page n’existe pas."),
    ):
        for answer in (await browser.get(address), await browser.post(address, data=other)):
            assert answer.status_code == state
            assert words in answer.text
            assert "<form" not in answer.text
        told = await browser.post(address, data=other, headers=SCRIPT)
        assert told.status_code == state
        assert words in told.json()["text"]
    assert await frame.rows("card_token") == before


async def test_a_desk_that_is_silent_is_said_and_the_same_card_may_be_sent_again(
    frame: CardFrame, browser: httpx.AsyncClient
) -> None:
    address = await frame.open()
    frame.is_desk_silent = True
    try:
        answer = await browser.post(address, data=GOOD)
    finally:
        frame.is_desk_silent = False
    assert answer.status_code == 503
    assert "Rien n’a été débité." in answer.text
    assert (await browser.post(address, data=GOOD)).status_code == 303


async def test_who_tries_out_numbers_is_stopped(frame: CardFrame, browser: httpx.AsyncClient) -> None:
    address = await frame.open()
    wrong = GOOD | {"number": "4970 1000 0000 0007"}
    answers = [await browser.post(address, data=wrong) for _ in range(BY_PAGE_MAX + 1)]
    assert [each.status_code for each in answers] == [422] * BY_PAGE_MAX + [429]
    assert (await browser.post(address, data=GOOD)).status_code == 429
    assert "Trop d’essais" in answers[-1].text


HOSTILE: list[tuple[str, dict[str, Any], int]] = [
    ("no form", {"content": b"{}", "headers": {"content-type": "application/json"}}, 400),
    ("no type", {"content": b"number=1"}, 400),
    ("parts", {"files": {"number": b"4970100000000006"}}, 400),
    ("too long", {"data": {"number": "4" * 5000}}, 413),
    ("too many fields", {"data": {f"n{n}": "1" for n in range(50)}}, 400),
    (
        "no UTF-8",
        {
            "content": b"number=%ff%fe&expiry=\xff",
            "headers": {"content-type": "application/x-www-form-urlencoded"},
        },
        400,
    ),
    ("empty", {"data": {}, "headers": {"content-type": "application/x-www-form-urlencoded"}}, 422),
    ("NUL", {"data": GOOD | {"number": "4970\x001000"}}, 422),
    ("script", {"data": GOOD | {"expiry": "<script>"}}, 422),
]


@pytest.mark.parametrize(
    ("request_body", "status"),
    [(body, status) for _, body, status in HOSTILE],
    ids=[name for name, _, _ in HOSTILE],
)
async def test_hostile_bodies_are_refused_and_keep_nothing(
    frame: CardFrame, browser: httpx.AsyncClient, request_body: dict[str, Any], status: int
) -> None:
    before = await frame.rows("card_token")
    answer = await browser.post(await frame.open(), **request_body)
    assert answer.status_code == status
    assert "<script>" not in answer.text
    assert await frame.rows("card_token") == before


async def test_no_other_method_and_no_other_path_is_served(
    frame: CardFrame, browser: httpx.AsyncClient
) -> None:
    address = await frame.open()
    for method in ("PUT", "DELETE", "PATCH", "TRACE"):
        assert (await browser.request(method, address)).status_code == 405
    for path in ("/", "/frame", "/frame/", "/metrics", "/health/ready", "/schema", "/docs"):
        answer = await browser.get(frame.url + path)
        assert answer.status_code == 404
        assert "frame-ancestors" in answer.headers["content-security-policy"]


async def test_a_handshake_that_stalls_and_a_request_that_never_ends_are_closed(frame: CardFrame) -> None:
    def seconds_until_closed(url: str, said: bytes) -> bytes:
        with socket.create_connection(("localhost", httpx.URL(url).port or 0), timeout=15) as stalled:
            stalled.sendall(said)
            return stalled.recv(100)

    slow = b"POST /frame/x HTTP/1.1\r\nhost: a\r\ncontent-"
    stalls = [(frame.tls_url, b""), (frame.tls_url, b"\x16\x03\x01\x02\x00"), (frame.url, slow)]
    # A timeout of the socket would raise.
    await asyncio.gather(*(asyncio.to_thread(seconds_until_closed, url, said) for url, said in stalls))


async def test_the_log_holds_neither_a_number_nor_an_address_of_a_page(
    frame: CardFrame, browser: httpx.AsyncClient
) -> None:
    address = await frame.open()
    await browser.post(address, data=GOOD | {"code": "12"})
    await browser.post(address, data=GOOD)
    log = frame.log.read_text()
    assert "card_frame_started" in log
    assert DIGITS not in log
    assert address.rpartition("/")[2] not in log


async def test_the_metrics_count_what_became_of_cards(frame: CardFrame, browser: httpx.AsyncClient) -> None:
    await browser.post(await frame.open(), data=GOOD)
    shown = (await browser.get(f"{frame.health_url}/metrics")).text
    assert re.search(r'guichet_frame_cards_total\{outcome="made"\} [1-9]', shown)
