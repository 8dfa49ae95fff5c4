"""Who calls: the bearer token, the language, the address."""

import hashlib
import re
from typing import Any, Final

from litestar import Request

from gateway.core_client import Caller
from gateway.problems import Problem, locale_of, trace_id_of
from observability.client_address import FORWARDED, TrustedProxies

_TOKEN: Final = re.compile(r"[A-Za-z0-9_-]{16,128}")
_BROWSER_CHARACTERS_MAX: Final = 300


def provide_caller(request: Request[Any, Any, Any]) -> Caller:
    """Return the caller; core checks the session at every call.

    Raises: Problem `unauthenticated` without a token, `session_ended` for what cannot be one.
    """
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise Problem("unauthenticated")
    if not _TOKEN.fullmatch(token):
        raise Problem("session_ended")
    return Caller(
        session=hashlib.sha256(token.encode()).digest(),
        locale=locale_of(request),
        ip=address_of(request),
        trace_id=trace_id_of(request),
        token=token,
    )


def anonymous(request: Request[Any, Any, Any]) -> Caller:
    """Return a caller without a session."""
    return Caller(
        session=None, locale=locale_of(request), ip=address_of(request), trace_id=trace_id_of(request)
    )


def browser_of(request: Request[Any, Any, Any]) -> str:
    """Return what the caller's browser calls itself, as far as it is kept."""
    return request.headers.get("user-agent", "")[:_BROWSER_CHARACTERS_MAX]


def address_of(request: Request[Any, Any, Any]) -> str:
    """Return where the caller is: the socket's peer, or whom a trusted portal or proxy asks for."""
    proxies: TrustedProxies = request.app.state.parts.proxies
    return proxies.client_of(
        request.client.host if request.client else "", request.headers.getall(FORWARDED, [])
    )
