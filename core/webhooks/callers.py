"""Who asks for webhooks: an agent, where a grant of theirs holds, or a merchant's program, within its company."""

from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple, TypeVar

from core.contracts.permissions import Right
from core.contracts.scope import Area, Scope
from core.identity.api import Integrator, SignedIn

Asked = TypeVar("Asked")
Answered = TypeVar("Answered")


class WebhookCaller(NamedTuple):
    """`agent` None: a program. `actor_id` is whom the audit names: the agent, or the key that the program has."""

    principal_id: bytes
    name: str
    scope_of: Callable[[Right], Scope]
    actor_id: bytes
    agent: SignedIn | None = None


def of_agent(
    handle: Callable[[WebhookCaller, Asked], Awaitable[Answered]],
) -> Callable[[SignedIn, Asked], Awaitable[Answered]]:
    """Let a handler serve agents."""

    def served(caller: SignedIn, request: Asked) -> Awaitable[Answered]:
        who = WebhookCaller(caller.principal_id, caller.name, caller.scope_of, caller.agent_id, caller)
        return handle(who, request)

    return served


def of_program(
    handle: Callable[[WebhookCaller, Any], Awaitable[Answered]],
    request_of: Callable[[Integrator, Any], Any] = lambda _caller, request: request,
) -> Callable[[Integrator, Any], Awaitable[Answered]]:
    """Let a handler serve merchants' programs; `request_of` makes of theirs what an agent would ask for."""

    def served(caller: Integrator, request: Any) -> Awaitable[Answered]:
        scope = Scope((Area(companies=(caller.company_id,)),))
        who = WebhookCaller(caller.principal_id, caller.key_name, lambda _right: scope, caller.key_id)
        return handle(who, request_of(caller, request))

    return served
