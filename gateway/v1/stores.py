"""The directory of stores."""

from typing import Annotated

import msgspec
from litestar import Response, post
from litestar.openapi.datastructures import ResponseSpec
from litestar.types import ControllerRouterHandler

from core.contracts import merchants
from gateway.core_client import Caller, CoreClient
from gateway.v1.reading import body_id, path_id
from gateway.v1.writing import IdempotencyKey, optional_key, write


class StoreBody(msgspec.Struct, forbid_unknown_fields=True):
    """A store of a company."""

    company: Annotated[str, msgspec.Meta(max_length=40)]
    store: merchants.StoreFields
    not_duplicate_reason: Annotated[str, msgspec.Meta(max_length=500)] = ""


class StoreEditBody(msgspec.Struct, forbid_unknown_fields=True):
    """Every field of a store."""

    version: Annotated[int, msgspec.Meta(ge=1, description="The version that was read")]
    store: merchants.StoreFields


@post(
    "/stores",
    summary="Create a store",
    tags=["Merchants"],
    responses={201: ResponseSpec(merchants.StoreMade, description="The store")},
)
async def create_store(
    data: StoreBody, caller: Caller, core: CoreClient, idempotency_key: IdempotencyKey = None
) -> Response[bytes]:
    """Create a store; a look-alike wants a reason why this is another."""
    body = merchants.CreateStore(
        company_id=body_id("company", data.company, "company"),
        fields=data.store,
        not_duplicate_reason=data.not_duplicate_reason,
        idempotency_key=optional_key(idempotency_key),
    )
    return await write(core, caller, merchants.STORE_CREATED, body, 201)


@post(
    "/stores/{store_id:str}/edits",
    summary="Edit a store",
    tags=["Merchants"],
    status_code=200,
    responses={200: ResponseSpec(merchants.StoreMade, description="The store")},
)
async def edit_store(
    store_id: str,
    data: StoreEditBody,
    caller: Caller,
    core: CoreClient,
    idempotency_key: IdempotencyKey = None,
) -> Response[bytes]:
    """Write every field of a store; refused when somebody else wrote meanwhile."""
    body = merchants.EditStore(
        path_id("store", store_id), data.version, data.store, optional_key(idempotency_key)
    )
    return await write(core, caller, merchants.STORE_EDITED, body, 200)


HANDLERS: tuple[ControllerRouterHandler, ...] = (create_store, edit_store)
