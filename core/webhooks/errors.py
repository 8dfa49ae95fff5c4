"""Refusals of webhooks."""

from core.contracts.refusals import FieldRefused, Refused
from core.webhooks.rules import ENDPOINTS_MAX


class UrlRefused(FieldRefused):
    """An address that no message may be sent to."""

    def __init__(self, code: str) -> None:
        super().__init__("url", f"url_{code}")


class TooManyEndpoints(Refused):
    """The company has as many endpoints as any may."""

    def __init__(self) -> None:
        super().__init__("too_many_webhook_endpoints", {"limit": ENDPOINTS_MAX})


class TooManySecrets(Refused):
    """As many secrets as may be are in use: one of them must end first."""

    def __init__(self) -> None:
        super().__init__("too_many_webhook_secrets")


class EndpointDisabled(Refused):
    """Nothing is sent to the endpoint: enable it first."""

    def __init__(self) -> None:
        super().__init__("webhook_endpoint_disabled")


class EndpointRemoved(Refused):
    """The endpoint is gone, so that nothing can be sent to it again."""

    def __init__(self) -> None:
        super().__init__("webhook_endpoint_removed")
