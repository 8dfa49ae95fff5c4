"""The 1993 edition: no code without an action code, no element taken for the other edition's."""

from __future__ import annotations

import pytest

from core.contracts.reasons import Reason
from core.contracts.response_codes import CODES_1987
from core.contracts.terminal_answers import booking_code, payment_code
from edge.dialects import DIALECTS
from edge.dialects.action_codes1993 import ACTION_CODES
from edge.dialects.edition1993 import from_1987, to_1987
from edge.dialects.fields1987 import FIELDS_1987
from edge.protocol.field import AS_SENT, Message
from edge.protocol.message_types import response_mti
from edge.translate.masked import masked
from edge.translate.reasons import sign_on_code
from edge.translate.terminal_messages import BY_TYPE

OURS = {tell(reason) for reason in Reason for tell in (payment_code, booking_code, sign_on_code)}


@pytest.mark.parametrize("code", sorted(OURS | set(CODES_1987)))
def test_every_code_that_a_terminal_is_told_has_an_action_code(code: str) -> None:
    assert len(ACTION_CODES[code]) == 3
    assert ACTION_CODES[code].isdigit()


@pytest.mark.parametrize("mti", sorted({response_mti(one) for one in BY_TYPE}))
@pytest.mark.parametrize("code", ["00", "05", "ZZ", ""])
def test_every_answer_can_be_written_and_accepts_in_the_words_of_its_class(mti: str, code: str) -> None:
    told = from_1987({0: mti, 11: "000001", 39: code})
    assert DIALECTS["ascii1993"].decode(DIALECTS["ascii1993"].encode(told)) == told
    # 0xx is a payment's; every other class has its own hundred, and a reconciliation two of it.
    accepts = {"000"} if mti[1] in "12" else {"500", "501"} if mti[1] == "5" else {f"{mti[1]}00"}
    assert (told[39] in accepts) == (code == "00")


@pytest.mark.parametrize(("settlement", "action_code"), [("1", "500"), ("2", "501"), ("", "501")])
def test_totals_say_whether_they_are_in_balance(settlement: str, action_code: str) -> None:
    told = from_1987({0: "0510", 39: "00", 66: settlement})
    assert (told[39], 66 in told) == (action_code, False)


def test_what_was_sent_comes_back_and_is_not_kept() -> None:
    sent: Message = {0: "1200", 4: "000000000100", 11: "000001", 12: "991231235959", 24: "200"}
    read = to_1987(sent)
    assert (read[0], read[12], read[13]) == ("0200", "235959", "1231")
    assert 24 not in read
    assert AS_SENT not in masked(read)
    told = from_1987({0: "0210", 4: "000000000100", 39: "00", AS_SENT: read[AS_SENT]})
    assert (told[0], told[12], told[24], told[39]) == ("1210", "991231235959", "200", "000")


def test_no_element_is_taken_for_that_of_the_other_edition() -> None:
    sent: Message = {
        0: "1200", 13: "2512", 15: "261128", 25: "1508", 26: "5411", 28: "261128", 29: "001", 30: "0" * 24,
        53: b"key", 56: "12000000012611280100000", 31: "REF", 57: "123", 58: "12345678901", 59: "ROUTE", 66: "FEES", 70: "250",
        71: "00000001", 72: "RECORD", 82: "0" * 10, 83: "0" * 10, 84: "0" * 10, 85: "0" * 10, 90: "0" * 10, 91: "250", 92: "250",
        93: "1", 94: "1", 95: "ISSUER", 96: b"key", 105: "0" * 16, 107: "0" * 10, 109: "FEES",
    }  # fmt: skip
    assert DIALECTS["ascii1993"].decode(DIALECTS["ascii1993"].encode(sent)) == sent
    read = to_1987(sent)
    assert {number for number in read if number not in (0, AS_SENT)} == {15, 18, 71, 90}
    assert (read[15], read[18]) == ("1128", "5411")


def test_an_element_of_both_editions_and_another_shape_is_read_as_that_of_1987() -> None:
    names = {field.number: field for field in FIELDS_1987}
    kept = {
        field.number
        for field in DIALECTS["ascii1993"].dialect.fields
        if field.number in names and field.name == names[field.number].name and field != names[field.number]
    }
    # 15 loses its year, 43 and 44 are longer texts, the currencies may be in letters; 51 and 71 nobody reads.
    assert kept == {15, 43, 44, 49, 50, 51, 71}


def test_a_currency_in_letters_is_that_in_digits_and_comes_back_in_letters() -> None:
    read = to_1987({0: "1200", 4: "000000000100", 49: "EUR"})
    assert read[49] == "978"
    told = from_1987({0: "0210", 39: "00", 49: "978", AS_SENT: read[AS_SENT]})
    assert told[49] == "EUR"
    assert to_1987({0: "1200", 49: "978"})[49] == "978"
    assert to_1987({0: "1200", 49: "ZZZ"})[49] == "ZZZ"


def test_the_data_record_of_an_administrative_message_is_its_text() -> None:
    assert to_1987({0: "1624", 72: "PAPER OUT"})[60] == "PAPER OUT"
    assert to_1987({0: "1624", 60: "DOOR OPEN", 72: "PAPER OUT"})[60] == "DOOR OPEN\nPAPER OUT"


def test_a_type_of_1987_among_those_of_1993_is_unknown() -> None:
    assert to_1987({0: "0200"})[0] == "9200"
