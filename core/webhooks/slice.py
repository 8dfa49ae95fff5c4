"""What webhooks bring to the processes: endpoints and their log on the desk, messages that leave the worker.

Environment of desk and worker: GUICHET_WEBHOOK_KEY_FILE, GUICHET_WEBHOOK_LOOPBACK (see settings.py).
"""

from typing import Final

import structlog

from core.contracts import webhooks as ask
from core.contracts.ids import CompanyId
from core.db.queries import load_beside
from core.identity.api import Integrator
from core.runtime.jobs import Job
from core.runtime.manifest import Names, Parts, Served, Slice, placed, serves
from core.runtime.retention import RetentionRule
from core.webhooks.callers import of_agent, of_program
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
        serves(ask.LIST, of_agent(endpoints.endpoints)),
        serves(ask.ONE, of_agent(endpoints.endpoint)),
        serves(ask.ADD, of_agent(endpoints.add)),
        serves(ask.CHANGE, of_agent(endpoints.change)),
        serves(ask.DISABLE, of_agent(endpoints.disable)),
        serves(ask.ENABLE, of_agent(endpoints.enable)),
        serves(ask.REMOVE, of_agent(endpoints.remove)),
        serves(ask.SECRETS, of_agent(endpoints.secrets)),
        serves(ask.ROTATE, of_agent(endpoints.rotate)),
        serves(ask.TRY, of_agent(endpoints.try_it)),
        serves(ask.DELIVERIES, of_agent(deliveries.deliveries)),
        serves(ask.DELIVERY, of_agent(deliveries.delivery)),
        serves(ask.RESEND, of_agent(deliveries.resend)),
        serves(ask.OWN_LIST, of_program(endpoints.endpoints, _own_list)),
        serves(ask.OWN_ONE, of_program(endpoints.endpoint)),
        serves(ask.OWN_ADD, of_program(endpoints.add, _own_add)),
        serves(ask.OWN_CHANGE, of_program(endpoints.change)),
        serves(ask.OWN_REMOVE, of_program(endpoints.remove)),
        serves(ask.OWN_SECRETS, of_program(endpoints.secrets)),
        serves(ask.OWN_ROTATE, of_program(endpoints.rotate)),
        serves(ask.OWN_TRY, of_program(endpoints.try_it)),
        serves(ask.OWN_DELIVERIES, of_program(deliveries.deliveries)),
        serves(ask.OWN_DELIVERY, of_program(deliveries.delivery)),
        serves(ask.OWN_RESEND, of_program(deliveries.resend)),
    ]


def _own_list(caller: Integrator, request: ask.ListOwnWebhookEndpoints) -> ask.ListWebhookEndpoints:
    company = CompanyId(caller.company_id)
    return ask.ListWebhookEndpoints(company=company, limit=request.limit, cursor=request.cursor)


def _own_add(caller: Integrator, request: ask.AddOwnWebhookEndpoint) -> ask.AddWebhookEndpoint:
    return ask.AddWebhookEndpoint(
        company=CompanyId(caller.company_id),
        url=request.url,
        description=request.description,
        kinds=request.kinds,
        idempotency_key=request.idempotency_key,
    )


SLICE: Final = Slice(
    "webhooks",
    operations=_operations,
    jobs=_jobs,
    retention=(
        RetentionRule("webhook_event", _SQL.prune_events, "GUICHET_KEEP_WEBHOOKS_DAYS", days=90, days_min=7),
    ),
    names=Names(frozenset({"webhook_endpoint"}), _SQL.record_names, placed),
)
