"""How customers reach us: channels with what is offered at a moment, weekly hours from a day on, special days."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import Final

from litestar import Response, get, post
from litestar.types import ControllerRouterHandler

from portals.kit.formats import PARIS
from portals.kit.forms import Form, Wording
from portals.kit.gateway import Json
from portals.kit.records import path_part
from portals.kit.visit import Visit
from portals.kit.vocabulary import CONTACT_CHANNELS

_WEEKDAYS: Final = (1, 2, 3, 4, 5, 6, 7)
_PARTS: Final = ("a", "b")
"""Two openings of a day can be typed; the API takes more."""


@get("/contact")
async def contact_page(visit: Visit) -> Response[bytes]:
    """Show channels, hours and special days; `?at=` shows what is offered at another moment."""
    return await _show(visit)


@post("/contact/channels/{channel:str}/edit", status_code=200)
async def save_channel(visit: Visit, channel: str) -> Response[bytes]:
    """Write a channel's number and words."""
    form = await visit.form()
    body = {
        "offered": bool(form["offered"]),
        **form.texts("address", "note_fr", "note_en"),
    }
    saved = await form.patch(f"/v1/contact-channels/{path_part(channel)}", body, record="/contact")
    if saved is None:
        return await _show(visit, form)
    return visit.done("/contact", "done.saved")


@get("/contact/hours/new")
async def new_hours(visit: Visit) -> Response[bytes]:
    """Show the form of a channel's next hours, filled with those that hold."""
    channel = visit.request.query_params.get("channel", "")
    channel = channel if channel in CONTACT_CHANNELS else CONTACT_CHANNELS[0]
    listed = await visit.gateway.get("/v1/opening-hours", [("channel", channel)])
    present = next((each for each in listed["data"] if each["state"] == "in_force"), None)
    tomorrow = visit.now.astimezone(PARIS).date() + timedelta(days=1)
    fields: Json = {"channel": channel, "valid_from": tomorrow.isoformat(), "closed_on_holidays": "1"}
    if present is not None:
        fields["closed_on_holidays"] = "1" if present["closed_on_holidays"] else ""
        for weekday in _WEEKDAYS:
            of_day = [each for each in present["periods"] if each["weekday"] == weekday]
            for part, period in zip(_PARTS, of_day, strict=False):
                fields[f"opens.{weekday}{part}"] = period["opens"]
                fields[f"closes.{weekday}{part}"] = period["closes"]
    return _hours_form(visit, visit.filled(fields))


@post("/contact/hours/new", status_code=200)
async def set_hours(visit: Visit) -> Response[bytes]:
    """Set the hours of a channel from a day on."""
    form = await visit.form()
    typed = [
        (f"{weekday}{part}", weekday)
        for weekday in _WEEKDAYS
        for part in _PARTS
        if form[f"opens.{weekday}{part}"] or form[f"closes.{weekday}{part}"]
    ]
    body: Json = {
        "channel": form["channel"],
        "valid_from": form["valid_from"],
        "closed_on_holidays": bool(form["closed_on_holidays"]),
        "periods": [
            {"weekday": weekday, "opens": form[f"opens.{place}"], "closes": form[f"closes.{place}"]}
            for place, weekday in typed
        ],
    }
    wording = Wording(field_of=lambda field: _field_of(field, [place for place, _ in typed]))
    if await form.post("/v1/opening-hours", body, wording=wording) is None:
        return _hours_form(visit, form)
    return visit.done("/contact", "contact.hours_set")


@post("/contact/hours/{hours_id:str}/withdraw", status_code=200)
async def withdraw_hours(visit: Visit, hours_id: str) -> Response[bytes]:
    """Take back hours that have not begun."""
    form = await visit.form()
    body = {"reason": form.reason()}
    if await form.post(f"/v1/opening-hours/{path_part(hours_id)}/withdraw", body) is None:
        return await _show(visit, form)
    return visit.done("/contact", "contact.hours_withdrawn")


@post("/contact/exceptions/new", status_code=200)
async def add_exception(visit: Visit) -> Response[bytes]:
    """Add a special day."""
    form = await visit.form()
    body: Json = {name: form[name] for name in ("channel", "opens", "closes") if form[name]}
    body |= form.texts("day", "label_fr", "label_en")
    if await form.post("/v1/opening-exceptions", body) is None:
        return await _show(visit, form)
    return visit.done("/contact", "contact.exception_added")


@post("/contact/exceptions/{exception_id:str}/remove", status_code=200)
async def remove_exception(visit: Visit, exception_id: str) -> Response[bytes]:
    """Let a day be as its weekday."""
    await visit.form()
    return await visit.delete(
        f"/v1/opening-exceptions/{path_part(exception_id)}", "/contact", "contact.exception_removed"
    )


async def _show(visit: Visit, form: Form | None = None) -> Response[bytes]:
    at = _moment(visit.request.query_params.get("at", ""))
    channels, hours, exceptions = await asyncio.gather(
        visit.gateway.get("/v1/contact-channels", [("at", at)] if at else []),
        visit.gateway.get("/v1/opening-hours"),
        visit.gateway.get("/v1/opening-exceptions"),
    )
    return visit.page(
        "contact/contact.html",
        form=form,
        channels=channels["data"],
        at=channels["at"],
        asked_at=visit.request.query_params.get("at", "") if at else "",
        hours=[each for each in hours["data"] if each["state"] in ("in_force", "coming")],
        exceptions=exceptions["data"],
        names=CONTACT_CHANNELS,
        weekdays=_WEEKDAYS,
    )


def _hours_form(visit: Visit, form: Form) -> Response[bytes]:
    return visit.page(
        "contact/hours.html", form=form, names=CONTACT_CHANNELS, weekdays=_WEEKDAYS, parts=_PARTS
    )


def _field_of(field: str, places: list[str]) -> str:
    """Return the form's name of a field of the API: `periods[2].closes` is that of the third opening typed."""
    if not field.startswith("periods["):
        return field
    place, _, name = field.removeprefix("periods[").partition("]")
    number = int(place) if place.isdecimal() else len(places)
    return f"{name.strip('.') or 'opens'}.{places[number]}" if number < len(places) else "periods"


def _moment(text: str) -> str:
    """Return a moment of Paris that was typed as the API takes it; empty for none."""
    try:
        return datetime.fromisoformat(text).replace(tzinfo=PARIS).isoformat() if text else ""
    except ValueError:
        return ""


HANDLERS: tuple[ControllerRouterHandler, ...] = (
    contact_page,
    save_channel,
    new_hours,
    set_hours,
    withdraw_hours,
    add_exception,
    remove_exception,
)
