"""Cards, dates, hashes and masks, without a socket."""

import secrets
from datetime import date

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.contracts.reasons import Reason
from core.contracts.terminal_answers import booking_code, payment_code
from core.values.ids import AttemptIds, rrn_of, uuid7
from deploy.sandbox.simulators.cards import CARDS, luhn_digit
from edge.keys import SoftwareSecurityModule
from edge.protocol.field import Message
from edge.protocol.masking import describe
from edge.translate.errors import RequestRefused
from edge.translate.fields import (
    OFFLINE_DAYS,
    ONLINE_DAYS,
    hash_body,
    nearest_date,
    read_business_date,
    read_card,
    read_times,
)
from edge.translate.masked import masked, masked_bytes
from edge.translate.reasons import reason_of_host, sign_on_code

PAN = CARDS["approve-visa"].pan
KEYS = SoftwareSecurityModule(
    card_keys={1: bytes(32)}, sensitive_keys={1: bytes(range(32))}, fingerprint_key=bytes(32)
)


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ({2: PAN, 14: "3012"}, (PAN, "3012")),
        ({35: f"{PAN}=30122010000"}, (PAN, "3012")),
        ({35: f"{PAN}D30122010000"}, (PAN, "3012")),
        ({2: PAN, 35: f"{PAN}=3012201"}, (PAN, "3012")),
        ({2: PAN}, (PAN, "")),
    ],
)
def test_a_card_comes_from_its_number_or_its_track(message: Message, expected: tuple[str, str]) -> None:
    assert read_card(message) == expected


@given(st.text("0123456789", min_size=11, max_size=18), st.integers(min_value=1, max_value=9))
def test_the_check_digit_decides(partial: str, shift: int) -> None:
    digit = luhn_digit(partial)
    assert read_card({2: partial + digit}).pan == partial + digit
    with pytest.raises(RequestRefused) as refusal:
        read_card({2: f"{partial}{(int(digit) + shift) % 10}"})
    assert (refusal.value.response_code, refusal.value.field) == ("14", 2)


def test_a_refusal_never_carries_the_number() -> None:
    wrong = PAN[:-1] + str((int(PAN[-1]) + 1) % 10)
    with pytest.raises(RequestRefused) as refusal:
        read_card({2: wrong})
    assert wrong not in str(refusal.value)


@pytest.mark.parametrize(
    ("month_and_day", "today", "expected"),
    [
        ("0101", date(2026, 12, 31), date(2027, 1, 1)),
        ("1231", date(2027, 1, 1), date(2026, 12, 31)),
        ("0615", date(2026, 6, 15), date(2026, 6, 15)),
        ("0229", date(2028, 2, 28), date(2028, 2, 29)),
    ],
)
def test_the_year_is_the_one_that_makes_the_date_near(
    month_and_day: str, today: date, expected: date
) -> None:
    assert nearest_date(month_and_day, today.toordinal()) == expected.toordinal()


@pytest.mark.parametrize(
    ("month_and_day", "year"), [("0230", 2026), ("1301", 2026), ("0000", 2026), ("0229", 2030)]
)
def test_what_is_no_date_is_no_date(month_and_day: str, year: int) -> None:
    assert nearest_date(month_and_day, date(year, 6, 1).toordinal()) == 0


def test_business_dates_are_near_today_and_nearer_online() -> None:
    today = date(2026, 3, 10).toordinal()
    assert read_business_date("0309120000", today=today, days=ONLINE_DAYS) == today - 1
    assert read_business_date("0303120000", today=today, days=OFFLINE_DAYS) == today - 7
    for local_time, days in (
        ("0308120000", ONLINE_DAYS),
        ("0302120000", OFFLINE_DAYS),
        ("0312120000", ONLINE_DAYS),
    ):
        with pytest.raises(RequestRefused) as refusal:
            read_business_date(local_time, today=today, days=days)
        assert refusal.value.reason == Reason.BUSINESS_DATE_REFUSED


def test_local_and_transmission_times_stand_in_for_each_other() -> None:
    assert read_times({7: "0310120000"}) == ("0310120000", "0310120000")
    assert read_times({12: "130000", 13: "0310"}) == ("0310130000", "0310130000")
    assert read_times({7: "0310230000", 12: "000000", 13: "0311"}) == ("0310230000", "0311000000")


@pytest.mark.parametrize(
    ("sent_at", "shown", "day"),
    [
        ("0310175300", "055300", "0311"),  # Wallis, twelve hours before UTC
        ("0310175302", "055300", "0311"),
        ("0310175258", "055300", "0311"),
        ("0310035300", "175300", "0309"),  # Tahiti, ten behind
        ("0310233000", "003000", "0311"),  # Paris
        ("0310000100", "235900", "0309"),  # its own clock, two minutes slow
    ],
)
def test_a_local_time_without_its_date_is_of_the_day_that_its_store_has_then(
    sent_at: str, shown: str, day: str
) -> None:
    assert read_times({7: sent_at, 12: shown}) == (sent_at, day + shown)


BASE: Message = {
    0: "0200",
    2: PAN,
    3: "000000",
    4: "000000001250",
    7: "0310120000",
    14: "3012",
    22: "071",
    49: "978",
}


def body_hash(message: Message, **facts: object) -> int:
    card = KEYS.seal_card(*read_card(message))
    values = {"amount_minor": 1250, "currency": "EUR"} | facts
    return hash_body(message, card=card, **values)  # pyright: ignore


def test_a_repeat_has_the_same_hash_and_nothing_else_has() -> None:
    first = body_hash(BASE)
    assert body_hash({**BASE, 0: "0201", 7: "0310120100"}) == first
    without_expiry = {number: value for number, value in BASE.items() if number != 14}
    restated = [{22: "012"}, {3: "003000"}, {14: "3101"}, {37: "633221000531"}]
    assert {body_hash({**BASE, **change}) for change in restated} == {first}
    assert body_hash(without_expiry) == first
    others = [
        body_hash({**BASE, 3: "200000"}),
        body_hash({**BASE, 2: CARDS["approve-cb"].pan}),
        body_hash(BASE, amount_minor=1251),
        body_hash(BASE, currency="USD"),
    ]
    assert len({first, *others}) == len(others) + 1
    assert all(-(2**63) <= one < 2**63 for one in others)


def test_the_quick_mask_says_what_the_full_one_says() -> None:
    message: Message = {
        **BASE,
        35: f"{PAN}=30122010000",
        41: "T0000001",
        42: PAN[:15],
        48: f"x {PAN}",
        52: bytes(8),
        55: bytes.fromhex("9F02060000000012505A08") + bytes.fromhex(PAN),
        60: f"note {PAN}",
        90: f"0200000123{'1122043201'}{'0' * 22}",
    }
    for _ in range(2):
        shown = masked(message)
        expected = {line["field"]: line["value"] for line in describe(message, {})}
        assert shown == expected
    raw = masked_bytes(message)
    assert PAN.encode() not in raw
    assert PAN not in raw.hex()
    assert set(msgspec.msgpack.decode(raw, type=dict[int, str])) == set(message)


def test_every_reason_has_a_response_code_for_every_kind_of_answer() -> None:
    for reason in Reason:
        for code in (payment_code(reason), booking_code(reason), sign_on_code(reason)):
            assert len(code) == 2
            assert code.isalnum()
    assert payment_code(9999) == "96"


def test_approval_is_never_said_of_anything_but_an_approval() -> None:
    approving = {reason for reason in Reason if payment_code(reason) in {"00", "10"}}
    assert approving == {Reason.APPROVED, Reason.PARTIAL_APPROVAL, Reason.ADVICE_BOOKED}


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("00", Reason.APPROVED),
        ("51", Reason.INSUFFICIENT_FUNDS),
        ("1A", Reason.STRONG_AUTHENTICATION_REQUIRED),
        ("08", Reason.APPROVED),
        ("25", Reason.ORIGINAL_NOT_FOUND),
        ("ZZ", Reason.HOST_CODE_UNKNOWN),
        ("  ", Reason.HOST_CODE_UNKNOWN),
        ("", Reason.HOST_CODE_UNKNOWN),
    ],
)
def test_a_hosts_code_has_a_reason(code: str, reason: Reason) -> None:
    assert reason_of_host(code) == reason


def test_attempt_ids_are_uuids_whose_reference_never_repeats_within_a_millisecond() -> None:
    ids = AttemptIds(secrets.randbits(62))
    made = [ids.next(1_790_000_000_123_000) for _ in range(4096)]
    assert len(set(made)) == len({rrn_of(one) for one in made}) == 4096
    value = int.from_bytes(made[0], "big")
    rebuilt = uuid7(
        unix_ms=1_790_000_000_123, sequence=value >> 64 & 0xFFF, randomness=value & 0x3FFF_FFFF_FFFF_FFFF
    )
    assert rebuilt == made[0]
    assert ids.next(1_790_000_000_124_000) > max(made)
