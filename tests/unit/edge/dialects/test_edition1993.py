"""The 1993 edition: no code without an action code, no element taken for the other edition's."""

from __future__ import annotations

import pytest

from core.contracts.reasons import Reason
from core.contracts.response_codes import CODES_1987
from core.contracts.terminal_answers import booking_code, payment_code
from edge.dialects import DIALECTS
from edge.dialects.action_codes1993 import ACTION_CODES
from edge.dialects.edition1993 import from_1987, to_1987
from edge.protocol.field import AS_SENT, Message
from edge.translate.masked import masked
from edge.translate.reasons import sign_on_code

OURS = {tell(reason) for reason in Reason for tell in (payment_code, booking_code, sign_on_code)}


@pytest.mark.parametrize("code", sorted(OURS | set(CODES_1987)))
def test_every_code_that_a_terminal_is_told_has_an_action_code(code: str) -> None:
    assert len(ACTION_CODES[code]) == 3
    assert ACTION_CODES[code].isdigit()


@pytest.mark.parametrize(
    "mti", ["0110", "0210", "0130", "0230", "0310", "0410", "0430", "0510", "0630", "0634", "0810", "0814"]
)
@pytest.mark.parametrize("code", ["00", "05", "ZZ", ""])
def test_every_answer_can_be_written(mti: str, code: str) -> None:
    told = from_1987({0: mti, 11: "000001", 39: code})
    assert DIALECTS["ascii1993"].decode(DIALECTS["ascii1993"].encode(told)) == told
    approves = told[39] in {"000", "400", "500", "501", "600", "800"}
    assert approves == (code == "00")


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
        53: b"key", 56: "12000000012611280100000",
    }  # fmt: skip
    read = to_1987(sent)
    assert {number for number in read if number not in (0, AS_SENT)} == {15, 18, 90}
    assert (read[15], read[18]) == ("1128", "5411")


def test_a_type_of_1987_among_those_of_1993_is_unknown() -> None:
    assert to_1987({0: "0200"})[0] == "9200"
