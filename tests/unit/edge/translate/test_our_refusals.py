"""A refusal of ours names us to the terminal, never the cardholder, the card or a bank."""

from __future__ import annotations

import pytest

from core.contracts.payment import AuthoriseReply
from core.contracts.reasons import Reason
from core.contracts.terminal_answers import (
    SHOWN,
    SHOWN_CHARACTERS_MAX,
    finish_booking,
    finish_payment,
    payment_code,
)
from edge.dialects import DIALECTS
from edge.protocol.answers import network_answer
from edge.protocol.field import Message
from edge.translate.reasons import (
    reason_of_answer,
    reason_of_host,
    sign_on_code,
)

# ISO 8583:1987: the cardholder is not permitted; the card is restricted; no such issuer; refer to the issuer.
BLAMES_A_CARD = {"57", "62", "15", "01", "05", "14"}
AT_SIGN_ON = (
    Reason.TERMINAL_UNKNOWN,
    Reason.TERMINAL_BLOCKED,
    Reason.TERMINAL_NOT_ACTIVE,
    Reason.STORE_BLOCKED,
    Reason.SERVICE_NOT_ACTIVE,
    Reason.SERVICE_BLOCKED,
)
BEFORE_SENDING = (*AT_SIGN_ON, *(reason for reason in Reason if 7 <= reason <= 12))


@pytest.mark.parametrize("reason", BEFORE_SENDING)
def test_what_is_refused_before_a_bank_is_asked_blames_no_bank(reason: Reason) -> None:
    assert payment_code(reason) not in BLAMES_A_CARD
    assert 0 < len(SHOWN[reason]) <= SHOWN_CHARACTERS_MAX
    assert SHOWN[reason].isascii()


@pytest.mark.parametrize(
    "reason",
    [
        Reason.ORIGINAL_DISAGREES,
        Reason.ALREADY_CAPTURED,
        Reason.REPLACEMENT_REFUSED,
        Reason.REPEAT_DIFFERS,
        Reason.ORIGINAL_NOT_FOUND,
        Reason.ORIGINAL_NOT_CAPTURABLE,
        Reason.MESSAGE_REFUSED,
        Reason.BUSINESS_DATE_REFUSED,
    ],
)
def test_a_refused_reversal_or_advice_says_that_the_refusal_is_ours(reason: Reason) -> None:
    told = finish_booking({0: "0410", 11: "000001"}, AuthoriseReply(bytes(16), reason, "", 0, ""))
    assert 0 < len(str(told[44])) <= SHOWN_CHARACTERS_MAX
    assert reason_of_answer(str(told[39]), str(told[44])) == reason


def test_a_reversal_that_is_done_says_nothing_more() -> None:
    told = finish_booking({0: "0410"}, AuthoriseReply(bytes(16), Reason.ALREADY_REVERSED, "", 0, ""))
    assert (told[39], told.get(44)) == ("00", None)


@pytest.mark.parametrize("reason", AT_SIGN_ON)
@pytest.mark.parametrize("dialect", ["ascii1987", "bcd1987"])
def test_a_refused_sign_on_says_which_rule_refused_it_in_either_encoding(
    reason: Reason, dialect: str
) -> None:
    asked: Message = {
        0: "0800",
        7: "1128101500",
        11: "000001",
        41: "T0000001",
        42: "GCT000000000001",
        70: "001",
    }
    told = network_answer(asked, sign_on_code(reason), SHOWN[reason])
    codec = DIALECTS[dialect]
    read = codec.decode(codec.encode(told))
    assert reason_of_answer(str(read[39]), str(read[44])) == reason


def test_an_issuers_decline_carries_no_words_of_ours() -> None:
    answer = finish_payment({0: "0210", 39: ""}, _reply(Reason.INSUFFICIENT_FUNDS))
    assert 44 not in answer
    assert reason_of_answer("51", "") == reason_of_host("51") == Reason.INSUFFICIENT_FUNDS


def test_a_payment_at_a_blocked_store_says_so() -> None:
    answer = finish_payment({0: "0210"}, _reply(Reason.STORE_BLOCKED))
    assert (answer[39], answer[44]) == ("60", "MAGASIN BLOQUE")


def _reply(reason: Reason) -> AuthoriseReply:
    return AuthoriseReply(bytes(16), int(reason), "", 0, "")


def test_the_repeat_of_a_payment_is_told_that_it_was_approved_whatever_was_taken_back_since() -> None:
    reply = AuthoriseReply(bytes(16), int(Reason.APPROVED), "A1B2C3", 8_210, "M81CWF5V01SA", replayed=True)
    answer = finish_payment({0: "0210", 4: "000000008210", 49: "978"}, reply)
    assert (answer[39], answer[4], 54 in answer) == ("00", "000000008210", False)
