"""The simulated issuer: what each card does, and how a challenge ends."""

from __future__ import annotations

import base64
import itertools
from pathlib import Path

import msgspec
import pytest

from deploy.sandbox.simulators.bank.issuer import (
    CHALLENGES_MAX,
    TRIES_MAX,
    Asked,
    Challenge,
    Issuer,
    read_challenge_request,
)
from deploy.sandbox.simulators.bank.pages import WORDS
from deploy.sandbox.simulators.cards import CARDS, card_named, load_pan

SANDBOX = Path(__file__).parents[4] / "docs" / "sandbox.md"
ANSWERED = {
    "frictionless": "Y",
    "attempted": "A",
    "challenge": "C",
    "refused": "N",
    "rejected": "R",
    "unavailable": "U",
}


def make_issuer() -> Issuer:
    numbers = itertools.count()
    return Issuer(
        url="https://bank.example",
        sign=lambda word: msgspec.json.encode(word).decode(),
        name=lambda: f"name-{next(numbers)}",
        digits=lambda: "123456",
        now=lambda: float(next(numbers)),
    )


def asked(card: str, **other: str) -> Asked:
    pan = card if card.isdigit() else card_named(card).pan
    return msgspec.convert(
        {
            "messageType": "AReq",
            "threeDSServerTransID": "aut_1",
            "acctNumber": pan,
            "merchantName": "Maison",
            "purchaseAmount": "4266",
            "purchaseCurrency": "978",
            "purchaseExponent": "2",
            "browserLanguage": "fr",
            "notificationURL": "https://cards.example/return",
            "threeDSServerURL": "https://cards.example/results",
        }
        | other,
        Asked,
    )


def challenged(issuer: Issuer) -> Challenge:
    answer = issuer.answer(asked("challenge-visa"))
    challenge = issuer.find(answer["acsTransID"], "aut_1")
    assert challenge is not None
    return challenge


@pytest.mark.parametrize(("behaviour", "status"), ANSWERED.items())
def test_each_card_is_answered_as_its_issuer_does(behaviour: str, status: str) -> None:
    issuer = make_issuer()
    pans = [card.pan for card in CARDS.values() if card.authentication == behaviour]
    assert pans
    for pan in pans:
        answer = issuer.answer(asked(pan))
        assert answer["transStatus"] == status
        assert ("authenticationValue" in answer) is (status in {"Y", "A"})
        assert ("acsURL" in answer) is (status == "C")
    assert issuer.answer(asked(load_pan(1)))["transStatus"] == "Y"


def test_a_scheme_has_electronic_commerce_indicators_of_its_own() -> None:
    issuer = make_issuer()
    assert issuer.answer(asked("approve-visa"))["eci"] == "05"
    assert issuer.answer(asked("approve-mastercard"))["eci"] == "02"
    assert len(base64.b64decode(issuer.answer(asked("approve-visa"))["authenticationValue"])) == 20


def test_a_holder_who_types_the_code_confirms() -> None:
    issuer = make_issuer()
    challenge = challenged(issuer)
    assert not issuer.try_code(challenge, "000000")
    assert issuer.try_code(challenge, " 123456 ")
    word = msgspec.json.decode(challenge.signed)
    assert (word["transStatus"], word["eci"], word["threeDSServerTransID"]) == ("Y", "05", "aut_1")


def test_after_the_last_wrong_code_the_answer_is_no_and_stays_no() -> None:
    issuer = make_issuer()
    challenge = challenged(issuer)
    assert [issuer.try_code(challenge, "0") for _ in range(TRIES_MAX)] == [False] * (TRIES_MAX - 1) + [True]
    said = challenge.signed
    assert msgspec.json.decode(said)["transStatus"] == "N"
    assert issuer.try_code(challenge, "123456")
    issuer.end(challenge, "approve")
    assert challenge.signed == said


def test_who_cancels_is_said_to_have_cancelled() -> None:
    issuer = make_issuer()
    challenge = challenged(issuer)
    issuer.end(challenge, "cancel")
    word = msgspec.json.decode(challenge.signed)
    assert (word["transStatus"], word["challengeCancel"]) == ("N", "01")


def test_challenges_are_bounded_and_keep_no_number() -> None:
    issuer = make_issuer()
    for _ in range(CHALLENGES_MAX + 5):
        issuer.answer(asked("challenge-visa"))
    assert len(issuer.challenges) <= CHALLENGES_MAX
    assert card_named("challenge-visa").pan not in str(issuer.challenges)


@pytest.mark.parametrize(
    "text", ["", "!", "e30", base64.urlsafe_b64encode(b'{"messageType":"CRes"}').decode(), "W10"]
)
def test_what_is_no_request_for_a_challenge_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        read_challenge_request(text)


def test_everything_is_said_in_two_languages() -> None:
    assert all(french and english and french != english for french, english in WORDS.values())


def test_the_sandbox_page_says_what_each_issuer_does() -> None:
    page = SANDBOX.read_text().partition("## Strong authentication")[2].partition("\n## ")[0]
    for card in CARDS.values():
        assert (f"`{card.name}`" in page) is (card.authentication != "frictionless"), card.name
