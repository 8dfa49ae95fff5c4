"""One row that cannot be read spoils one row, never a page or a list."""

import msgspec
import pytest

from core.contracts.references import Money
from gateway.decoding import decode_answer


class Row(msgspec.Struct):
    id: str
    amount: Money


class Group(msgspec.Struct):
    name: str
    rows: list[Row]


class Page(msgspec.Struct):
    data: list[Row]
    groups: list[Group] | None = None
    next_cursor: str | None = None


def row(row_id: str, amount: object = 1250) -> dict[str, object]:
    return {"id": row_id, "amount": {"amount": amount, "currency": "EUR"}}


def test_a_page_stands_without_the_row_that_cannot_be_read() -> None:
    raw = msgspec.msgpack.encode({"data": [row("a"), row("b", amount="much"), row("c")], "next_cursor": "x"})
    page = decode_answer(raw, Page)
    assert ([each.id for each in page.data], page.next_cursor) == (["a", "c"], "x")


def test_a_row_within_a_row_spoils_itself_alone() -> None:
    groups = [{"name": "g", "rows": [row("a", amount=None), row("b")]}, {"name": 5, "rows": []}]
    page = decode_answer(msgspec.msgpack.encode({"data": [], "groups": groups}), Page)
    assert page.groups is not None
    assert [(group.name, [each.id for each in group.rows]) for group in page.groups] == [("g", ["b"])]


def test_an_answer_that_is_not_one_is_still_refused() -> None:
    with pytest.raises(msgspec.ValidationError):
        decode_answer(msgspec.msgpack.encode({"data": "none"}), Page)


def test_a_list_by_itself_loses_its_unreadable_items() -> None:
    assert [each.id for each in decode_answer(msgspec.msgpack.encode([row("a"), 7]), list[Row])] == ["a"]
