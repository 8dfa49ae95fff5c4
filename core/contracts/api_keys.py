"""Keys by which a merchant's own programs call: operations of agents, and what a program asks about itself (API-1)."""

from typing import Annotated, Final

import msgspec

from core.contracts.ids import CompanyId, Id
from core.contracts.listing import Nothing, Why
from core.contracts.operation import ACT, GET, INTEGRATOR, POST, Operation, somewhere
from core.contracts.permissions import Permission, Right
from core.contracts.references import PersonRef, Timestamp

KEYS_OF_A_COMPANY_MAX: Final = 10
"""Those that are good at a time."""

KeyName = Annotated[str, msgspec.Meta(min_length=2, max_length=80, pattern=r"\S\s*\S")]


class ApiKeyRight(Right):
    """What a role may do with keys of merchants."""

    WRITE = "api_keys.write"


class ApiKeyId(Id, kind="api_key", prefix="key"):
    """A key of a company."""


class ListApiKeys(msgspec.Struct, kw_only=True):
    """Keys of a company, the newest first, revoked ones among them; at most a hundred."""

    company: CompanyId


class MakeApiKey(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Make a key for a program of a company. The answer is the only one that holds the key itself."""

    company: CompanyId
    name: KeyName


class RevokeApiKey(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Let a key be good no longer, from the next call on."""

    id: ApiKeyId
    reason: Why
    idempotency_key: str = ""


class ApiKey(msgspec.Struct, kw_only=True):
    """A key: `prefix` is how it begins, by which people tell keys apart."""

    id: str
    company: str
    name: str
    prefix: str
    made_at: Timestamp
    made_by: PersonRef
    used_at: Timestamp | None = None
    revoked_at: Timestamp | None = None
    revoked_by: PersonRef | None = None


class MadeApiKey(ApiKey, kw_only=True):
    """A new key, with `secret`: the key itself, which is shown this once and cannot be had again."""

    secret: str


class ApiKeyList(msgspec.Struct):
    """Keys of a company."""

    data: list[ApiKey]


class MerchantCompany(msgspec.Struct, kw_only=True):
    """Whose key this is."""

    id: str
    name: str
    siren: str
    key: str  # the name of the key


LIST = Operation(
    "api_keys.list",
    ListApiKeys,
    ApiKeyList,
    somewhere(Permission.DIRECTORY_READ),
    http=GET("/api-keys", "List the keys of a company"),
)
MAKE = Operation(
    "api_keys.make",
    MakeApiKey,
    MadeApiKey,
    somewhere(ApiKeyRight.WRITE),
    http=POST("/api-keys", "Make a key for a merchant's program"),
    audit=("api_key.made",),
)
REVOKE = Operation(
    "api_keys.revoke",
    RevokeApiKey,
    ApiKey,
    somewhere(ApiKeyRight.WRITE),
    http=ACT("/api-keys/{id}/revoke", "Revoke a key"),
    audit=("api_key.revoked",),
)
COMPANY = Operation(
    "merchant_company.one",
    Nothing,
    MerchantCompany,
    INTEGRATOR,
    http=GET("/merchant/company", "Whose key this is", "The company that a key is of, to try the key with."),
)
