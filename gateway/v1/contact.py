"""How customers reach us, for anybody: what is offered now."""

from typing import Any, cast

from litestar import Request, get
from litestar.types import ControllerRouterHandler

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


HANDLERS: tuple[ControllerRouterHandler, ...] = (contact_offers,)
