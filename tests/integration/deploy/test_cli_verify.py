"""`guichet verify` around a real database, a journal of terminals and an acquirer's book."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from core.contracts.states import State
from deploy.cli.common import Common
from deploy.cli.verify import report_lines, verify_stack
from deploy.cli.verify_sources import acquirer_book, journal_facts
from deploy.local.errors import LocalError
from deploy.sandbox.simulators.book import APPROVED, CAPTURED, DECLINED, REVERSED, Book, Fact
from deploy.sandbox.simulators.journal import ANSWERED, Journal, JournalEntry
from tests.integration.verify.payments import APPROVAL_CODE, TERMINAL, Paid, writer_on
from tests.support.servers import TestDatabase


def fact(reference: str, what: str = APPROVED, *, amount_minor: int = 1250, original: str = "") -> Fact:
    approved = 0 if what == DECLINED else amount_minor
    return Fact(
        what, reference, "020000", TERMINAL, reference[-6:], "1122050200", "978", amount_minor, approved,
        APPROVAL_CODE, "00", 1_795_323_456_789_000, "2026-11-22", original,
    )  # fmt: skip


def answered(paid: Paid, *, code: str = "00") -> JournalEntry:
    return JournalEntry(
        outcome=ANSWERED,
        at_us=1,
        terminal=TERMINAL,
        day=paid.day.isoformat(),
        message_class="02",
        stan=f"{paid.stan:06d}",
        amount_minor=paid.amount_minor,
        code=code,
        rrn=paid.reference,
        approval_code=APPROVAL_CODE,
        approved_minor=paid.amount_minor,
    )


def test_the_book_is_folded_by_its_own_rules_and_sorted(tmp_path: Path) -> None:
    book = Book(tmp_path)
    book.record(fact("B00000000001"))
    book.record(fact("A00000000001"))
    book.record(fact("A00000000001", REVERSED))
    book.record(fact("C00000000001", DECLINED))
    book.record(fact("D00000000001", CAPTURED, amount_minor=700, original="B00000000001"))
    book.close()
    entries = acquirer_book(tmp_path).entries
    assert [(each.reference, each.state, each.approved_minor, each.captured_minor) for each in entries] == [
        ("A00000000001", "reversed", 1250, 0),
        ("B00000000001", "captured", 1250, 700),
        ("C00000000001", "declined", 0, 0),
        ("D00000000001", "captured", 700, 700),
    ]


@pytest.mark.parametrize(
    ("kind", "sort"),
    [
        ("010000", "hold"),
        ("010038", "verification"),
        ("020000", "purchase"),
        ("020009", "purchase"),
        ("020020", "refund"),
        ("012000", "advice"),
        ("022000", "advice"),
    ],
)
def test_what_a_message_asked_for_is_taken_from_the_book_and_stays(
    tmp_path: Path, kind: str, sort: str
) -> None:
    book = Book(tmp_path)
    book.record(msgspec.structs.replace(fact("A00000000001"), kind=kind))
    book.record(msgspec.structs.replace(fact("A00000000001", REVERSED), kind="042000"))
    book.close()
    assert [(each.state, each.sort) for each in acquirer_book(tmp_path).entries] == [("reversed", sort)]


def test_no_book_yet_is_an_empty_one(tmp_path: Path) -> None:
    assert acquirer_book(tmp_path / "nothing").entries == []


def test_only_what_concerns_payments_is_taken_from_a_journal(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    journal = Journal(path)
    for message_class in ("08", "04", "02", "01"):
        journal.tell(JournalEntry("answered", 1, TERMINAL, "2026-11-22", message_class, "000001", 1))
    journal.close()
    assert [each.message_class for each in journal_facts([path])] == [2, 1]


def test_what_a_terminal_is_told_after_the_call_is_not_read(tmp_path: Path) -> None:
    """The database is compared as it stood at the call, and a fleet goes on meanwhile."""
    path = tmp_path / "journal.jsonl"
    journal = Journal(path)
    journal.tell(JournalEntry("answered", 1, TERMINAL, "2026-11-22", "01", "000001", 1))
    facts = journal_facts([path])
    journal.tell(JournalEntry("answered", 1, TERMINAL, "2026-11-22", "01", "000002", 1))
    journal.close()
    assert [each.stan for each in facts] == [1]


async def test_a_sound_copy_and_then_a_broken_one(database: TestDatabase, tmp_path: Path) -> None:
    writer = await writer_on(database.owner_dsn)
    try:
        paid, later = await writer.pay(), await writer.pay(State.DECLINED, age=timedelta(minutes=5))
        await writer.consume()
        book = Book(tmp_path / "acquirer")
        book.record(fact(paid.reference))
        book.record(fact(later.reference, DECLINED))
        book.close()
        mine = tmp_path / "load.jsonl"
        journal = Journal(mine)
        journal.tell(answered(paid))
        journal.tell(answered(later, code="51"))
        journal.close()
        report = await verify_stack(tmp_path, database.dsn, journals=[mine], drain_s=2)
        assert report.holds, report
        assert (report.finding("V3").checked, report.finding("V6").checked) == (2, 2)
        (tmp_path / "logs").mkdir()
        (tmp_path / "logs" / "edge.log").write_text("pan=4111111111111111 seen\n")
        await writer.connection.execute("UPDATE attempt SET approved_minor = 1 WHERE id = $1", paid.id)
        broken = await verify_stack(tmp_path, database.dsn, journals=[mine])
        assert {each.name for each in broken.findings if each.breaches} == {
            "V1 position",
            "V3",
            "V6",
            "V9 files",
            "V13",
            "V13 books",
        }
        shown = "\n".join(report_lines(Common(data=tmp_path, lang="fr"), broken))
        assert "ROMPU" in shown
        assert paid.reference in shown
        assert "logs/edge.log à l’octet 4" in shown
        assert "4111" not in shown
    finally:
        await writer.connection.close()


async def test_a_journal_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(LocalError, match="there is no journal"):
        await verify_stack(tmp_path, "postgres://nobody@127.0.0.1:1/x", journals=[tmp_path / "absent"])


async def test_a_database_that_does_not_answer_is_said_without_its_address(tmp_path: Path) -> None:
    with pytest.raises(LocalError) as refused:
        await verify_stack(tmp_path, "postgres://core:hush@127.0.0.1:1/guichet", journals=[])
    assert "hush" not in str(refused.value)
