"""Questions and answers: the list, one with what it said before, and its form in both languages."""

from __future__ import annotations

from litestar import Response, get, post
from litestar.types import ControllerRouterHandler

from portals.kit.forms import Form
from portals.kit.gateway import Json
from portals.kit.lists import Act, Column, Filter, ListPage
from portals.kit.records import path_part
from portals.kit.visit import Visit
from portals.kit.vocabulary import FAQ_TOPICS

LIST = ListPage(
    "/faq",
    "faq.title",
    (
        Column("question", "faq.question", "cell"),
        Column("topic", "faq.topic", "cell"),
        Column("place", "faq.place", "count"),
        Column("published", "column.state", "cell"),
        Column("made_at", "faq.changed", "ago"),
    ),
    api="/v1/faq-entries",
    filters=(
        Filter("text", "words", "faq.find"),
        Filter("topic", "choice", "faq.topic", FAQ_TOPICS, "faq_topic.", "faq.any_topic"),
    ),
    acts=(Act("/faq/new", "faq.new", "faq.write", primary=True),),
    none=("faq.none", "faq.none_text"),
    labelled=True,
    template="faq/entries.html",
)
_TEXTS = ("question_fr", "question_en", "answer_fr", "answer_en", "keywords")
_PLACE_AT_FIRST = 100


@get("/faq")
async def faq_page(visit: Visit) -> Response[bytes]:
    """Show entries by topic, or those that fit some words."""
    return LIST.draw(visit, await LIST.read(visit))


@get("/faq/new")
async def new_entry(visit: Visit) -> Response[bytes]:
    """Show the form of a question."""
    return _form(visit, visit.filled({"topic": FAQ_TOPICS[0], "place": str(_PLACE_AT_FIRST)}))


@post("/faq/new", status_code=200)
async def make_entry(visit: Visit) -> Response[bytes]:
    """Add a question, and go to it."""
    form = await visit.form()
    made = await form.post("/v1/faq-entries", _body(form), judged=True)
    if made is None:
        return _form(visit, form)
    return visit.done(f"/faq/{path_part(made['id'])}", "faq.made")


@get("/faq/{entry_id:str}")
async def entry_page(visit: Visit, entry_id: str) -> Response[bytes]:
    """Show an entry with its earlier versions."""
    return await _show(visit, entry_id)


@get("/faq/{entry_id:str}/edit")
async def edit_entry(visit: Visit, entry_id: str) -> Response[bytes]:
    """Show the form of an entry."""
    return _form(visit, visit.filled(await _given(visit, entry_id)), entry_id)


@post("/faq/{entry_id:str}/edit", status_code=200)
async def save_entry(visit: Visit, entry_id: str) -> Response[bytes]:
    """Write the next version; when somebody was faster, say so."""
    form = await visit.form()
    saved = await form.patch(
        f"/v1/faq-entries/{path_part(entry_id)}",
        _body(form),
        fresh=lambda: _given(visit, entry_id),
        judged=True,
    )
    if saved is None:
        return _form(visit, form, entry_id)
    return visit.done(f"/faq/{path_part(entry_id)}", "faq.saved")


@post("/faq/{entry_id:str}/remove", status_code=200)
async def remove_entry(visit: Visit, entry_id: str) -> Response[bytes]:
    """Show an entry to nobody any more."""
    await visit.form()
    return await visit.delete(f"/v1/faq-entries/{path_part(entry_id)}", "/faq", "faq.removed")


async def _show(visit: Visit, entry_id: str, form: Form | None = None) -> Response[bytes]:
    entry = await visit.gateway.get(f"/v1/faq-entries/{path_part(entry_id)}")
    return visit.page("faq/entry.html", form=form, x=entry)


def _form(visit: Visit, form: Form, entry_id: str = "") -> Response[bytes]:
    back = f"/faq/{path_part(entry_id)}" if entry_id else "/faq"
    return visit.page(
        "faq/form.html",
        form=form,
        topics=FAQ_TOPICS,
        entry_id=entry_id,
        back=back,
        action=f"{back}/edit" if entry_id else "/faq/new",
    )


async def _given(visit: Visit, entry_id: str) -> Json:
    entry = await visit.gateway.get(f"/v1/faq-entries/{path_part(entry_id)}")
    return {
        **{name: entry[name] for name in (*_TEXTS, "topic", "revision")},
        "place": str(entry["place"]),
        "published": "1" if entry["published"] else "",
    }


def _body(form: Form) -> Json:
    place = form["place"]
    return {
        **form.texts(*_TEXTS),
        "topic": form["topic"],
        "place": int(place) if place.isdecimal() and len(place) < 9 else -1,
        "published": bool(form["published"]),
    }


HANDLERS: tuple[ControllerRouterHandler, ...] = (
    faq_page,
    new_entry,
    make_entry,
    entry_page,
    edit_entry,
    save_entry,
    remove_entry,
)
