"""An estate and a load over real sockets, against the books of who answered."""

import asyncio
from collections import Counter
from pathlib import Path

import pytest

from deploy.sandbox.simulators.fleet.estate import Estate, Plan
from deploy.sandbox.simulators.journal import (
    ADVICE_ACKNOWLEDGED,
    ANSWERED,
    NO_ANSWER,
    REVERSAL_ACKNOWLEDGED,
    Journal,
    JournalEntry,
    read_journal,
)
from deploy.sandbox.simulators.load import LoadFailed, load_terminals, run_load
from deploy.sandbox.simulators.requests import Identity
from edge.protocol.field import Message
from tests.integration.deploy.simulators.responder import tiny_host, whole_host


def make_plan(port: int, tmp_path: Path, **changes: object) -> Plan:
    settings: dict[str, object] = {
        "terminals": [Identity(f"T{number:07d}") for number in range(1, 9)],
        "rate_per_s": 60.0,
        "seconds": 2.0,
        "reply_timeout_s": 0.5,
        "reversal_timeout_s": 0.2,
        "journal": tmp_path / "told.jsonl",
        "stan_file": tmp_path / "stans.json",
        "seed": 7,
    }
    return Plan(host="127.0.0.1", port=port, **(settings | changes))  # type: ignore[arg-type]


async def test_what_an_estate_was_told_is_in_the_book(tmp_path: Path) -> None:
    async with whole_host(tmp_path / "book") as (acquirer, port):
        summary = await Estate(
            make_plan(port, tmp_path, rough=0.05, cuts=0.0, refunds=0.1, cancellations=0.1)
        ).run()
        book = {entry.rrn: entry for entry in acquirer.book.entries()}
        by_stan = {(entry.terminal, entry.stan): entry for entry in acquirer.book.entries()}
    told = list(read_journal(tmp_path / "told.jsonl"))
    assert summary.sent > 50
    assert summary.waiting == 0
    assert summary.sent == summary.approved + summary.partially_approved + summary.declined + summary.unknown
    for fact in told:
        if fact.outcome == ANSWERED and fact.code in {"00", "10"}:
            # Some scripted cards answer with a reference of their own.
            entry = book.get(fact.rrn) or by_stan[fact.terminal, fact.stan]
            assert entry.approved_minor == fact.approved_minor
        if fact.outcome == REVERSAL_ACKNOWLEDGED:
            assert by_stan[fact.terminal, fact.stan].state == "reversed"
    counted = Counter(fact.outcome for fact in told)
    assert counted[NO_ANSWER] == summary.unknown
    assert counted[REVERSAL_ACKNOWLEDGED] == summary.reversed
    keys = [
        (fact.terminal, fact.message_class, fact.stan)
        for fact in told
        if fact.outcome in {ANSWERED, NO_ANSWER}
    ]
    assert len(set(keys)) == len(keys)


async def test_a_cut_stores_and_forwards(tmp_path: Path) -> None:
    async with whole_host(tmp_path / "book") as (acquirer, port):
        summary = await Estate(make_plan(port, tmp_path, cuts=0.2, cut_s=0.5, rough=0.0)).run()
        captured = sum(1 for entry in acquirer.book.entries("captured") if entry.kind == "022000")
    told = Counter(fact.outcome for fact in read_journal(tmp_path / "told.jsonl"))
    assert summary.reconnections > 0
    assert summary.advices > 0
    assert summary.advices_acknowledged == summary.advices == told[ADVICE_ACKNOWLEDGED]
    assert captured > 0
    assert summary.waiting == 0


async def test_every_silence_is_reversed_until_heard_and_no_stan_comes_twice(tmp_path: Path) -> None:
    deaf: Counter[object] = Counter()

    def answer(message: Message) -> Message | None:
        if message[0] == "0800":
            return {39: "00"}
        if str(message[0])[:2] == "04":
            deaf[message[41], message[11]] += 1
            return {39: "00"} if deaf[message[41], message[11]] == 2 else None
        return None

    plan = {"rough": 0.0, "cuts": 0.0, "holds": 0.0, "rate_per_s": 10.0, "reply_timeout_s": 0.2}
    async with tiny_host(answer) as (heard, port):
        summary = await Estate(make_plan(port, tmp_path, **plan)).run()
    assert summary.unknown > 10
    assert summary.reversed == summary.unknown
    first_sendings = [message for message in heard if not str(message[0]).endswith("1")]
    keys = [(message[41], str(message[0])[:2], message[11]) for message in first_sendings]
    assert len(set(keys)) == len(keys)
    assert {message[0] for message in heard} <= {"0800", "0100", "0200", "0420", "0421"}


async def test_a_closed_loop_load_is_answered_booked_and_journaled(tmp_path: Path) -> None:
    async with whole_host(tmp_path / "book") as (acquirer, port):
        journal = tmp_path / "load.jsonl"
        report = await asyncio.to_thread(
            run_load, ("127.0.0.1", port), load_terminals(1_000_001, 20), in_flight=10, seconds=0.6, warmup_s=0.2, journal=journal
        )  # fmt: skip
        book = {entry.rrn: entry for entry in acquirer.book.entries()}
    told = list(read_journal(journal))
    assert report.sent == report.answered == report.approved == len(told) == len(book)
    assert (report.no_answer, report.stray_answers, report.connections_lost) == (0, 0, 0)
    assert report.codes == {"00": report.sent}
    assert 0 < report.p50_ms <= report.p99_ms <= report.p99_9_ms <= report.max_ms
    for fact in told:
        entry = book[fact.rrn]
        assert (entry.terminal, entry.stan, entry.amount_minor, entry.approval_code) == (
            fact.terminal,
            fact.stan,
            fact.amount_minor,
            fact.approval_code,
        )
    assert len({fact.terminal for fact in told}) == 20
    assert len({(fact.terminal, fact.stan) for fact in told}) == len(told)
    assert report.stan_next > max(int(fact.stan) for fact in told)


async def test_an_open_loop_load_keeps_its_rate(tmp_path: Path) -> None:
    async with whole_host(tmp_path / "book") as (_, port):
        report = await asyncio.to_thread(
            run_load,
            ("127.0.0.1", port),
            load_terminals(1_000_001, 20),
            rate_per_s=300,
            seconds=1.0,
            stan_from=777,
        )
    assert report.answered == report.sent
    assert 280 <= report.sent <= 301
    assert report.stan_from == 777


async def test_a_load_refuses_to_start_where_no_terminal_is_welcome() -> None:
    async with tiny_host(lambda _: {39: "03"}) as (_, port):
        with pytest.raises(LoadFailed, match="T1000001 was refused with code 03"):
            await asyncio.to_thread(
                run_load, ("127.0.0.1", port), load_terminals(1_000_001, 2), in_flight=2, seconds=0.1
            )


def test_a_torn_journal_loses_only_its_torn_line(tmp_path: Path) -> None:
    path = tmp_path / "told.jsonl"
    one = JournalEntry(ANSWERED, 1, "T0000001", "2026-11-22", "02", "000001", 100, code="00")
    first = Journal(path)
    first.tell(one)
    first.close()
    with path.open("a") as file:
        file.write('{"outcome":"ans')
    again = Journal(path)
    again.tell_all([one, one])
    again.close()
    assert list(read_journal(path)) == [one, one, one]


async def test_odd_clocks_and_parts_are_told_as_they_were_done(tmp_path: Path) -> None:
    terminals = [Identity(f"T{number:07d}") for number in range(1_000_001, 1_000_013)]
    async with whole_host(tmp_path / "book") as (acquirer, port):
        plan = make_plan(port, tmp_path, terminals=terminals, odd_clocks=1.0, parts=0.2, cuts=0.0, rough=0.0)
        await Estate(plan).run()
        book = {entry.rrn: entry for entry in acquirer.book.entries()}
    told = list(read_journal(tmp_path / "told.jsonl"))
    answered = {(fact.terminal, fact.day, fact.stan): fact for fact in told if fact.outcome == ANSWERED}
    parts = [fact for fact in told if fact.replacement_minor and fact.outcome == REVERSAL_ACKNOWLEDGED]
    assert len(parts) > 5
    for fact in parts:
        paid = answered[fact.terminal, fact.day, fact.stan]
        assert book[paid.rrn].approved_minor == fact.replacement_minor < paid.approved_minor


async def test_terminals_of_other_makers_say_things_in_their_own_forms_until_each_is_answered(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    terminals = [Identity(f"T{number:07d}") for number in range(1_000_001, 1_000_013)]
    async with whole_host(tmp_path / "book") as (_, port):
        plan = make_plan(
            port, tmp_path, terminals=terminals, odd_clocks=1.0, foreign=0.5, cuts=0.0, rough=0.0
        )
        summary = await Estate(plan).run()
    assert summary.waiting == 0
    assert "stumbled" not in caplog.text
    assert summary.advices_acknowledged == summary.advices
