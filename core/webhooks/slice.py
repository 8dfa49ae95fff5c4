"""What webhooks bring to the processes: endpoints and their log on the desk, messages that leave the worker.

Environment of desk and worker: GUICHET_WEBHOOK_KEY_FILE, GUICHET_WEBHOOK_LOOPBACK (see settings.py).
"""

from typing import Final

import structlog

from core.contracts import webhooks as ask
from core.db.queries import load_beside
from core.runtime.jobs import Job
from core.runtime.manifest import Names, Parts, Served, Slice, placed, serves
from core.runtime.retention import RetentionRule
from core.webhooks.handlers import DeliveryHandlers, EndpointHandlers
from core.webhooks.settings import webhook_settings
from observability.process import SettingRefused

_SQL: Final = load_beside(__file__)

_log = structlog.get_logger("core.webhooks")


def _jobs(parts: Parts) -> list[Job]:
    from core.webhooks.delivering import Deliverer  # noqa: PLC0415 - only who sends pays for it.
    from core.webhooks.sending import Sender  # noqa: PLC0415

    try:
        settings = webhook_settings(parts.environment)
    except SettingRefused as refused:
        _log.warning("webhooks_wait", reason=str(refused))
        return []

    def serving(*, failing: bool) -> Deliverer:
        return Deliverer(
            parts.pool,
            parts.clock,
            settings.seal,
            lambda: Sender(loopback=settings.loopback),
            failing=failing,
        )

    return [
        Job("webhooks", 0.0, serving(failing=False).serve),
        Job("webhooks_failing", 0.0, serving(failing=True).serve),
    ]


def _operations(parts: Parts) -> list[Served]:
    endpoints = EndpointHandlers(parts.pool, parts.clock, webhook_settings(parts.environment))
    deliveries = DeliveryHandlers(parts.pool, parts.clock)
    return [
        serves(ask.LIST, endpoints.endpoints),
        serves(ask.ONE, endpoints.endpoint),
        serves(ask.ADD, endpoints.add),
        serves(ask.CHANGE, endpoints.change),
        serves(ask.DISABLE, endpoints.disable),
        serves(ask.ENABLE, endpoints.enable),
        serves(ask.REMOVE, endpoints.remove),
        serves(ask.SECRETS, endpoints.secrets),
        serves(ask.ROTATE, endpoints.rotate),
        serves(ask.TRY, endpoints.try_it),
        serves(ask.DELIVERIES, deliveries.deliveries),
        serves(ask.DELIVERY, deliveries.delivery),
        serves(ask.RESEND, deliveries.resend),
    ]


SLICE: Final = Slice(
    "webhooks",
    operations=_operations,
    jobs=_jobs,
    retention=(
        RetentionRule("webhook_event", _SQL.prune_events, "GUICHET_KEEP_WEBHOOKS_DAYS", days=90, days_min=7),
    ),
    names=Names(frozenset({"webhook_endpoint"}), _SQL.record_names, placed),
)
