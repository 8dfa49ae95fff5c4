"""Strong authentication end to end over HTTP: core, the card frame, and the simulated bank, each a process of its own."""

from __future__ import annotations

import asyncio
import base64
import hmac
import itertools
import re
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import msgspec
import pytest
from joserfc import jws
from joserfc.jwk import ECKey

from core.cards.api import Authentication, IssuerByFrame, take_security_code
from core.contracts.cards import Authenticate, AuthenticationId
from core.db.rows import uuid_of
from core.values.ids import uuid7
from deploy.sandbox.simulators.cards import card_named
from edge.keys import SoftwareSecurityModule
from tests.support.card_frame import CardFrame

_orders = itertools.count(100)
RETURN = "https://shop.example/paid?order=1"


@pytest.fixture
async def browser(frame: CardFrame) -> AsyncIterator[httpx.AsyncClient]:
    async with frame.client() as client:
        yield client


class Holder:
    """A card's holder, in a browser without a script."""

    def __init__(self, frame: CardFrame, browser: httpx.AsyncClient) -> None:
        self.frame = frame
        self.browser = browser
        self.order = uuid7(unix_ms=1, sequence=next(_orders), randomness=0)

    async def buy(self, card: str) -> Authentication:
        """Type a card and be authenticated, or challenged."""
        kept = await self.frame.card(card_named(card).pan, self.browser, self.order)
        return await self.frame.authenticate(kept, self.order)

    async def go_to_bank(self, made: Authentication) -> str:
        """Return the page of the bank."""
        page = (await self.browser.get(made.address)).text
        address, request = form_in(page, "creq")
        return (await self.browser.post(address, data={"creq": request})).text

    async def answer(self, page: str, code: str | None = None, **other: str) -> str:
        """Send the bank's form and return the page that it shows."""
        (acs,) = re.findall(r'name="acs" value="([^"]+)"', page)
        (shown,) = re.findall(r"Votre code est (\d{6})", page)
        sent = {"acs": acs, "code": shown if code is None else code} | other
        return (await self.browser.post(f"{self.frame.bank_url}/answer", data=sent)).text

    async def word(self, made: Authentication, **other: str) -> tuple[str, str]:
        """End a challenge at the bank and return where its word goes back, and the word."""
        return form_in(await self.answer(await self.go_to_bank(made), **other), "cres")

    async def state(self, made: Authentication) -> str:
        found = await self.frame.authentications.one(self.frame.pool, made.id)
        assert found is not None
        return found.state

    async def decided(self, made: Authentication) -> str:
        """Return the state once the bank's word has come from server to server."""
        for _ in range(100):
            if (state := await self.state(made)) != "challenged":
                return state
            await asyncio.sleep(0.02)
        raise TimeoutError

    async def returns(self, made: Authentication) -> list[tuple[str, str, bool]]:
        rows = await self.frame.pool.fetch(
            "SELECT path, said, has_decided FROM authentication_return WHERE authentication_id = $1 ORDER BY path",
            uuid_of(made.id),
        )
        return [(row["path"], row["said"], row["has_decided"]) for row in rows]


@pytest.fixture
def holder(frame: CardFrame, browser: httpx.AsyncClient) -> Holder:
    return Holder(frame, browser)


def form_in(page: str, name: str) -> tuple[str, str]:
    """Return where the form of a page goes, and its one hidden field."""
    (action,) = re.findall(r'<form method="post" action="([^"]+)"', page)
    (value,) = re.findall(rf'name="{name}" value="([^"]+)"', page)
    return action, value


@pytest.mark.parametrize(
    ("card", "state", "eci"),
    [
        ("approve-cb", "authenticated", "05"),
        ("approve-mastercard", "authenticated", "02"),
        ("attempted", "attempted", "06"),
        ("not-authenticated", "failed", ""),
        ("authentication-rejected", "failed", ""),
        ("authentication-unavailable", "unavailable", ""),
    ],
)
async def test_what_the_bank_answers_at_once_stands(holder: Holder, card: str, state: str, eci: str) -> None:
    made = await holder.buy(card)
    assert (made.state, made.eci) == (state, eci)
    assert (made.liability == "issuer") is (made.state in {"authenticated", "attempted"})
    assert made.vouches_for(amount_minor=4266, currency="EUR") is bool(eci)


async def test_a_bank_that_never_answers_leaves_the_holder_to_try_again(holder: Holder) -> None:
    made = await holder.buy("authentication-silent")
    assert (made.state, made.liability, made.address) == ("unavailable", "merchant", "")


async def test_a_holder_confirms_and_both_paths_bring_one_result(
    holder: Holder, browser: httpx.AsyncClient
) -> None:
    made = await holder.buy("challenge-mastercard")
    assert made.state == "challenged"
    page = await holder.go_to_bank(made)
    assert "42,66\u00a0€ à Maison Lumière" in page
    assert f"•••• {card_named('challenge-mastercard').pan[-4:]}" in page
    back, word = form_in(await holder.answer(page), "cres")
    came = await browser.post(back, data={"cres": word})
    assert came.status_code == 303
    assert came.headers["location"] == f"{RETURN}&authentication={AuthenticationId(made.id).text}"
    found = await holder.frame.authentications.one(holder.frame.pool, made.id)
    assert found is not None
    assert (found.state, found.eci, found.liability) == ("authenticated", "02", "issuer")
    for _ in range(100):
        if len(await holder.returns(made)) == 2:
            break
        await asyncio.sleep(0.02)
    assert {path for path, _, _ in await holder.returns(made)} == {"browser", "server"}
    assert [decided for *_, decided in await holder.returns(made)].count(True) == 1


async def test_words_that_come_together_and_again_leave_one_result(
    holder: Holder, browser: httpx.AsyncClient
) -> None:
    made = await holder.buy("challenge-visa")
    back, word = await holder.word(made)
    results = f"{holder.frame.url}/results"
    result = _as(holder.frame, word, "RReq")
    answers = await asyncio.gather(
        *(browser.post(back, data={"cres": word}) for _ in range(5)),
        *(browser.post(results, json={"result": result}) for _ in range(5)),
    )
    assert [each.status_code for each in answers] == [303] * 5 + [200] * 5
    assert await holder.state(made) == "authenticated"
    kept = await holder.returns(made)
    assert sorted(path for path, _, _ in kept) == ["browser", "server"]
    assert [decided for *_, decided in kept].count(True) == 1
    # The page of the challenge leads back now.
    assert (await browser.get(made.address)).headers["location"].startswith(RETURN)


@pytest.mark.parametrize(
    ("sent", "state"),
    [
        ({"do": "cancel"}, "abandoned"),
        ({"do": "fail"}, "failed"),
    ],
)
async def test_a_holder_who_does_not_confirm_is_not_authenticated(
    holder: Holder, sent: dict[str, str], state: str
) -> None:
    made = await holder.buy("challenge-visa")
    await holder.word(made, **sent)
    assert await holder.decided(made) == state
    # The card may be tried again.
    again = await holder.buy("challenge-visa")
    assert again.state == "challenged"


async def test_three_wrong_codes_fail(holder: Holder) -> None:
    made = await holder.buy("challenge-visa")
    page = await holder.go_to_bank(made)
    for left in (2, 1):
        page = await holder.answer(page, code="no")
        assert f"Essais restants : {left}." in page
    _, word = form_in(await holder.answer(page, code="no"), "cres")
    assert word
    assert await holder.decided(made) == "failed"


async def test_a_word_that_comes_after_the_time_changes_nothing(
    holder: Holder, browser: httpx.AsyncClient
) -> None:
    made = await holder.buy("challenge-visa")
    page = await holder.go_to_bank(made)
    before = holder.frame.clock.present
    holder.frame.clock.present = made.expires_at + timedelta(seconds=1)
    try:
        back, word = form_in(await holder.answer(page), "cres")
        came = await browser.post(back, data={"cres": word})
        assert came.status_code == 303
        assert await holder.state(made) == "timed_out"
        assert {decided for *_, decided in await holder.returns(made)} == {False}
    finally:
        holder.frame.clock.present = before


def _signed(frame: CardFrame, made: Authentication, key: Any = None, **other: str) -> str:
    word = {
        "messageType": "RReq",
        "threeDSServerTransID": AuthenticationId(made.id).text,
        "acsTransID": "a",
        "dsTransID": "d",
        "transStatus": "Y",
        "eci": "05",
        "authenticationValue": "AAABBJg0VhI0VniQEjRWAAAAAAA=",
    }
    signer = key or ECKey.import_key(frame.issuer_key.read_bytes())
    return jws.serialize_compact({"alg": "ES256"}, msgspec.json.encode(word | other), signer)


def _as(frame: CardFrame, word: str, message_type: str) -> str:
    """Return what an issuer said as its message of another type."""
    payload = word.split(".")[1]
    said = msgspec.json.decode(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    signer = ECKey.import_key(frame.issuer_key.read_bytes())
    return jws.serialize_compact(
        {"alg": "ES256"}, msgspec.json.encode(said | {"messageType": message_type}), signer
    )


def _by_secret(payload: str, secret: bytes) -> str:
    head = _base64(b'{"alg":"HS256"}')
    said = f"{head}.{payload}"
    return f"{said}.{_base64(hmac.digest(secret, said.encode(), 'sha256'))}"


def _base64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


async def test_a_word_that_no_issuer_signed_is_refused_and_nothing_is_written(
    holder: Holder, browser: httpx.AsyncClient
) -> None:
    frame = holder.frame
    made, other = await holder.buy("challenge-visa"), await Holder(frame, browser).buy("challenge-visa")
    _, good = await holder.word(other, do="fail")
    head, payload, signature = good.split(".")
    # The public key as a secret: what happens where the algorithm is the sender's to choose.
    public = ECKey.import_key(frame.issuer_key.read_bytes()).as_pem(private=False)
    hostile = {
        "nothing": "",
        "no word": "a.b.c",
        "no signature": f"{head}.{payload}.",
        "no algorithm": f"eyJhbGciOiJub25lIn0.{payload}.",
        "another's payload": f"{head}.{payload[:-4]}AAAA.{signature}",
        "a stranger": _signed(frame, made, ECKey.generate_key("P-256")),
        "public key as secret": _by_secret(payload, public),
        "too long": "a" * 3500,
    }
    address = f"{frame.url}/authentications/{AuthenticationId(made.id).text}/return"
    for name, word in hostile.items():
        assert (await browser.post(address, data={"cres": word})).status_code == 400, name
        assert (await browser.post(f"{frame.url}/results", json={"result": word})).status_code == 400, name
    # Another's word, by the address of this one.
    assert (await browser.post(address, data={"cres": good})).status_code == 400
    # Signed, about no challenge of ours.
    for word in (_signed(frame, made), _signed(frame, made, threeDSServerTransID="aut_" + "0" * 26)):
        assert (await browser.post(f"{frame.url}/results", json={"result": word})).status_code == 404
    for word in (_signed(frame, made, transStatus="?"), _signed(frame, made, threeDSServerTransID="x" * 40)):
        assert (await browser.post(f"{frame.url}/results", json={"result": word})).status_code == 400
    for body in (b"", b"[]", b"{}", b'{"result": 1}', b"\xff"):
        assert (await browser.post(f"{frame.url}/results", content=body)).status_code == 400
    assert await holder.state(made) == "challenged"
    assert await holder.returns(made) == []


async def test_what_an_issuer_says_by_one_path_is_refused_by_the_other(
    holder: Holder, browser: httpx.AsyncClient
) -> None:
    made = await holder.buy("challenge-visa")
    page = await holder.go_to_bank(made)
    back, word = form_in(await holder.answer(page), "cres")
    assert await holder.decided(made) == "authenticated"
    results = f"{holder.frame.url}/results"
    # The holder's browser has a word that is signed, and plays the bank's server; and the other way round.
    assert (await browser.post(results, json={"result": word})).status_code == 400
    assert (await browser.post(back, data={"cres": _as(holder.frame, word, "RReq")})).status_code == 400
    for other in ("ARes", "CReq", ""):
        hostile = _as(holder.frame, word, other)
        assert (await browser.post(results, json={"result": hostile})).status_code == 400
        assert (await browser.post(back, data={"cres": hostile})).status_code == 400
    assert [path for path, *_ in await holder.returns(made)] == ["server"]


async def test_an_address_of_no_challenge_is_unknown(frame: CardFrame, browser: httpx.AsyncClient) -> None:
    for name in ("aut_" + "0" * 26, "aut_short", "txn_" + "0" * 26, "aut_" + "8" * 26):
        assert (await browser.get(f"{frame.url}/authentications/{name}")).status_code == 404


async def test_a_page_of_a_challenge_goes_to_that_bank_and_nowhere_else(
    holder: Holder, browser: httpx.AsyncClient
) -> None:
    made = await holder.buy("challenge-visa")
    page = await browser.get(made.address)
    policy = page.headers["content-security-policy"].split("; ")
    assert f"form-action {holder.frame.bank_url}" in policy
    assert "frame-ancestors https://shop.example" in policy
    assert "<script>" not in page.text


async def test_the_number_is_in_what_the_bank_is_asked_and_in_nothing_that_core_hears(
    holder: Holder,
) -> None:
    made = await holder.buy("challenge-visa")
    row = await holder.frame.pool.fetchrow(
        "SELECT card_authentication::text AS text FROM card_authentication WHERE id = $1", uuid_of(made.id)
    )
    assert row is not None
    assert card_named("challenge-visa").pan not in row["text"]


async def test_a_security_code_goes_to_the_first_payment_once(
    frame: CardFrame, browser: httpx.AsyncClient
) -> None:
    kept = await frame.card("4970100000000006", browser, uuid7(unix_ms=1, sequence=7, randomness=0))
    asked: Any = {"token_id": kept.token_id, "frame": kept.frame}
    sealed = await take_security_code(frame.bus, **asked)
    keys = SoftwareSecurityModule.open_folder(frame.issuer_key.parent.parent / "keys")
    assert keys.open_sensitive(sealed) == {48: "9203123"}
    assert b"123" not in sealed
    assert await take_security_code(frame.bus, **asked) == b""
    # Nobody has it: a frame that was restarted, or is gone.
    assert await take_security_code(frame.bus, token_id=kept.token_id, frame="cards9") == b""


async def test_a_card_whose_seal_is_broken_is_asked_of_nobody(frame: CardFrame) -> None:
    asked = Authenticate(bytes(16), b"\1broken", "3012", 1, "EUR", "Maison", "fr")
    assert (await IssuerByFrame(frame.bus).authenticate(asked)).status == "U"


async def test_the_bank_speaks_no_more_than_it_must(frame: CardFrame, browser: httpx.AsyncClient) -> None:
    for path in ("/", "/areq", "/challenge", "/answer", "/../etc/passwd"):
        assert (await browser.get(frame.bank_url + path)).status_code == 404
    assert (await browser.post(f"{frame.bank_url}/areq", content=b"{")).status_code == 400
    assert (await browser.post(f"{frame.bank_url}/challenge", data={"creq": "x"})).status_code == 400
    assert (await browser.post(f"{frame.bank_url}/answer", data={"acs": "x"})).status_code == 404
    listed = (await browser.get(f"{frame.bank_url}/control/challenges")).json()
    assert {"acs", "authentication", "last_four", "code", "is_over"} == set(listed[0])


async def test_a_program_ends_a_challenge_without_its_page(
    holder: Holder, browser: httpx.AsyncClient
) -> None:
    made = await holder.buy("challenge-visa")
    asked = {"authentication": AuthenticationId(made.id).text, "how": "approve"}
    told = await browser.post(f"{holder.frame.bank_url}/control/answer", json=asked)
    assert told.status_code == 200
    assert await holder.decided(made) == "authenticated"
