"""Codes survive the telephone, types ask what they say, statuses lead somewhere."""

from __future__ import annotations

from datetime import date

import pytest

from core.contracts.requests import FieldOfType, RequestTypeView, SaveRequestType, StatusOfType
from core.contracts.scope import Area, Scope
from core.support.requests.people import Place, StoredGrant, person_of
from core.support.requests.rules import (
    answer_problems,
    due_on,
    final_status,
    first_status,
    mentioned,
    type_problems,
)
from core.values.request_codes import CODE_LENGTH, code_of, code_said

NEW = StatusOfType("new", "Nouvelle", "New")
DONE = StatusOfType("done", "Faite", "Done", final=True)
DROPPED = StatusOfType("dropped", "Abandonnée", "Dropped", final=True)


def kind_with(*statuses: StatusOfType, days: int | None = None) -> RequestTypeView:
    return RequestTypeView("x1", "", "", "", "hotline", days, [], list(statuses), retired=False)


def test_a_code_is_short_without_letters_that_look_alike_and_the_same_each_time() -> None:
    codes = {code_of(number.to_bytes(16, "big")) for number in range(2_000)}
    assert len(codes) == 2_000
    assert all(len(code) == CODE_LENGTH and not set(code) & set("ILOU") for code in codes)
    assert code_of(b"x" * 16) == code_of(b"x" * 16)


def test_a_code_is_found_however_it_is_said_and_a_slip_is_not() -> None:
    code = code_of(b"\x01" * 16)
    assert code_said(code.lower()) == code
    assert code_said(f"{code[:4]}-{code[4:8]} {code[8:]}") == code
    assert code_said(code.replace("0", "O").replace("1", "l")) == code
    swapped = next(n for n in range(9) if code[n] != code[n + 1])
    assert code_said(code[:swapped] + code[swapped + 1] + code[swapped] + code[swapped + 2 :]) != code
    assert code_said("") is None
    assert code_said("A" * 12) is None


def test_a_request_is_due_when_wished_else_after_its_type_s_days() -> None:
    today = date(2026, 2, 27)
    assert due_on(kind_with(NEW, DONE, days=3), wished=None, today=today) == date(2026, 3, 2)
    assert due_on(kind_with(NEW, DONE, days=3), wished="2026-05-01", today=today) == date(2026, 5, 1)
    assert due_on(kind_with(NEW, DONE), wished=None, today=today) is None


def test_closing_needs_no_word_where_one_status_closes_and_a_choice_where_two_do() -> None:
    assert final_status(kind_with(NEW, DONE), None) == DONE
    assert final_status(kind_with(NEW, DONE, DROPPED), None) is None
    assert final_status(kind_with(NEW, DONE, DROPPED), "dropped") == DROPPED
    assert final_status(kind_with(NEW, DONE), "new") is None
    assert first_status(kind_with(NEW, DONE)) == NEW


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        ("number", "12,50", "douze"),
        ("date", "2026-12-31", "2026-02-30"),
        ("choice", "A35", "A36"),
        ("text", "bref", "x" * 201),
    ],
)
def test_an_answer_is_of_its_field_s_kind(kind: str, good: str, bad: str) -> None:
    field = FieldOfType("q1", "Q", "Q", kind, choices=["A35"] if kind == "choice" else [])  # pyright: ignore[reportArgumentType]
    assert answer_problems([field], {"q1": good}) == []
    (problem,) = answer_problems([field], {"q1": bad})
    assert (problem.field, problem.code) == ("answers.q1", "malformed")


def test_a_mention_is_a_name_and_never_the_middle_of_an_address() -> None:
    people = {"ines.marchand": b"1", "theo": b"2"}
    assert mentioned("@Theo, et @ines.marchand. Encore @theo", people) == [b"2", b"1"]
    assert mentioned("écrire à quelqu'un@theo.example", people) == []


def test_a_type_begins_open_and_ends_closed() -> None:
    def wish(*statuses: StatusOfType) -> SaveRequestType:
        return SaveRequestType(
            code="x1", revision=0, name_fr="X", name_en="X", team="hotline", statuses=list(statuses)
        )

    assert type_problems(wish(NEW, DONE)) == []
    assert [one.code for one in type_problems(wish(NEW))] == ["incomplete"]
    assert [one.code for one in type_problems(wish(DONE, NEW))] == ["order"]
    assert "repeated" in [one.code for one in type_problems(wish(NEW, NEW, DONE))]


def test_a_request_is_for_those_whose_grants_reach_it() -> None:
    def person(grant: StoredGrant):
        return person_of(agent_id=b"a", name="A", email="a.b@x.example", locale="fr", grants=[grant])

    paris = Place(b"c" * 16, [("75", b"s" * 16)], named=True)
    assert person(StoredGrant("hotline")).sees(paris, team="sales")
    assert not person(StoredGrant("hotline", regions=("84",))).sees(paris, team="hotline")
    assert person(StoredGrant("hotline", regions=("11",))).sees(paris, team="sales")
    nowhere = person(StoredGrant("hotline", departments=("69",)))
    assert nowhere.sees(None, team="hotline")
    assert not nowhere.sees(None, team="sales")
    assert nowhere.handle == "a.b"
    assert nowhere.scope == Scope((Area(departments=("69",)),))
