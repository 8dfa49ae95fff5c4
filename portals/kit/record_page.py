"""A record and its form as a page declares them, drawn by `kit/templates/record_page.html` and `form_page.html`.

For what needs no page of its own kind: facts in a column, acts with their reason, a form of plain fields.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, Literal, NamedTuple

from litestar import Response
from litestar.exceptions import NotFoundException

from portals.kit.formats import (
    NARROW,
    AmountMalformed,
    basis_points,
    integer,
    money,
    parse_amount,
    whole_number,
)
from portals.kit.forms import Form, Wording
from portals.kit.gateway import Json
from portals.kit.i18n import Words
from portals.kit.lists import Column, ListPage
from portals.kit.records import path_part
from portals.kit.visit import Visit

_DIGITS_MAX: Final = 12
# A part of a field is shown at the field.
_PARTS: Final = Wording(field_of=lambda field: field.partition(".")[0])


class Field(NamedTuple):
    """A field of a form, which the API calls by the same name; its label is the word `field.<name>`."""

    name: str
    kind: Literal["text", "number", "percent", "money", "day", "choice", "codes"] = "text"
    options: tuple[str, ...] = ()
    words: str = ""
    """What begins the word of an option; without it the option is its own word."""

    optional: bool = False
    bounds: tuple[int, int] = (0, 10**_DIGITS_MAX)
    """The least and the most that the API takes, in its unit: minor units, basis points for percents."""

    def choices(self, words: Words) -> list[tuple[str, str]]:
        """Return its options, each with its word."""
        return [(each, words(f"{self.words}{each}") if self.words else each) for each in self.options]


class RecordAct(NamedTuple):
    """An act of a record: the API's, with the same name; what it does stands above its fields."""

    name: str
    word: str
    effect: str
    right: str
    fields: tuple[Field, ...] = ()
    closed: tuple[str, ...] = ()
    """States of the record in which it is not offered."""

    deletes: bool = False
    """It deletes the record, which takes no fields, and leads to the list."""

    done: str = "done.saved"
    """The word that says it is done."""


class FormPage:
    """A form of plain fields that makes a record."""

    def __init__(
        self,
        path: str,
        title: str,
        fields: tuple[Field, ...],
        *,
        of: ListPage,
        submit: str,
        words: Mapping[str, str] | None = None,
    ) -> None:
        """`words`: the word of a field that has a form of its own, for when it is not kept."""
        self.wording = _PARTS._replace(words=words or {})
        self.path = path
        self.submit = submit
        self.title = title
        self.fields = fields
        self.of = of

    def show(self, visit: Visit, form: Form) -> Response[bytes]:
        """Show the form, empty or as it was sent."""
        return visit.page("form_page.html", form=form, page=self)

    async def make(self, visit: Visit) -> Response[bytes]:
        """Make what the form asks for, and go to it."""
        form = await visit.form()
        made = await form.post(self.of.api, body_of(form, self.fields), wording=self.wording, judged=True)
        if made is None:
            return self.show(visit, form)
        return visit.done(f"{self.of.path}/{made[self.of.key]}", "done.saved")


class RecordPage:
    """A record of a list: its facts, and what may be done to it."""

    def __init__(
        self,
        of: ListPage,
        facts: tuple[Column, ...],
        *,
        acts: tuple[RecordAct, ...] = (),
        told: Callable[[Visit, Json], Json] = lambda _visit, record: record,
    ) -> None:
        """`told` adds to a record what its facts say in words."""
        self.of = of
        self.facts = facts
        self.acts = {each.name: each for each in acts}
        self.told = told

    async def show(self, visit: Visit, record_id: str, form: Form | None = None) -> Response[bytes]:
        """Show the record, with the act open whose form was refused."""
        record = self.told(visit, await visit.gateway.get(f"{self.of.api}/{path_part(record_id)}"))
        return visit.page("record_page.html", form=form, page=self, record=record)

    async def act(self, visit: Visit, record_id: str, name: str) -> Response[bytes]:
        """Do one of its acts. Raises: NotFoundException, for an act that the page does not declare."""
        if (act := self.acts.get(name)) is None:
            raise NotFoundException
        form = await visit.form()
        address = f"{self.of.api}/{path_part(record_id)}"
        if act.deletes:
            done = await form.delete(address, wording=_PARTS)
        else:
            done = await form.post(
                f"{address}/{act.name}", body_of(form, act.fields), wording=_PARTS, judged=True
            )
        if done is None:
            return await self.show(visit, record_id, form)
        return visit.done(self.of.path if act.deletes else f"{self.of.path}/{path_part(record_id)}", act.done)


def body_of(form: Form, fields: tuple[Field, ...]) -> dict[str, Any]:
    """Return what the gateway is asked with the fields; those that are empty are left out, and what is no number noted."""
    body: dict[str, Any] = {}
    for field in fields:
        typed = form[field.name]
        if not typed:
            if not field.optional:
                form.error(field.name, "form.needed")
            continue
        match field.kind:
            case "number" | "percent" | "money":
                number = _number(form, field)
                body[field.name] = {"amount": number, "currency": "EUR"} if field.kind == "money" else number
            case "codes":
                body[field.name] = [part.strip().upper() for part in typed.split(",") if part.strip()]
            case _:
                body[field.name] = int(typed) if typed in field.options and typed.isdecimal() else typed
    return body


def _number(form: Form, field: Field) -> int | None:
    """Return a number in the unit of the API; one that is none, or out of its bounds, is noted in the unit that is typed."""
    typed = form[field.name]
    try:
        # A percentage of 0,35 % is 35 basis points, just as 0,35 € is 35 cents: one reading serves both.
        amount = parse_amount(typed.rstrip("% ").rstrip(NARROW))
    except AmountMalformed:
        amount = None
    number = whole_number(typed, _DIGITS_MAX) if field.kind == "number" else amount
    if number is None or not field.bounds[0] <= number <= field.bounds[1]:
        least, most = (_said(field, each, form.locale) for each in field.bounds)
        form.error(field.name, f"form.bounds_{field.kind}", least=least, most=most)
    return number


def _said(field: Field, number: int, locale: str) -> str:
    match field.kind:
        case "percent":
            return basis_points(number, locale)
        case "money":
            return money(number, "EUR", locale)
        case _:
            return integer(number, locale)
