"""How to reach us: answers and ways with their hours for anybody; the assistant, a form and what was written, logged in."""

from __future__ import annotations

import asyncio
from itertools import groupby
from typing import Any, Final

from litestar import Response, get, post
from litestar.response import Stream
from litestar.types import ControllerRouterHandler

from portals.kit.entrance import OPEN
from portals.kit.forms import Form
from portals.kit.gateway import Json
from portals.kit.records import path_part
from portals.kit.talks import follow
from portals.kit.visit import Visit

_QUESTION_CHARACTERS_MAX: Final = 500
_ORDERS: Final = [("limit", "50")]


@get("/contact", opt=OPEN)
async def contact(visit: Visit) -> Response[bytes]:
    """Show what is offered now, and answers: those that fit `?q=`, else all of them by topic."""
    question = visit.request.query_params.get("q", "").strip()[:_QUESTION_CHARACTERS_MAX]
    offers, answers = await asyncio.gather(
        visit.gateway.get("/v1/contact/offers"),
        visit.gateway.get("/v1/contact/answers", [("text", question)] if question else []),
    )
    written = [] if visit.visitor is None else (await visit.gateway.get("/v1/me/conversations"))["data"]
    topics = [] if question else groupby(answers["data"], key=lambda each: each["topic"])
    return visit.page(
        "contact/contact.html",
        question=question,
        found=answers["data"] if question else [],
        topics=[(topic, list(entries)) for topic, entries in topics],
        ways=[each for each in offers["data"] if each["link"]],
        chat_offer=next((each for each in offers["data"] if each["way"] == "chat"), None),
        form_offer=next((each for each in offers["data"] if each["way"] == "form"), None),
        written=[each for each in written if each["channel"] != "assistant"],
    )


@get("/contact/write")
async def write_page(visit: Visit) -> Response[bytes]:
    """Show the form."""
    return await _write(visit)


@post("/contact/write", status_code=200)
async def write(visit: Visit) -> Response[bytes]:
    """Send it, and show what was sent."""
    form = await visit.form()
    body: Json = {
        **form.texts("subject", "text"),
        "order": form["order"] or None,
        "with_assistant": bool(form["with_assistant"]),
    }
    made = await form.post("/v1/me/messages", body, judged=True)
    if made is None:
        return await _write(visit, form)
    return visit.done(f"/contact/conversations/{path_part(made['id'])}", "reach.written")


@get("/contact/conversations/{conversation_id:str}")
async def conversation(visit: Visit, conversation_id: str) -> Response[bytes]:
    """Show what was written, and what was answered."""
    found = await visit.gateway.get(f"/v1/me/conversations/{path_part(conversation_id)}")
    return visit.page("contact/conversation.html", x=found)


@get("/contact/assistant")
async def assistant(visit: Visit) -> Response[bytes]:
    """Show what was said with the assistant."""
    return await _assistant(visit)


@post("/contact/assistant", status_code=200)
async def ask(visit: Visit) -> Response[bytes]:
    """Ask it."""
    form = await visit.form()
    if await form.post("/v1/me/assistant", form.texts("text"), judged=True) is None:
        return await _assistant(visit, form)
    return visit.go("/contact/assistant")


@post("/contact/assistant/end", status_code=200)
async def begin_anew(visit: Visit) -> Response[bytes]:
    """Begin anew."""
    form = await visit.form()
    if await form.post("/v1/me/assistant/end", {}, keyed=False) is None:
        return await _assistant(visit, form)
    return visit.go("/contact/assistant")


@get("/contact/chat")
async def chat(visit: Visit) -> Response[bytes]:
    """Show the chat under way, or how to begin one."""
    return await _chat(visit)


@post("/contact/chat", status_code=200)
async def start_chat(visit: Visit) -> Response[bytes]:
    """Wait for an adviser."""
    form = await visit.form()
    if await form.post("/v1/me/chat", {}) is None:
        return await _chat(visit, form)
    return visit.go("/contact/chat")


@post("/contact/chat/say", status_code=200)
async def say(visit: Visit) -> Response[bytes]:
    """Say something: a script sends it without leaving the page."""
    form = await visit.form()
    if await form.post("/v1/me/chat/messages", form.texts("text"), judged=True) is None:
        return await _chat(visit, form)
    return visit.go("/contact/chat")


@post("/contact/chat/end", status_code=200)
async def end_chat(visit: Visit) -> Response[bytes]:
    """End it."""
    form = await visit.form()
    if await form.post("/v1/me/chat/end", {}, keyed=False) is None:
        return await _chat(visit, form)
    return visit.done("/contact", "reach.chat_ended")


@post("/contact/chat/typing", status_code=200)
async def type_in_chat(visit: Visit) -> Response[Any]:
    """Say that the customer types: a script does, every few seconds."""
    await visit.form()
    await visit.gateway.post("/v1/me/chat/typing", {})
    return visit.json({})


@get("/contact/chat/live", opt=OPEN)
async def chat_events(visit: Visit) -> Response[Any] | Stream:
    """Follow it."""
    return await follow(visit, "/v1/me/chat/events")


async def _chat(visit: Visit, form: Form | None = None) -> Response[bytes]:
    listed, offers = await asyncio.gather(
        visit.gateway.get("/v1/me/conversations"), visit.gateway.get("/v1/contact/offers")
    )
    standing = next(
        (each for each in listed["data"] if each["channel"] == "chat" and each["state"] != "ended"), None
    )
    found = standing and await visit.gateway.get(f"/v1/me/conversations/{path_part(standing['id'])}")
    return visit.page(
        "contact/chat.html",
        form=form,
        x=found,
        offer=next((each for each in offers["data"] if each["way"] == "chat"), None),
    )


async def _talk(visit: Visit) -> Json | None:
    """Return what is said with the assistant now."""
    listed = await visit.gateway.get("/v1/me/conversations")
    open_one = next((each for each in listed["data"] if each["state"] == "assistant"), None)
    if open_one is None:
        return None
    return await visit.gateway.get(f"/v1/me/conversations/{path_part(open_one['id'])}")


async def _assistant(visit: Visit, form: Form | None = None) -> Response[bytes]:
    return visit.page("contact/assistant.html", form=form, x=await _talk(visit))


async def _write(visit: Visit, form: Form | None = None) -> Response[bytes]:
    talk, offers, current, ended = await asyncio.gather(
        _talk(visit),
        visit.gateway.get("/v1/contact/offers"),
        visit.gateway.get("/v1/me/orders", [*_ORDERS, ("shown", "current")]),
        visit.gateway.get("/v1/me/orders", [*_ORDERS, ("shown", "ended")]),
    )
    orders = [
        (each["id"], f"{each['shop']} {each['reference']}") for each in (*current["data"], *ended["data"])
    ]
    about = visit.request.query_params.get("order", "")
    return visit.page(
        "contact/write.html",
        form=form,
        orders=orders,
        about=about if about in dict(orders) else "",
        talk=talk,
        offer=next((each for each in offers["data"] if each["way"] == "form"), None),
    )


HANDLERS: tuple[ControllerRouterHandler, ...] = (
    contact,
    write_page,
    write,
    conversation,
    assistant,
    ask,
    begin_anew,
    chat,
    start_chat,
    say,
    end_chat,
    type_in_chat,
    chat_events,
)
