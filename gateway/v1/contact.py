"""How customers reach us, for anybody: what is offered now, questions and answers."""

from typing import Annotated, Any, cast

from litestar import Request, get
from litestar.params import QueryParameter
from litestar.types import ControllerRouterHandler

from core.contracts import faq
from core.contracts import opening_hours as ask
from gateway.auth import anonymous
from gateway.core_client import CoreClient

_TAGS = ["Contact"]


@get("/contact/offers", summary="What is offered now", tags=_TAGS, security=[{}])
async def contact_offers(request: Request[Any, Any, Any], core: CoreClient) -> ask.ContactOffers:
    """Return the ways to reach us: open, until when, or when next. Hours are Paris time, with public holidays."""
    caller = anonymous(request)
    body = ask.WhatIsOffered(locale=cast("ask.ContactLocale", "en" if caller.locale == "en" else "fr"))
    return await core.ask(ask.OFFERS, body, caller=caller)


@get(
    "/contact/answers",
    summary="Questions and answers",
    tags=_TAGS,
    security=[{}],
    opt={"query": frozenset({"text"})},
)
async def contact_answers(
    request: Request[Any, Any, Any],
    core: CoreClient,
    text: Annotated[
        str, QueryParameter(max_length=faq.QUESTION_CHARACTERS_MAX, description="What is asked, in any words")
    ] = "",
) -> faq.FaqAnswers:
    """Return the answers that fit a question, the best first; without one, all of them by topic."""
    locale = "en" if anonymous(request).locale == "en" else "fr"
    body = faq.FindAnswers(text=text, locale=locale)
    return await core.ask(faq.FIND, body, caller=anonymous(request))


HANDLERS: tuple[ControllerRouterHandler, ...] = (contact_offers, contact_answers)
