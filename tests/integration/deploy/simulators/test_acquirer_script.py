"""What the simulated host does, behaviour by behaviour, over a real socket to a real process."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.sandbox.simulators.script import AMOUNT_DECLINES_MINOR, AMOUNT_MANNERS_MINOR, BEHAVIOURS
from edge.protocol.field import Message
from tests.integration.deploy.simulators.acquirer_process import (
    LATE_MS,
    AcquirerProcess,
    Link,
    purchase,
    reversal,
)

SILENCE_S = 0.25
DECLINES = sorted(name for name, behaviour in BEHAVIOURS.items() if not behaviour.approves)


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AcquirerProcess]:
    process = AcquirerProcess(tmp_path_factory.mktemp("book"))
    yield process
    assert process.stop() == 0


@pytest.fixture
def link(host: AcquirerProcess) -> Iterator[Link]:
    opened = Link(host.port)
    yield opened
    opened.close()
    host.control("PUT", "/behaviour", {"default": "approve", "delay_ms": 0, "jitter_ms": 0, "error_rate": 0,
                 "cards": {}, "reversals": "accept", "reversals_released": False, "links_down": False})  # fmt: skip


def test_both_ports_sign_on_echo_and_sign_off(host: AcquirerProcess) -> None:
    for port in (host.port, host.second_port):
        link = Link(port)
        for code in ("001", "301", "002"):
            answer = link.ask({0: "0800", 7: "1122101500", 11: "000001", 70: code})
            assert (answer[0], answer[11], answer[39], answer[70]) == ("0810", "000001", "00", code)
        link.close()


def test_a_purchase_is_approved_with_its_reference_and_booked(host: AcquirerProcess, link: Link) -> None:
    asked = purchase()
    answer = link.ask(asked)
    assert answer[0] == "0210"
    assert {number: answer[number] for number in (3, 4, 7, 11, 37, 41, 49)} == {
        number: asked[number] for number in (3, 4, 7, 11, 37, 41, 49)
    }
    assert answer[39] == "00"
    assert 2 not in answer
    entry = host.book()[str(asked[37])]
    assert (entry.state, entry.kind, entry.amount_minor, entry.approved_minor) == (
        "approved",
        "020000",
        1250,
        1250,
    )
    assert entry.approval_code == answer[38]


def test_a_card_without_a_script_takes_the_fast_way_to_the_same_answer(
    host: AcquirerProcess, link: Link
) -> None:
    plain = link.ask(purchase(f2="4970101000000007"))
    named = link.ask(purchase("approve-cb"))
    assert set(plain) - {12, 13, 42} == set(named) - {12, 13, 42}
    assert plain[39] == named[39] == "00"


def test_an_authorisation_is_answered_as_one(host: AcquirerProcess, link: Link) -> None:
    asked = purchase(mti="0100", f2="4970101000000007")
    assert link.ask(asked)[0] == "0110"
    assert host.book()[str(asked[37])].kind == "010000"


def test_a_card_in_track_2_is_recognised(link: Link) -> None:
    asked = purchase("stolen")
    pan = asked.pop(2)
    assert link.ask({**asked, 35: f"{pan}=3012"})[39] == "43"


@pytest.mark.parametrize("name", DECLINES)
def test_a_declining_card_gets_its_code(host: AcquirerProcess, link: Link, name: str) -> None:
    asked = purchase(name)
    answer = link.ask(asked)
    assert answer[39] == BEHAVIOURS[name].code
    assert 38 not in answer
    entry = host.book()[str(asked[37])]
    assert (entry.state, entry.approved_minor, entry.response_code) == ("declined", 0, BEHAVIOURS[name].code)


@pytest.mark.parametrize("code", ["05", "51", "54", "91"])
def test_an_amount_spells_its_decline(link: Link, code: str) -> None:
    assert (
        link.ask(purchase(amount_minor=AMOUNT_DECLINES_MINOR + int(code), f2="4970101000000007"))[39] == code
    )


def test_a_partial_approval_gives_half(host: AcquirerProcess, link: Link) -> None:
    asked = purchase("partial", 2001)
    answer = link.ask(asked)
    assert (answer[39], answer[4]) == ("10", "000000001000")
    assert host.book()[str(asked[37])].state == "partially_approved"


def test_a_partial_approval_needs_a_terminal_that_takes_it(link: Link) -> None:
    asked = purchase("partial", 2001)
    del asked[60]
    assert link.ask(asked)[39] == "51"


def test_an_amount_gives_a_manner(link: Link) -> None:
    assert link.ask(purchase(amount_minor=AMOUNT_MANNERS_MINOR + 1, f2="4970101000000007"))[39] == "10"


def test_no_reply_is_approved_booked_and_silent(host: AcquirerProcess, link: Link) -> None:
    asked = link.send(purchase("no-reply"))
    assert link.receive(SILENCE_S) is None
    assert host.book()[str(asked[37])].state == "approved"
    assert link.ask(reversal(asked))[39] == "00"
    assert host.book()[str(asked[37])].state == "reversed"


def test_twice_is_answered_twice_and_booked_once(host: AcquirerProcess, link: Link) -> None:
    before = len(host.book())
    first = link.ask(purchase("twice"))
    assert link.receive() == first
    assert len(host.book()) == before + 1


def test_late_is_booked_at_once_and_answered_late(host: AcquirerProcess, link: Link) -> None:
    started = time.monotonic()
    asked = link.send(purchase("late"))
    assert link.receive(SILENCE_S) is None
    assert host.book()[str(asked[37])].state == "approved"
    answer = link.receive()
    assert answer is not None
    assert answer[11] == asked[11]
    assert time.monotonic() - started >= LATE_MS / 1000


def test_slow_overtakes_nobody(link: Link) -> None:
    slow, quick = link.send(purchase("slow")), link.send(purchase())
    first, second = link.receive(), link.receive()
    assert first is not None
    assert second is not None
    assert [first[11], second[11]] == [quick[11], slow[11]]


def test_close_link_books_and_closes(host: AcquirerProcess, link: Link) -> None:
    asked = link.send(purchase("close-link"))
    with pytest.raises(ConnectionError):
        link.receive()
    assert host.book()[str(asked[37])].state == "approved"


def test_only_the_third_reversal_is_answered(host: AcquirerProcess, link: Link) -> None:
    asked = link.send(purchase("reversal-third"))
    for mti in ("0420", "0421"):
        link.send(reversal(asked, mti))
        assert link.receive(SILENCE_S) is None
    answer = link.ask(reversal(asked, "0421"))
    assert (answer[0], answer[39]) == ("0430", "00")
    assert host.book()[str(asked[37])].state == "reversed"


def test_refused_reversals_are_refused_until_released(host: AcquirerProcess, link: Link) -> None:
    asked = link.send(purchase("reversal-refused"))
    assert link.ask(reversal(asked))[39] == "96"
    assert host.book()[str(asked[37])].state == "approved"
    host.control("PUT", "/behaviour", {"reversals_released": True})
    assert link.ask(reversal(asked, "0421"))[39] == "00"
    assert host.book()[str(asked[37])].state == "reversed"


@pytest.mark.parametrize("with_rrn", [True, False])
def test_a_reversal_repeated_reverses_once(host: AcquirerProcess, link: Link, with_rrn: bool) -> None:
    asked = purchase(f2="4970101000000007")
    link.ask(asked)
    before = host.control("GET", "/stats")[1]["facts"]
    for mti in ("0420", "0421", "0421"):
        assert link.ask(reversal(asked, mti, with_rrn=with_rrn))[39] == "00"
    assert host.control("GET", "/stats")[1]["facts"] == before + 1
    assert host.book()[str(asked[37])].state == "reversed"


@pytest.mark.parametrize("with_rrn", [True, False])
@pytest.mark.parametrize("pan", ["4970101000000007", "4111111111111111"])
def test_an_authorisation_after_its_reversal_is_refused(
    host: AcquirerProcess, link: Link, with_rrn: bool, pan: str
) -> None:
    asked = purchase(f2=pan)
    assert link.ask(reversal(asked, with_rrn=with_rrn))[39] == "00"
    answer = link.ask(asked)
    assert answer[39] == "12"
    entry = host.book()[str(asked[37])]
    assert entry.approved_minor == 0
    assert entry.state in {"reversed", "declined"}


@pytest.mark.parametrize("pan", ["4970101000000007", "4111111111111111"])
def test_a_repeated_purchase_gets_its_first_answer_and_is_booked_once(
    host: AcquirerProcess, link: Link, pan: str
) -> None:
    asked = purchase(f2=pan)
    first = link.ask(asked)
    again = link.ask({**asked, 0: "0201"})
    assert (again[38], again[39], again[4]) == (first[38], first[39], first[4])
    assert host.book()[str(asked[37])].state == "approved"


def test_another_payment_under_a_known_reference_is_refused(link: Link) -> None:
    asked = purchase()
    link.ask(asked)
    assert link.ask(purchase(f37=asked[37]))[39] == "94"


def test_a_completion_captures_its_hold_once(host: AcquirerProcess, link: Link) -> None:
    hold = purchase(mti="0100", f2="4970101000000007")
    approval = link.ask(hold)[38]
    own = purchase(mti="0220", amount_minor=1000, f38=approval)
    own[90] = f"0100{hold[11]}{hold[7]}{'0' * 22}"
    for mti in ("0220", "0221"):
        assert link.ask({**own, 0: mti})[39] == "00"
    entries = host.book()
    assert (entries[str(hold[37])].state, entries[str(hold[37])].captured_minor) == ("captured", 1000)


def test_an_advice_is_booked_once(host: AcquirerProcess, link: Link) -> None:
    advice = purchase(mti="0220", f38="OFFL01")
    for mti in ("0220", "0221", "0221"):
        assert link.ask({**advice, 0: mti})[39] == "00"
    entry = host.book()[str(advice[37])]
    assert (entry.state, entry.captured_minor) == ("captured", 1250)


def test_a_refund_has_its_own_entry(host: AcquirerProcess, link: Link) -> None:
    refund = purchase(f3="200000", f2="4970101000000007")
    assert link.ask(refund)[39] == "00"
    entry = host.book()[str(refund[37])]
    assert (entry.state, entry.refunded_minor) == ("refunded", 1250)


def test_totals_agree_with_the_host_or_say_so(host: AcquirerProcess, link: Link) -> None:
    asked: Message = {0: "0500", 7: "1122235900", 11: "000900", 41: "T0000001"}
    ours = link.ask(asked)
    assert ours[39] == "00"
    assert int(ours[76]) == sum(
        day["debit_count"] for day in host.control("GET", "/stats")[1]["totals"].values()
    )
    agreeing = {number: ours[number] for number in (74, 75, 76, 77, 86, 87, 88, 89)}
    assert link.ask({**asked, 0: "0520", **agreeing})[66] == "1"
    differing = link.ask({**asked, **agreeing, 76: "9999999999"})
    assert (differing[39], differing[66]) == ("95", "2")


def test_junk_is_survived_and_an_impossible_frame_closes(host: AcquirerProcess, link: Link) -> None:
    link.socket.sendall(b"\x00\x03abc")
    assert link.ask({0: "0800", 7: "1122101500", 11: "000001", 70: "301"})[39] == "00"
    link.socket.sendall(b"\x00\x00")
    with pytest.raises(ConnectionError):
        link.receive()


def test_a_financial_message_without_its_fields_is_a_format_error_and_changes_nothing(
    host: AcquirerProcess, link: Link
) -> None:
    before = len(host.book())
    assert link.ask({0: "0200", 11: "000001", 41: "T0000001"})[39] == "30"
    assert len(host.book()) == before


def test_the_control_api_delays_every_answer(host: AcquirerProcess, link: Link) -> None:
    host.control("PUT", "/behaviour", {"delay_ms": 150, "jitter_ms": 20})
    started = time.monotonic()
    link.ask(purchase(f2="4970101000000007"))
    assert time.monotonic() - started >= 0.15


def test_the_control_api_gives_another_default_and_another_card(host: AcquirerProcess, link: Link) -> None:
    host.control("PUT", "/behaviour", {"default": "issuer-unavailable", "cards": {"approve-visa": "lost"}})
    assert link.ask(purchase(f2="4970101000000007"))[39] == "91"
    assert link.ask(purchase("approve-visa"))[39] == "41"
    assert link.ask(purchase("approve-cb"))[39] == "00"


def test_an_error_rate_of_one_declines_everything(host: AcquirerProcess, link: Link) -> None:
    host.control("PUT", "/behaviour", {"error_rate": 1.0})
    assert link.ask(purchase(f2="4970101000000007"))[39] == "96"


def test_reversals_can_be_ignored_by_all(host: AcquirerProcess, link: Link) -> None:
    asked = purchase(f2="4970101000000007")
    link.ask(asked)
    host.control("PUT", "/behaviour", {"reversals": "ignore"})
    link.send(reversal(asked))
    assert link.receive(SILENCE_S) is None
    assert host.book()[str(asked[37])].state == "approved"


def test_links_go_down_and_come_back(host: AcquirerProcess, link: Link) -> None:
    host.control("PUT", "/behaviour", {"links_down": True})
    with pytest.raises(ConnectionError):
        link.receive()
    with pytest.raises(ConnectionError):
        Link(host.port).receive()
    host.control("PUT", "/behaviour", {"links_down": False})
    again = Link(host.port)
    assert again.ask(purchase())[39] == "00"
    again.close()


def test_the_book_is_read_page_by_page_and_by_reference(host: AcquirerProcess, link: Link) -> None:
    asked = purchase("stolen")
    link.ask(asked)
    seen, cursor = [], ""
    while cursor is not None:
        _, page = host.control("GET", f"/book?state=declined&limit=7&cursor={cursor}")
        seen += [entry["rrn"] for entry in page["data"]]
        cursor = page["next_cursor"]
    assert seen == [rrn for rrn, entry in host.book().items() if entry.state == "declined"]
    assert host.control("GET", f"/book/{asked[37]}")[1]["response_code"] == "43"


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("PUT", "/behaviour", {"default": "nothing"}, 422),
        ("PUT", "/behaviour", {"delay_ms": -1}, 422),
        ("PUT", "/behaviour", {"colour": "red"}, 422),
        ("PUT", "/behaviour", {"cards": {"no-such-card": "lost"}}, 422),
        ("PUT", "/behaviour", [1], 422),
        ("GET", "/book?state=lost", None, 422),
        ("GET", "/book?limit=0", None, 422),
        ("GET", "/book/999999999999", None, 404),
        ("POST", "/book/reset", {}, 409),
        ("GET", "/nothing", None, 404),
    ],
)
def test_a_wrong_control_request_is_a_problem_and_changes_nothing(
    host: AcquirerProcess, method: str, path: str, body: object, status: int
) -> None:
    before = host.control("GET", "/behaviour")[1]["behaviour"], len(host.book())
    said, problem = host.control(method, path, body)
    assert (said, problem["status"]) == (status, status)
    assert (host.control("GET", "/behaviour")[1]["behaviour"], len(host.book())) == before


def test_metrics_count_messages(host: AcquirerProcess, link: Link) -> None:
    link.ask(purchase())
    assert 'guichet_simulator_messages_total{what="received"}' in host.control("GET", "/metrics")[1]


def test_the_book_survives_kill_9_and_goes_on(tmp_path: Path) -> None:
    process = AcquirerProcess(tmp_path)
    link = Link(process.port)
    asked = [purchase(f2="4970101000000007") for _ in range(300)]
    for message in asked:
        link.send(message)
    answered = [link.receive() for _ in range(120)]
    process.kill()
    link.close()
    kept = process.book()
    assert all(answer is not None and str(answer[37]) in kept for answer in answered)
    with (tmp_path / "book.log").open("a") as file:
        file.write("approved\t0000")
    process.start()
    link = Link(process.port)
    assert process.book() == kept
    first = answered[0]
    assert first is not None
    assert link.ask(asked[0])[38] == first[38]
    assert link.ask(reversal(asked[1]))[39] == "00"
    new = purchase(f2="4970101000000007")
    assert link.ask(new)[39] == "00"
    link.close()
    assert process.stop() == 0
    book = process.book()
    assert set(book) == {*kept, str(new[37])}
    assert book[str(asked[1][37])].state == "reversed"


def test_a_reversal_of_another_amount_than_asked_reverses_nothing(host: AcquirerProcess, link: Link) -> None:
    asked = link.send(purchase("approve-visa", 5_001))
    link.receive()
    assert link.ask(reversal(asked) | {4: "000000001000"})[39] == "64"
    assert host.book()[str(asked[37])].state == "approved"
    in_part = reversal(asked) | {95: "000000001000" + "0" * 12 + "C00000000" * 2}
    assert link.ask(in_part | {95: f"{6_000:012d}" + "0" * 12 + "C00000000" * 2})[39] == "64", (
        "more than there is"
    )
    assert link.ask(in_part)[39] == "00"
    whole = reversal(asked)
    assert link.ask(whole | {4: "000000001000"})[39] == "64", "what stayed is not what was asked"
    assert link.ask(whole | {11: in_part[11]})[39] == "94", "it looks like the part's repeat"
    assert host.book()[str(asked[37])].approved_minor == 1_000
    assert link.ask(whole)[39] == "00"
    assert host.book()[str(asked[37])].state == "reversed"
