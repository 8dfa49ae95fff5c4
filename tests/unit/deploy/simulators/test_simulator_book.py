"""The acquirer's book: what a line says, what many say together, what a kill leaves."""

from pathlib import Path

import msgspec
import pytest

from deploy.sandbox.simulators.book import (
    CAPTURED,
    DECLINED,
    FILE_NAME,
    PARTIALLY_APPROVED,
    REFUNDED,
    REVERSED,
    Book,
    BookDamaged,
    BookTaken,
    Fact,
    digits_of,
    format_fact,
    letters_of,
    parse_fact,
    read_book,
)


def make_fact(fact: str = "approved", rrn: str = "000000000001", **changes: object) -> Fact:
    base = Fact(
        fact,
        rrn,
        "020000",
        "T0000001",
        "000001",
        "1122101500",
        "978",
        1250,
        1250,
        "000001",
        "00",
        7,
        "2026-11-22",
    )
    return msgspec.structs.replace(base, **changes)


def write(directory: Path, *facts: Fact) -> None:
    book = Book(directory)
    for fact in facts:
        book.record(fact)
    book.close()


def test_a_line_is_read_back_as_written() -> None:
    fact = make_fact(original_rrn="000000000009")
    assert parse_fact(format_fact(fact)) == fact


def test_an_approval_then_its_reversal_is_reversed(tmp_path: Path) -> None:
    write(tmp_path, make_fact(), make_fact(REVERSED))
    entry = read_book(tmp_path)["000000000001"]
    assert (entry.state, entry.reversal_accepted, entry.approved_minor) == (REVERSED, True, 1250)


def test_a_declined_payment_stays_declined_when_reversed(tmp_path: Path) -> None:
    write(tmp_path, make_fact(DECLINED, approved_minor=0), make_fact(REVERSED))
    entry = read_book(tmp_path)["000000000001"]
    assert (entry.state, entry.reversal_accepted) == (DECLINED, True)


def test_a_completion_captures_the_hold_that_it_names(tmp_path: Path) -> None:
    completion = make_fact(CAPTURED, "000000000002", approved_minor=1000, original_rrn="000000000001")
    write(tmp_path, make_fact(kind="010000"), completion)
    entries = read_book(tmp_path)
    assert (entries["000000000001"].state, entries["000000000001"].captured_minor) == (CAPTURED, 1000)
    assert entries["000000000002"].captured_minor == 1000


def test_a_refund_is_counted_on_what_it_refunds(tmp_path: Path) -> None:
    refund = make_fact(
        REFUNDED, "000000000002", kind="020020", approved_minor=300, original_rrn="000000000001"
    )
    write(tmp_path, make_fact(PARTIALLY_APPROVED), refund)
    entries = read_book(tmp_path)
    assert (entries["000000000001"].state, entries["000000000001"].refunded_minor) == (
        PARTIALLY_APPROVED,
        300,
    )
    assert entries["000000000002"].state == REFUNDED


def test_a_torn_last_line_is_ignored_and_cut_before_the_next_fact(tmp_path: Path) -> None:
    write(tmp_path, make_fact())
    with (tmp_path / FILE_NAME).open("a") as file:
        file.write(format_fact(make_fact(rrn="000000000002"))[:25])
    assert set(read_book(tmp_path)) == {"000000000001"}
    write(tmp_path, make_fact(rrn="000000000003"))
    assert set(read_book(tmp_path)) == {"000000000001", "000000000003"}


def test_a_torn_header_is_an_empty_book(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_text("guichet-b")
    assert read_book(tmp_path) == {}
    write(tmp_path, make_fact())
    assert len(read_book(tmp_path)) == 1


def test_a_damaged_line_in_the_middle_is_reported_by_its_number(tmp_path: Path) -> None:
    write(tmp_path, make_fact())
    with (tmp_path / FILE_NAME).open("a") as file:
        file.write("nonsense\n" + format_fact(make_fact(rrn="000000000002")))
    with pytest.raises(BookDamaged) as damaged:
        read_book(tmp_path)
    assert damaged.value.line == 3
    with pytest.raises(BookDamaged):
        Book(tmp_path)


def test_two_simulators_cannot_write_one_book(tmp_path: Path) -> None:
    book = Book(tmp_path)
    with pytest.raises(BookTaken):
        Book(tmp_path)
    book.close()


def test_nothing_is_on_disk_before_flush_and_all_of_it_after(tmp_path: Path) -> None:
    book = Book(tmp_path)
    book.record(make_fact())
    assert read_book(tmp_path) == {}
    book.flush()
    assert set(read_book(tmp_path)) == {"000000000001"}
    book.close()


def test_a_reopened_book_knows_entries_totals_and_keys(tmp_path: Path) -> None:
    facts = (
        make_fact(),
        make_fact(rrn="000000000002", stan="000002"),
        make_fact(REVERSED, stan="000003", kind="042000"),
        make_fact(CAPTURED, "000000000004", kind="022000", stan="000004"),
    )
    first = Book(tmp_path)
    for fact in facts:
        first.record(fact)
    first.close()
    again = Book(tmp_path)
    assert again.totals == first.totals
    assert {rrn: again.get(rrn) for rrn in again.lines} == read_book(tmp_path)
    assert again.rrn_of("02T00000010000021122101500") == "000000000002"
    assert [entry.rrn for entry in again.entries(REVERSED)] == ["000000000001"]
    assert [entry.rrn for entry in again.entries(after="000000000001")] == ["000000000002", "000000000004"]
    again.close()


def test_a_reset_keeps_the_old_book_aside(tmp_path: Path) -> None:
    book = Book(tmp_path)
    book.record(make_fact())
    kept = book.reset("old")
    assert len(book) == 0
    assert read_book(tmp_path) == {}
    assert "000000000001" in kept.read_text()
    book.close()


def test_the_book_holds_no_card_number(tmp_path: Path) -> None:
    assert "pan" not in Fact.__struct_fields__
    assert "card" not in Fact.__struct_fields__


def test_the_digits_of_a_card_stand_as_letters_beside_dates_and_amounts() -> None:
    assert letters_of("4970100014") == "ejhabaaabe"
    assert digits_of(letters_of("4970100014")) == "4970100014"
