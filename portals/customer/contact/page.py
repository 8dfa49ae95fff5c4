"""How to reach us: the answers that fit a question, and the ways with their hours. For anybody, logged in or not."""

from __future__ import annotations

import asyncio
from itertools import groupby
from typing import Final

from litestar import Response, get
from litestar.types import ControllerRouterHandler

from portals.kit.entrance import OPEN
from portals.kit.visit import Visit

_QUESTION_CHARACTERS_MAX: Final = 500


@get("/contact", opt=OPEN)
async def contact(visit: Visit) -> Response[bytes]:
    """Show what is offered now, and answers: those that fit `?q=`, else all of them by topic."""
    question = visit.request.query_params.get("q", "").strip()[:_QUESTION_CHARACTERS_MAX]
    offers, answers = await asyncio.gather(
        visit.gateway.get("/v1/contact/offers"),
        visit.gateway.get("/v1/contact/answers", [("text", question)] if question else []),
    )
    topics = [] if question else groupby(answers["data"], key=lambda each: each["topic"])
    return visit.page(
        "contact/contact.html",
        question=question,
        found=answers["data"] if question else [],
        topics=[(topic, list(entries)) for topic, entries in topics],
        ways=[each for each in offers["data"] if each["link"]],
    )


HANDLERS: tuple[ControllerRouterHandler, ...] = (contact,)
