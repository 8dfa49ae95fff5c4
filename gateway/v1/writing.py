"""What every write shares: the key under which it acts once, and its answer."""

from typing import Annotated, Any, Final

from litestar import Response
from litestar.params import HeaderParameter

from core.contracts.operation import Asked, Operation
from gateway.cards import kept_key
from gateway.core_client import Caller, CoreClient
from gateway.problems import JSON, Problem

_NAME: Final = "Idempotency-Key"
_SAID: Final = "1 to 255 characters; the same key and body act once"
OptionalKey = Annotated[str | None, HeaderParameter(name=_NAME, description=_SAID)]
# Described as required; with a default, so that its absence is told in words of ours and not of the framework.
RequiredKey = Annotated[str, HeaderParameter(name=_NAME, description=_SAID, required=True)]


def required_key(key: str | None) -> str:
    """Return a usable key, as it may be kept. Raises: Problem."""
    if not key or len(key) > 255 or not key.isprintable():
        raise Problem("idempotency_key_missing")
    return kept_key(key)


def optional_key(key: str | None) -> str:
    """Return a usable key, or none. Raises: Problem."""
    return "" if key is None else required_key(key)


async def write(
    core: CoreClient, caller: Caller, operation: Operation[Asked, Any], body: Asked, status: int
) -> Response[bytes]:
    """Let core write and return the first answer's bytes, marked when this is a repeat. Raises: Problem."""
    written = await core.write(operation, body, caller=caller)
    headers: dict[str, Any] = {"Idempotent-Replayed": "true"} if written.replayed else {}
    return Response(written.body, status_code=status, media_type=JSON, headers=headers)
