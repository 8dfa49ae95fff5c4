"""Webhooks: what merchants' own systems are told, as it happens (API-2)."""

from typing import Literal

from core.contracts.ids import Id

WebhookKind = Literal[
    "order.activated",
    "order.cancelled",
    "instalment.paid",
    "instalment.unpaid",
    "refund.sent",
    "endpoint.tested",
]


class WebhookEndpointId(Id, kind="webhook_endpoint", prefix="wep"):
    """An address of a company that is told of events."""


class WebhookEventId(Id, kind="webhook_event", prefix="whk"):
    """What a company is told; `webhook-id` of each message that tells it."""


class WebhookDeliveryId(Id, kind="webhook_delivery", prefix="whd"):
    """An event on its way to an endpoint."""
