"""Webhooks: what merchants' own systems are told, as it happens (API-2): operations, requests, shapes of API v1.

A message is a POST of `{"type", "timestamp", "data"}` by the Standard Webhooks scheme: `webhook-id` (the same each time
that an event is sent), `webhook-timestamp`, `webhook-signature`.
"""

from typing import Annotated, Any, Final, Literal

import msgspec

from core.contracts.ids import CompanyId, Id
from core.contracts.listing import Nothing, Paged, Revision, Why
from core.contracts.operation import ACT, DELETE, GET, INTEGRATOR, PATCH, POST, Operation, somewhere
from core.contracts.permissions import Right
from core.contracts.references import CompanyRef, Timestamp

WebhookKind = Literal[
    "order.activated",
    "order.cancelled",
    "instalment.paid",
    "instalment.unpaid",
    "refund.sent",
    "endpoint.tested",
]
WebhookState = Literal["active", "failing", "disabled"]
WebhookDisabledWhy = Literal["asked", "failing", "gone"]
WebhookDeliveryState = Literal["waiting", "delivered", "failed", "dropped"]
WebhookOutcome = Literal[
    "accepted",  # 2xx
    "refused",  # any other status
    "redirected",  # 3xx, which is not followed
    "gone",  # 410: the receiver wants nothing more
    "timed_out",
    "unreachable",
    "tls_failed",
    "address_refused",  # a private, local or reserved address
    "malformed",  # no HTTP
    "unsealable",  # the endpoint's secret opens under no key that is there
]

Url = Annotated[
    str,
    msgspec.Meta(min_length=10, max_length=500, description="HTTPS, to a name or an address of the Internet"),
]
Description = Annotated[str, msgspec.Meta(max_length=120)]
Kinds = Annotated[list[WebhookKind], msgspec.Meta(max_length=20, description="Of events; none: all of them")]
OverlapHours = Annotated[
    int, msgspec.Meta(ge=0, le=168, description="For so long both secrets sign each message")
]


class WebhookRight(Right):
    """What a role may do with webhooks of the companies that it sees."""

    READ = "webhooks.read"
    WRITE = "webhooks.write"


class WebhookEndpointId(Id, kind="webhook_endpoint", prefix="wep"):
    """An address of a company that is told of events."""


class WebhookEventId(Id, kind="webhook_event", prefix="whk"):
    """What a company is told; `webhook-id` of each message that tells it."""


class WebhookDeliveryId(Id, kind="webhook_delivery", prefix="whd"):
    """An event on its way to an endpoint."""


class ListWebhookEndpoints(Paged, kw_only=True):
    """Newest first; of one company, or in one state."""

    company: CompanyId | None = None
    state: WebhookState | None = None


class OneWebhookEndpoint(msgspec.Struct, kw_only=True):
    """One endpoint."""

    id: WebhookEndpointId


class AddWebhookEndpoint(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """An address of a company, at most ten, each once. Its secret is shown on request and never with the endpoint."""

    company: CompanyId
    url: Url
    description: Description = ""
    kinds: Kinds = []
    idempotency_key: str = ""


class ChangeWebhookEndpoint(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Every field; another revision than the present one means that somebody wrote since."""

    id: WebhookEndpointId
    revision: Revision
    url: Url
    description: Description = ""
    kinds: Kinds = []
    idempotency_key: str = ""


class DisableWebhookEndpoint(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Send nothing more; what comes meanwhile waits."""

    id: WebhookEndpointId
    reason: Why
    idempotency_key: str = ""


class EnableWebhookEndpoint(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Send again, with what waits."""

    id: WebhookEndpointId
    idempotency_key: str = ""


class RemoveWebhookEndpoint(msgspec.Struct, kw_only=True):
    """Send nothing more and drop what waits; the log stays."""

    id: WebhookEndpointId


class ShowWebhookSecrets(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """What the messages of an endpoint are checked with. The audit keeps who saw it."""

    id: WebhookEndpointId


class RotateWebhookSecret(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Sign with a new secret, and for a while with those before as well."""

    id: WebhookEndpointId
    overlap_hours: OverlapHours = 24
    idempotency_key: str = ""


class TryWebhookEndpoint(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Send an event of kind `endpoint.tested`."""

    id: WebhookEndpointId
    idempotency_key: str = ""


class ListWebhookDeliveries(Paged, kw_only=True):
    """Newest first, of one endpoint."""

    id: WebhookEndpointId
    state: WebhookDeliveryState | None = None
    kind: WebhookKind | None = None


class OneWebhookDelivery(msgspec.Struct, kw_only=True):
    """One delivery with its attempts."""

    id: WebhookDeliveryId


class ResendWebhookDelivery(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Send it again, whatever became of it; the receiver knows the repeat by its `webhook-id`."""

    id: WebhookDeliveryId
    idempotency_key: str = ""


# What a merchant's own program asks for, within its company.


class ListOwnWebhookEndpoints(Paged, kw_only=True):
    """Newest first."""


class AddOwnWebhookEndpoint(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """An address that is told of events, at most ten of a company, each once."""

    url: Url
    description: Description = ""
    kinds: Kinds = []
    idempotency_key: str = ""


class ChangeOwnWebhookEndpoint(ChangeWebhookEndpoint, kw_only=True, forbid_unknown_fields=True):
    """Every field; another revision than the present one means that somebody wrote since."""


class RotateOwnWebhookSecret(RotateWebhookSecret, kw_only=True, forbid_unknown_fields=True):
    """Sign with a new secret, and for a while with those before as well."""


class TryOwnWebhookEndpoint(TryWebhookEndpoint, kw_only=True, forbid_unknown_fields=True):
    """Send an event of kind `endpoint.tested`."""


class ResendOwnWebhookDelivery(ResendWebhookDelivery, kw_only=True, forbid_unknown_fields=True):
    """Send it again, whatever became of it; the receiver knows the repeat by its `webhook-id`."""


class WebhookSecretDates(msgspec.Struct):
    """A secret in use, without itself; `ends_at` when another one took its place."""

    made_at: Timestamp
    ends_at: Timestamp | None = None


class WebhookEndpoint(msgspec.Struct, kw_only=True):
    """An address of a company; `waiting` counts what it has not taken yet, up to a thousand."""

    id: str
    company: CompanyRef
    url: str
    description: str
    kinds: list[WebhookKind]
    state: WebhookState
    failing_since: Timestamp | None = None
    failing_why: WebhookOutcome | None = None
    disabled_at: Timestamp | None = None
    disabled_why: WebhookDisabledWhy | None = None
    waiting: int
    secrets: list[WebhookSecretDates]
    made_at: Timestamp
    revision: int  # moves with each change


class WebhookEndpointPage(msgspec.Struct):
    """A page of endpoints."""

    data: list[WebhookEndpoint]
    next_cursor: str | None = None


class WebhookSecret(msgspec.Struct):
    """`whsec_` and the secret in base64; the one that is shown first is the newest."""

    secret: str
    made_at: Timestamp
    ends_at: Timestamp | None = None


class WebhookSecrets(msgspec.Struct):
    """The secrets in use."""

    data: list[WebhookSecret]


class WebhookDelivery(msgspec.Struct, kw_only=True):
    """An event on its way; `event` is its `webhook-id`."""

    id: str
    event: str
    endpoint: str
    url: str
    kind: WebhookKind
    happened_at: Timestamp
    state: WebhookDeliveryState
    attempts: int
    next_try_at: Timestamp | None = None
    done_at: Timestamp | None = None
    last_outcome: WebhookOutcome | None = None
    last_status: int | None = None


class WebhookDeliveryPage(msgspec.Struct):
    """A page of deliveries."""

    data: list[WebhookDelivery]
    next_cursor: str | None = None


class WebhookAttempt(msgspec.Struct, kw_only=True):
    """What the endpoint answered once; `answer` is how it began, at most 300 characters."""

    number: int
    at: Timestamp
    duration_ms: int
    outcome: WebhookOutcome
    status: int | None = None
    answer: str = ""


class WebhookDeliveryDetail(WebhookDelivery, kw_only=True):
    """A delivery with the body of its message and its last fifty attempts, newest first."""

    body: dict[str, Any]
    tries: list[WebhookAttempt]


_READ: Final = somewhere(WebhookRight.READ)
_WRITE: Final = somewhere(WebhookRight.WRITE)
_EXAMPLE: Final = {"url": "https://shop.example/webhooks", "kinds": ["instalment.paid"]}
_ONE: Final = "/webhook-endpoints/{id}"

LIST = Operation(
    "webhook_endpoints.list",
    ListWebhookEndpoints,
    WebhookEndpointPage,
    _READ,
    http=GET("/webhook-endpoints", "List webhook endpoints"),
)
ONE = Operation(
    "webhook_endpoints.one",
    OneWebhookEndpoint,
    WebhookEndpoint,
    _READ,
    http=GET(_ONE, "Show a webhook endpoint"),
)
ADD = Operation(
    "webhook_endpoints.add",
    AddWebhookEndpoint,
    WebhookEndpoint,
    _WRITE,
    http=POST("/webhook-endpoints", "Add a webhook endpoint"),
    audit=("webhook_endpoint.added",),
    example=_EXAMPLE,
)
CHANGE = Operation(
    "webhook_endpoints.change",
    ChangeWebhookEndpoint,
    WebhookEndpoint,
    _WRITE,
    http=PATCH(_ONE, "Change a webhook endpoint"),
    audit=("webhook_endpoint.changed",),
    example=_EXAMPLE,
)
DISABLE = Operation(
    "webhook_endpoints.disable",
    DisableWebhookEndpoint,
    WebhookEndpoint,
    _WRITE,
    http=ACT(f"{_ONE}/disable", "Disable a webhook endpoint"),
    audit=("webhook_endpoint.disabled",),
)
ENABLE = Operation(
    "webhook_endpoints.enable",
    EnableWebhookEndpoint,
    WebhookEndpoint,
    _WRITE,
    http=ACT(f"{_ONE}/enable", "Enable a webhook endpoint"),
    audit=("webhook_endpoint.enabled",),
)
REMOVE = Operation(
    "webhook_endpoints.remove",
    RemoveWebhookEndpoint,
    Nothing,
    _WRITE,
    http=DELETE(_ONE, "Remove a webhook endpoint"),
    audit=("webhook_endpoint.removed",),
)
SECRETS = Operation(
    "webhook_endpoints.secrets",
    ShowWebhookSecrets,
    WebhookSecrets,
    _WRITE,
    http=ACT(f"{_ONE}/secrets", "Show the secrets of a webhook endpoint"),
    audit=("webhook_endpoint.secret_shown",),
)
ROTATE = Operation(
    "webhook_endpoints.rotate",
    RotateWebhookSecret,
    WebhookEndpoint,
    _WRITE,
    http=ACT(f"{_ONE}/rotate", "Rotate the secret of a webhook endpoint"),
    audit=("webhook_endpoint.secret_rotated",),
)
TRY = Operation(
    "webhook_endpoints.test",
    TryWebhookEndpoint,
    WebhookDelivery,
    _WRITE,
    http=ACT(f"{_ONE}/test", "Test a webhook endpoint"),
    audit=("webhook_endpoint.tested",),
)
DELIVERIES = Operation(
    "webhook_deliveries.list",
    ListWebhookDeliveries,
    WebhookDeliveryPage,
    _READ,
    http=GET(f"{_ONE}/deliveries", "List the deliveries of a webhook endpoint"),
)
DELIVERY = Operation(
    "webhook_deliveries.one",
    OneWebhookDelivery,
    WebhookDeliveryDetail,
    _READ,
    http=GET("/webhook-deliveries/{id}", "Show a webhook delivery"),
)
RESEND = Operation(
    "webhook_deliveries.resend",
    ResendWebhookDelivery,
    WebhookDelivery,
    _WRITE,
    http=ACT("/webhook-deliveries/{id}/resend", "Send a webhook delivery again"),
    audit=("webhook_delivery.resent",),
)

_OWN: Final = "/merchant/webhook-endpoints/{id}"

OWN_LIST = Operation(
    "merchant_webhook_endpoints.list",
    ListOwnWebhookEndpoints,
    WebhookEndpointPage,
    INTEGRATOR,
    http=GET("/merchant/webhook-endpoints", "List your webhook endpoints"),
)
OWN_ONE = Operation(
    "merchant_webhook_endpoints.one",
    OneWebhookEndpoint,
    WebhookEndpoint,
    INTEGRATOR,
    http=GET(_OWN, "Show one of your webhook endpoints"),
)
OWN_ADD = Operation(
    "merchant_webhook_endpoints.add",
    AddOwnWebhookEndpoint,
    WebhookEndpoint,
    INTEGRATOR,
    http=POST("/merchant/webhook-endpoints", "Add a webhook endpoint of your company"),
    example=_EXAMPLE,
)
OWN_CHANGE = Operation(
    "merchant_webhook_endpoints.change",
    ChangeOwnWebhookEndpoint,
    WebhookEndpoint,
    INTEGRATOR,
    http=PATCH(_OWN, "Change one of your webhook endpoints"),
    example=_EXAMPLE,
)
OWN_REMOVE = Operation(
    "merchant_webhook_endpoints.remove",
    RemoveWebhookEndpoint,
    Nothing,
    INTEGRATOR,
    http=DELETE(_OWN, "Remove one of your webhook endpoints"),
)
OWN_SECRETS = Operation(
    "merchant_webhook_endpoints.secrets",
    ShowWebhookSecrets,
    WebhookSecrets,
    INTEGRATOR,
    http=ACT(
        f"{_OWN}/secrets",
        "Show the secrets of one of your webhook endpoints",
        "What its messages are checked with, the newest first.",
    ),
)
OWN_ROTATE = Operation(
    "merchant_webhook_endpoints.rotate",
    RotateOwnWebhookSecret,
    WebhookEndpoint,
    INTEGRATOR,
    http=ACT(f"{_OWN}/rotate", "Rotate the secret of one of your webhook endpoints"),
)
OWN_TRY = Operation(
    "merchant_webhook_endpoints.test",
    TryOwnWebhookEndpoint,
    WebhookDelivery,
    INTEGRATOR,
    http=ACT(f"{_OWN}/test", "Test one of your webhook endpoints"),
)
OWN_DELIVERIES = Operation(
    "merchant_webhook_deliveries.list",
    ListWebhookDeliveries,
    WebhookDeliveryPage,
    INTEGRATOR,
    http=GET(f"{_OWN}/deliveries", "List the deliveries of one of your webhook endpoints"),
)
OWN_DELIVERY = Operation(
    "merchant_webhook_deliveries.one",
    OneWebhookDelivery,
    WebhookDeliveryDetail,
    INTEGRATOR,
    http=GET("/merchant/webhook-deliveries/{id}", "Show one of your webhook deliveries"),
)
OWN_RESEND = Operation(
    "merchant_webhook_deliveries.resend",
    ResendOwnWebhookDelivery,
    WebhookDelivery,
    INTEGRATOR,
    http=ACT("/merchant/webhook-deliveries/{id}/resend", "Send one of your webhook deliveries again"),
)
