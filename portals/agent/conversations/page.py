"""Conversations with customers: the queue, those that are taken, and one with all that was said."""

from __future__ import annotations

from typing import Any

from litestar import Response, get, post
from litestar.response import Stream
from litestar.types import ControllerRouterHandler

from portals.kit.entrance import OPEN
from portals.kit.forms import Form
from portals.kit.gateway import Json
from portals.kit.kit import TALK_PATHS
from portals.kit.lists import Column, Filter, ListPage
from portals.kit.records import path_part
from portals.kit.talks import follow
from portals.kit.visit import Visit

_BOXES = ("waiting", "taken", "ended")
LIST = ListPage(
    "/conversations",
    "conversations.title",
    (
        Column("subject", "conversations.subject", "cell"),
        Column("customer", "conversations.customer", "cell"),
        Column("channel", "conversations.channel", "cell"),
        Column("since", "conversations.since", "ago"),
        Column("messages", "conversations.messages", "count"),
        Column("taken_by", "conversations.taken_by", "cell"),
    ),
    filters=(Filter("state", "tabs", "column.state", _BOXES, "conversations.box_"),),
    none=("conversations.none", "conversations.none_text"),
    labelled=True,
    template="conversations/list.html",
)


@get("/conversations")
async def conversations_page(visit: Visit) -> Response[bytes]:
    """Show what waits, or what is taken or has ended."""
    return LIST.draw(visit, await LIST.read(visit))


@get("/conversations/{conversation_id:str}")
async def conversation_page(visit: Visit, conversation_id: str) -> Response[bytes]:
    """Show one conversation."""
    return await _show(visit, conversation_id)


@post("/conversations/{conversation_id:str}/take", status_code=200)
async def take(visit: Visit, conversation_id: str) -> Response[bytes]:
    """Take it."""
    return await _act(visit, conversation_id, "take", await visit.form(), {}, "conversations.done_taken")


@post("/conversations/{conversation_id:str}/answer", status_code=200)
async def answer(visit: Visit, conversation_id: str) -> Response[bytes]:
    """Answer the customer."""
    form = await visit.form()
    return await _act(
        visit, conversation_id, "answer", form, form.texts("text"), "conversations.done_answered"
    )


@post("/conversations/{conversation_id:str}/pass-on", status_code=200)
async def pass_on(visit: Visit, conversation_id: str) -> Response[bytes]:
    """Hand it to a colleague, or back to the queue."""
    form = await visit.form()
    body: Json = {"reason": form.reason()}
    if form["agent"]:
        body["agent"] = form["agent"]
    return await _act(visit, conversation_id, "pass-on", form, body, "conversations.done_passed_on")


@post("/conversations/{conversation_id:str}/end", status_code=200)
async def end(visit: Visit, conversation_id: str) -> Response[bytes]:
    """End it."""
    return await _act(visit, conversation_id, "end", await visit.form(), {}, "conversations.done_ended")


@post("/conversations/{conversation_id:str}/typing", status_code=200)
async def type_to_customer(visit: Visit, conversation_id: str) -> Response[Any]:
    """Say that the agent types: a script does, every few seconds."""
    await visit.form()
    await visit.gateway.post(f"/v1/conversations/{path_part(conversation_id)}/typing", {})
    return visit.json({})


@get(TALK_PATHS[0], opt=OPEN)
async def conversation_events(visit: Visit) -> Response[Any] | Stream:
    """Follow a conversation."""
    return await follow(visit, "/v1/conversation-events")


async def _act(
    visit: Visit, conversation_id: str, act: str, form: Form, body: Json, done: str
) -> Response[bytes]:
    page = f"/conversations/{path_part(conversation_id)}"
    if await form.post(f"/v1{page}/{act}", body, record=page) is None:
        return await _show(visit, conversation_id, form)
    return visit.done(page, done)


async def _show(visit: Visit, conversation_id: str, form: Form | None = None) -> Response[bytes]:
    found = await visit.gateway.get(f"/v1/conversations/{path_part(conversation_id)}")
    mine = (found["taken_by"] or {}).get("id") == visit.session.person_id
    return visit.page(
        "conversations/conversation.html", form=form, x=found, mine=mine and found["state"] == "taken"
    )


HANDLERS: tuple[ControllerRouterHandler, ...] = (
    conversations_page,
    conversation_page,
    take,
    answer,
    pass_on,
    end,
    type_to_customer,
    conversation_events,
)
