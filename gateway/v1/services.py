"""Services at stores: their options, their limits, their history."""

from typing import Final

import msgspec
from litestar import Response, get, post
from litestar.openapi.datastructures import ResponseSpec
from litestar.types import ControllerRouterHandler

from core.contracts import agreements as ask
from core.contracts.desk_requests import ById
from gateway.core_client import Caller, CoreClient
from gateway.v1.reading import Revision, body_id, path_id
from gateway.v1.writing import IdempotencyKey, ReasonText, optional_key, write

_TAGS: Final = ["Services"]
_SET: Final = {200: ResponseSpec(ask.ServiceDetail, description="The service")}


class ServiceBody(msgspec.Struct, forbid_unknown_fields=True):
    """Which service at which store, and why."""

    store: str
    kind: ask.ServiceKind
    reason: ReasonText


class OptionsBody(msgspec.Struct, forbid_unknown_fields=True):
    """Every option, and why."""

    options: ask.Options
    reason: ReasonText
    revision: Revision | None = None


class LimitsBody(msgspec.Struct, forbid_unknown_fields=True):
    """Every limit, and why."""

    limits: ask.Limits
    reason: ReasonText
    revision: Revision | None = None


@get("/services/{service_id:str}", summary="One service", tags=_TAGS)
async def one_service(service_id: str, caller: Caller, core: CoreClient) -> ask.ServiceDetail:
    """Return a service with its options, its limits, what each option takes, and its history."""
    body = ById(path_id("service", service_id))
    return await core.ask(ask.SERVICE, body, ask.ServiceDetail, caller=caller)


@post(
    "/services",
    summary="Add a service to a store",
    tags=_TAGS,
    status_code=201,
    responses={201: ResponseSpec(ask.ServiceDetail, description="The service, not active yet")},
)
async def make_service(
    data: ServiceBody, caller: Caller, core: CoreClient, idempotency_key: IdempotencyKey = None
) -> Response[bytes]:
    """Add a service that waits for a contract to start it."""
    body = ask.MakeService(
        body_id("store", data.store, "store"), data.kind, data.reason.strip(), optional_key(idempotency_key)
    )
    return await write(core, caller, ask.SERVICE_MADE, body, 201)


@post(
    "/services/{service_id:str}/options", summary="Set options", tags=_TAGS, status_code=200, responses=_SET
)
async def set_options(
    service_id: str,
    data: OptionsBody,
    caller: Caller,
    core: CoreClient,
    idempotency_key: IdempotencyKey = None,
) -> Response[bytes]:
    """Write every option of a service; those left out take their default."""
    body = ask.SetOptions(
        path_id("service", service_id),
        data.options,
        data.reason.strip(),
        data.revision,
        optional_key(idempotency_key),
    )
    return await write(core, caller, ask.SERVICE_OPTIONS, body, 200)


@post("/services/{service_id:str}/limits", summary="Set limits", tags=_TAGS, status_code=200, responses=_SET)
async def set_limits(
    service_id: str,
    data: LimitsBody,
    caller: Caller,
    core: CoreClient,
    idempotency_key: IdempotencyKey = None,
) -> Response[bytes]:
    """Write every limit of a service, effective at its next payment."""
    body = ask.SetLimits(
        path_id("service", service_id),
        data.limits,
        data.reason.strip(),
        data.revision,
        optional_key(idempotency_key),
    )
    return await write(core, caller, ask.SERVICE_LIMITS, body, 200)


HANDLERS: tuple[ControllerRouterHandler, ...] = (one_service, make_service, set_options, set_limits)
