"""POST /v1/sessions, GET and DELETE /v1/sessions/current."""

from typing import Annotated, Any

import msgspec
from litestar import Request, delete, get, post

from core.contracts import desk_requests as ask
from core.contracts.desk_views import SessionOpened, SessionView
from gateway.auth import anonymous
from gateway.core_client import Caller, CoreClient


class LogInBody(msgspec.Struct, forbid_unknown_fields=True):
    """E-mail and password of an agent."""

    email: Annotated[str, msgspec.Meta(min_length=3, max_length=254)]
    password: Annotated[str, msgspec.Meta(min_length=1, max_length=1024)]

    def __repr__(self) -> str:
        return "LogInBody()"


@post("/sessions", summary="Log in", tags=["Sessions"], security=[{}])
async def log_in(data: LogInBody, request: Request[Any, Any, Any], core: CoreClient) -> SessionOpened:
    """Open a session. The token is shown this once; 15 idle minutes or 12 hours end it."""
    caller = anonymous(request)
    body = ask.LogIn(
        email=data.email,
        password=data.password,
        ip=caller.ip,
        user_agent=request.headers.get("user-agent", "")[:300],
    )
    return await core.ask(ask.LOG_IN, body, SessionOpened, caller=caller)


@get("/sessions/current", summary="The caller’s session", tags=["Sessions"])
async def current_session(caller: Caller, core: CoreClient) -> SessionView:
    """Say who is logged in and until when."""
    return await core.ask(ask.SESSION, ask.Nothing(), SessionView, caller=caller)


@delete("/sessions/current", summary="Log out", tags=["Sessions"])
async def log_out(caller: Caller, core: CoreClient) -> None:
    """End the caller's session; its token is worth nothing afterwards."""
    await core.ask(ask.LOG_OUT, ask.Nothing(), ask.Nothing, caller=caller)
