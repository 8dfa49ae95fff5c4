"""Reversals as another implementation of ISO 8583 writes them, from clocks that are not ours."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import msgspec
import pytest

from core.contracts.payment import Authorise, Book, RefusedFact, Reverse
from core.contracts.states import Kind
from core.values.clock import PARIS
from tests.integration.edge.conftest import House
from tests.integration.edge.foreign_terminal import AMOUNT, PAN, SPEC, Foreign


def original(sent_at: str) -> str:
    """Return data element 90 of purchase 000123."""
    return f"0200000123{sent_at}{'0' * 22}"


@pytest.mark.parametrize(
    ("field_90", "understood"),
    [
        (original("1128010000"), "1128010000"),
        (original("1127210000"), "1127210000"),
        (original("0229233000"), "0229233000"),
        (original("1231235959"), "1231235959"),
        (original("0" * 10), ""),
        (original("9999999999"), ""),
        (original("1128250000"), ""),
    ],
)
@pytest.mark.parametrize("mti", ["0400", "0401", "0420", "0421"])
async def test_what_a_reversal_says_reaches_core_as_it_was_said(
    house: House, foreign: Foreign, mti: str, field_90: str, understood: str
) -> None:
    answer = await foreign.ask(
        t=mti, f2=PAN, f3="000000", f4="000000005000", f7="1128010200", f11="000124", f12="210200",
        f13="1127", f37="0123456789AB", f49="978", f90=field_90, f95=f"{3000:012d}{'0' * 30}",
    )  # fmt: skip
    assert answer["39"] == "00"
    asked = house.core.asked[-1]
    assert isinstance(asked, Reverse)
    assert (asked.original_stan, asked.original_sent_at, asked.original_rrn) == (
        123,
        understood,
        "0123456789AB",
    )
    assert (asked.amount_minor, asked.currency, asked.replacement_minor) == (5_000, "EUR", 3_000)


async def test_a_reversal_without_times_currency_or_amount_still_reaches_core(
    house: House, foreign: Foreign
) -> None:
    answer = await foreign.ask(t="0400", f11="000124", f90=original("1128010000"))
    assert answer["39"] == "00"
    asked = house.core.asked[-1]
    assert isinstance(asked, Reverse)
    assert (asked.amount_minor, asked.currency, asked.card, asked.replacement_minor) == (-1, "", None, -1)


@pytest.mark.parametrize(
    "change",
    [
        {"f7": "1128250000"},
        {"f7": "1128016000"},
        {"f7": "1332010000"},
        {"f12": "240000"},
        {"f13": "0230"},
        {"f11": "000000"},
        {"f14": "2913", "f35": f"{PAN}=2912201"},
    ],
)
async def test_what_a_reversal_could_not_repeat_is_refused_at_the_payment(
    house: House, foreign: Foreign, change: dict[str, str]
) -> None:
    fields = {
        "f2": PAN,
        "f3": "000000",
        "f4": "000000005000",
        "f7": "1128010000",
        "f11": "000125",
        "f49": "978",
    }
    answer = await foreign.ask(t="0200", **{**fields, **change})
    assert answer["39"] == "30"
    assert not house.core.authorised


@pytest.mark.parametrize(
    ("field_95", "code", "stays"),
    [
        ("0" * 42, "00", 0),
        (f"{3000:012d}{'0' * 30}", "00", 3_000),
        (f"{3000:012d}{3000:012d}{'0' * 18}", "00", 3_000),
        (f"{3000:012d}{3000:012d}C00000000C00000000", "00", 3_000),
        (f"{0:012d}{1000:012d}{'0' * 18}", "13", None),  # the settlement amount alone says that a part stays
        (f"{3000:012d}{1000:012d}{'0' * 18}", "13", None),  # two amounts in one currency
        (f"{0:012d}{0:012d}C00000100{'0' * 9}", "13", None),
        (f"{3000:012d}{'x' * 30}", "30", None),
    ],
)
async def test_all_of_a_replacement_is_read(
    house: House, foreign: Foreign, field_95: str, code: str, stays: int | None
) -> None:
    answer = await foreign.ask(
        t="0400", f2=PAN, f3="000000", f4=AMOUNT, f7="1128010200", f11="000124", f49="978",
        f90=original("1128010000"), f95=field_95,
    )  # fmt: skip
    assert answer["39"] == code
    assert [one.replacement_minor for one in house.core.asked if isinstance(one, Reverse)] == (
        [] if stays is None else [stays]
    )


async def test_an_amount_of_zeros_is_said(house: House, foreign: Foreign) -> None:
    await foreign.ask(t="0400", f4="0" * 12, f11="000124", f90=original("1128010000"))
    asked = house.core.asked[-1]
    assert isinstance(asked, Reverse)
    assert asked.amount_minor == 0


@pytest.mark.parametrize(
    ("fields", "kind", "named"),
    [
        ({"f90": f"0100000777{'1128010000'}{'0' * 22}"}, Kind.COMPLETION, (1, 777, "1128010000")),
        ({"f90": f"0100000777{'0' * 32}"}, Kind.COMPLETION, (1, 777, "")),
        ({"f90": "0" * 42}, Kind.ADVICE, (0, 0, "")),
        ({}, Kind.ADVICE, (0, 0, "")),
    ],
)
async def test_a_completion_names_its_hold_by_field_90_too(
    house: House, foreign: Foreign, fields: dict[str, str], kind: Kind, named: tuple[int, int, str]
) -> None:
    answer = await foreign.ask(
        t="0220",
        f2=PAN,
        f3="000000",
        f4=AMOUNT,
        f7="1128010200",
        f11="000124",
        f38="A12345",
        f49="978",
        **fields,
    )
    assert answer["39"] == "00"
    asked = house.core.asked[-1]
    assert isinstance(asked, Book)
    assert (asked.kind, asked.approval_code) == (kind, "A12345")
    assert (asked.original_message_class, asked.original_stan, asked.original_sent_at) == named


@pytest.mark.parametrize(
    ("change", "currency", "dated"),
    [
        ({"f49": "414"}, "KWD", True),
        ({"f49": "001"}, "001", True),
        ({"f13": "0229"}, "EUR", False),
        ({"f13": "1399"}, "EUR", False),
        ({"f12": "250000"}, "EUR", False),
        ({"f7": "1332010000", "f13": "1128"}, "EUR", False),
    ],
)
async def test_what_happened_is_never_refused_for_its_currency_or_date(
    house: House,
    foreign: Foreign,
    change: dict[str, str],
    currency: str,
    dated: bool,
) -> None:
    fields = {"f7": "1128010200", "f12": "010200", "f13": "1128", "f49": "978", **change}
    answer = await foreign.ask(t="0220", f2=PAN, f3="000000", f4=AMOUNT, f11="000124", **fields)
    assert answer["39"] == "00"
    asked = house.core.asked[-1]
    assert isinstance(asked, Book)
    assert (asked.currency, asked.date_unreadable) == (currency, not dated)
    if not dated:
        assert asked.business_date == datetime.now(UTC).date().toordinal()
        assert asked.local_time == fields["f13"] + fields["f12"], "as it came"


async def test_a_cafe_pays_with_its_pin_block_in_hexadecimal_characters(
    house: House, foreign: Foreign
) -> None:
    in_characters = {"data_enc": "ascii", "max_len": 16}
    spec = {**SPEC, "43": {**SPEC["43"], "data_enc": "latin-1"}}
    spec |= {number: {**SPEC[number], **in_characters} for number in ("52", "64")}
    now = datetime.now(UTC)
    paris = now.astimezone(PARIS)
    fields = {
        "t": "0200", "f2": PAN, "f3": "000000", "f4": "000000001250", "f7": f"{now:%m%d%H%M%S}", "f11": "000124",
        "f12": f"{paris:%H%M%S}", "f13": f"{paris:%m%d}", "f14": "3012", "f22": "051", "f43": "CAFÉ À LA CRÈME".ljust(40), "f49": "978",
        "f52": "0123456789ABCDEF", "f64": "FEDCBA9876543210",
    }  # fmt: skip
    answer = await foreign.ask_written(spec, fields)
    assert (answer["t"], answer["39"], answer["11"]) == ("0210", "00", "000124")
    assert "CAFÉ" in msgspec.msgpack.decode(house.core.authorised[-1].request)[43]


OWN = "633221000531"
"""A reference as terminals make them."""


@pytest.mark.parametrize(
    ("fields", "kind", "reference"),
    [
        ({"f37": OWN}, Kind.COMPLETION, OWN),  # core sees whether it names anything
        ({"f37": "0" * 12}, Kind.ADVICE, ""),
        ({"f37": "0" * 12, "f38": "0" * 6, "f90": "0" * 42}, Kind.ADVICE, ""),
        ({"f37": "0" * 12, "f90": f"0100000777{'1128010000'}{'0' * 22}"}, Kind.COMPLETION, ""),
    ],
)
async def test_zeros_in_the_reference_of_a_sale_name_nothing(
    house: House, foreign: Foreign, fields: dict[str, str], kind: Kind, reference: str
) -> None:
    answer = await foreign.ask(
        t="0220", f2=PAN, f3="000000", f4=AMOUNT, f7="1128010200", f11="000124", f49="978", **fields
    )
    assert answer["39"] == "00"
    asked = house.core.asked[-1]
    assert isinstance(asked, Book)
    assert (asked.kind, asked.original_rrn, asked.approval_code) == (kind, reference, "")


@pytest.mark.parametrize(("code", "gives_back"), [("000000", False), ("090000", False), ("200000", True)])
async def test_a_refund_made_off_line_says_to_core_that_it_gives_back(
    house: House, foreign: Foreign, code: str, gives_back: bool
) -> None:
    await foreign.ask(t="0220", f2=PAN, f3=code, f4=AMOUNT, f7="1128010200", f11="000124", f49="978")
    asked = house.core.asked[-1]
    assert isinstance(asked, Book)
    assert asked.gives_back == gives_back


@pytest.mark.parametrize(
    ("code", "declined_code"),
    [
        ("05", "05"),
        ("51", "51"),
        ("17", "17"),
        ("Z1", "Z1"),
        ("Z3", "Z3"),
        ("00", ""),
        ("Y1", ""),
        ("  ", ""),
    ],
)
@pytest.mark.parametrize("mti", ["0120", "0220", "0221"])
async def test_an_advice_says_to_core_whether_anything_was_sold(
    house: House, foreign: Foreign, mti: str, code: str, declined_code: str
) -> None:
    answer = await foreign.ask(
        t=mti, f2=PAN, f3="000000", f4=AMOUNT, f7="1128010200", f11="000124", f39=code, f49="978"
    )
    assert answer["39"] == "00"
    asked = house.core.asked[-1]
    assert isinstance(asked, Book)
    assert asked.declined_code == declined_code


@pytest.mark.parametrize(
    "named", [{}, {"f37": "M81CWF5V01SA"}, {"f90": f"0100000777{'1128010000'}{'0' * 22}"}]
)
@pytest.mark.parametrize(
    ("fields", "field"),
    [
        *(({"f3": f"{code}0000"}, 3) for code in ("02", "03", "10", "31", "40", "50", "91")),
        *(({"f39": code}, 39) for code in ("68", "91", "77", "XY")),
    ],
)
async def test_what_no_sale_is_or_nobody_can_tell_is_refused_and_kept(
    house: House, foreign: Foreign, fields: dict[str, str], field: int, named: dict[str, str]
) -> None:
    values = {"f3": "000000", **fields, **named}
    answer = await foreign.ask(
        t="0220", f2=PAN, f4=AMOUNT, f7="1128010200", f11="000124", f49="978", **values
    )
    assert answer["39"] == "12"
    (kept,) = house.core.asked
    assert isinstance(kept, RefusedFact)
    assert (kept.field, kept.amount_minor) == (field, 5_000)


@pytest.mark.parametrize(
    ("times", "local_time", "day"),
    [
        ({"f7": "{utc}004301", "f12": "204301"}, "{before}204301", "{before}"),
        ({"f7": "{before}234301", "f12": "004301"}, "{utc}004301", "{utc}"),
        ({"f7": "{utc}004301", "f13": "{before}"}, "{utc}004301", "{before}"),
    ],
)
@pytest.mark.parametrize("mti", ["0200", "0220"])
async def test_a_clock_without_its_date_is_read_on_the_day_of_its_sending(
    house: House, foreign: Foreign, mti: str, times: dict[str, str], local_time: str, day: str
) -> None:
    now = datetime.now(UTC)
    days = {"utc": f"{now:%m%d}", "before": f"{now - timedelta(days=1):%m%d}"}
    fields = {name: value.format(**days) for name, value in times.items()}
    answer = await foreign.ask(t=mti, f2=PAN, f3="000000", f4=AMOUNT, f11="000124", f49="978", **fields)
    assert answer["39"] == "00"
    asked = (house.core.authorised or house.core.asked)[-1]
    assert isinstance(asked, Authorise | Book)
    assert asked.local_time == local_time.format(**days)
    assert f"{date.fromordinal(asked.business_date):%m%d}" == day.format(**days)


@pytest.mark.parametrize(
    ("fields", "in_utc"), [({"f12": "010200"}, False), ({"f13": "1128"}, False), ({}, True)]
)
async def test_a_time_of_sending_alone_is_said_to_be_in_utc(
    house: House, foreign: Foreign, fields: dict[str, str], *, in_utc: bool
) -> None:
    await foreign.ask(
        t="0220", f2=PAN, f3="000000", f4=AMOUNT, f7="1128010200", f11="000124", f49="978", **fields
    )
    asked = house.core.asked[-1]
    assert isinstance(asked, Book)
    assert asked.date_in_utc == in_utc


NAMED = f"0200000777{'1128010000'}{'0' * 22}"


@pytest.mark.parametrize(
    ("fields", "code", "reference"),
    [
        ({"f37": "0" * 12, "f38": "0" * 6, "f90": NAMED}, "00", ""),
        ({"f90": NAMED}, "00", ""),
        ({"f37": OWN, "f90": NAMED}, "00", OWN),
        ({"f37": "0" * 12}, "30", None),
        ({"f37": "0" * 12, "f90": "0" * 42}, "30", None),
    ],
)
async def test_a_refund_names_its_payment_by_reference_or_by_number(
    house: House, foreign: Foreign, fields: dict[str, str], code: str, reference: str | None
) -> None:
    today = f"{datetime.now(UTC):%m%d}"
    answer = await foreign.ask(
        t="0200", f2=PAN, f3="200000", f4=AMOUNT, f7=f"{today}010200", f11="000124", f49="978", **fields
    )
    assert answer["39"] == code
    found = [(one.original_rrn, one.approval_code) for one in house.core.authorised]
    assert found == ([] if reference is None else [(reference, "")])


@pytest.mark.parametrize(
    ("fields", "code", "said"),
    [
        ({"f37": "0" * 12, "f38": "0" * 6}, "00", (123, "", "")),
        ({"f37": "M81CWF5V01SA", "f90": f"0200{'0' * 38}"}, "00", (0, "M81CWF5V01SA", "")),
        ({"f37": "M81CWF5V01SA", "f90": "0" * 42}, "00", (0, "M81CWF5V01SA", "")),
        ({"f90": f"0200{'0' * 38}"}, "30", None),
        ({"f37": "0" * 12, "f90": f"0200{'0' * 38}"}, "30", None),
        ({"f90": f"0200000000{'1128010000'}{'0' * 22}"}, "30", None),
        ({"f90": "0" * 42}, "30", None),
    ],
)
async def test_a_reversal_of_number_zero_is_one_of_a_reference_or_of_nothing(
    house: House, foreign: Foreign, fields: dict[str, str], code: str, said: tuple[int, str, str] | None
) -> None:
    values = {"f90": original("1128010000"), **fields}
    answer = await foreign.ask(t="0400", f2=PAN, f4=AMOUNT, f7="1128010200", f11="000124", **values)
    assert answer["39"] == code
    found = [
        (one.original_stan, one.original_rrn, one.approval_code)
        for one in house.core.asked
        if isinstance(one, Reverse)
    ]
    assert found == ([] if said is None else [said])


@pytest.mark.parametrize("mti", ["0200", "0220"])
@pytest.mark.parametrize("sends", [True, False], ids=["says when it is sent", "does not say"])
async def test_a_time_that_a_terminal_does_not_say_is_not_said_for_it(
    house: House, foreign: Foreign, mti: str, *, sends: bool
) -> None:
    today = f"{datetime.now(UTC):%m%d}"
    sent = {"f7": f"{today}010200"} if sends else {}
    answer = await foreign.ask(
        t=mti, f2=PAN, f3="000000", f4=AMOUNT, f11="000124", f12="020200", f13=today, f49="978", **sent
    )
    assert answer["39"] == "00"
    asked = (house.core.authorised or house.core.asked)[-1]
    assert isinstance(asked, Authorise | Book)
    assert asked.transmitted_at == sent.get("f7", "")
    assert asked.local_time == f"{today}020200"


@pytest.mark.parametrize(
    ("said", "sent_at", "local_time"),
    [
        ({}, "", "0000000000"),
        ({"f13": "{today}"}, "", "{today}000000"),
        ({"f12": "020200"}, "", "0000020200"),
        ({"f7": "1332010000"}, "1332010000", "1332010000"),
        ({"f7": "1332010000", "f12": "020200"}, "1332010000", "1332020200"),
    ],
)
async def test_when_it_reached_us_is_no_time_of_what_was_done_off_line(
    house: House, foreign: Foreign, said: dict[str, str], sent_at: str, local_time: str
) -> None:
    now = datetime.now(UTC)
    fields = {name: value.format(today=f"{now:%m%d}") for name, value in said.items()}
    answer = await foreign.ask(t="0220", f2=PAN, f3="000000", f4=AMOUNT, f11="000124", f49="978", **fields)
    assert answer["39"] == "00"
    asked = house.core.asked[-1]
    assert isinstance(asked, Book)
    assert (asked.transmitted_at, asked.local_time) == (sent_at, local_time.format(today=f"{now:%m%d}"))
    assert (asked.date_unreadable, asked.business_date) == (True, now.date().toordinal())


@pytest.mark.parametrize(
    ("named", "function"), [("0200", 0), ("0201", 0), ("0220", 2), ("0100", 0), ("0120", 2), ("0210", 1)]
)
async def test_whether_what_is_taken_back_was_asked_or_told_reaches_core(
    house: House, foreign: Foreign, named: str, function: int
) -> None:
    answer = await foreign.ask(t="0400", f11="000124", f90=f"{named}000123{'0' * 32}")
    assert answer["39"] == "00"
    asked = house.core.asked[-1]
    assert isinstance(asked, Reverse)
    assert (asked.original_stan, asked.original_function) == (123, function)


SHORT_PAN = "675964982648"


@pytest.mark.parametrize("card", [{"f2": SHORT_PAN}, {"f35": f"{SHORT_PAN}=30122010000000000"}])
@pytest.mark.parametrize("mti", ["0220", "0400"])
async def test_a_reference_that_is_the_number_of_the_card_names_nothing_and_is_not_kept(
    house: House, foreign: Foreign, mti: str, card: dict[str, str]
) -> None:
    about = {"f90": original("1128010000")} if mti == "0400" else {}
    answer = await foreign.ask(
        t=mti,
        f3="000000",
        f4=AMOUNT,
        f7=f"{datetime.now(UTC):%m%d%H%M%S}",
        f11="000124",
        f37=SHORT_PAN,
        f49="978",
        **card,
        **about,
    )
    assert answer["39"] == "00"
    asked = house.core.asked[-1]
    assert isinstance(asked, Book | Reverse)
    assert asked.original_rrn == ""
    assert SHORT_PAN.encode() not in asked.request
