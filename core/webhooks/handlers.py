"""Endpoints of companies and the log of their messages, for agents and, within one company, for its own systems."""

import secrets
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any

import asyncpg
import msgspec

from core.contracts import webhooks as ask
from core.contracts.listing import Nothing, Written
from core.contracts.refusals import FieldRefused, NotFound
from core.contracts.scope import Scope
from core.db.rows import Connection
from core.identity.api import WriteOnce, record_action, refuse_if_stale, refuse_repeat_of_another
from core.values.clock import Clock, to_unix_us
from core.values.cursors import id_in, page_of
from core.values.timestamps import timestamp, timestamp_or_none
from core.webhooks import errors, store
from core.webhooks.callers import WebhookCaller
from core.webhooks.rules import ENDPOINTS_MAX, SECRETS_IN_USE_MAX, fault_of_url
from core.webhooks.settings import WebhookSettings
from core.webhooks.signing import SECRET_BYTES, secret_text


class EndpointHandlers:
    """Operations on endpoints. Secrets are shown by an operation of their own, whose answer nothing keeps."""

    def __init__(self, pool: asyncpg.Pool, clock: Clock, settings: WebhookSettings) -> None:
        self._pool = pool
        self._clock = clock
        self._settings = settings
        self._write = WriteOnce(pool, clock)

    async def endpoints(
        self, caller: WebhookCaller, request: ask.ListWebhookEndpoints
    ) -> ask.WebhookEndpointPage:
        """Return a page of endpoints. Raises: CursorMalformed."""
        scope = caller.scope_of(ask.WebhookRight.READ)
        before = id_in("webhook_endpoint", request.cursor)
        found = await store.list_endpoints(self._pool, scope, self._clock.now(), asked=request, before=before)
        return ask.WebhookEndpointPage(*page_of(found, request.limit, lambda last: (last.id,)))

    async def endpoint(self, caller: WebhookCaller, request: ask.OneWebhookEndpoint) -> ask.WebhookEndpoint:
        """Return one endpoint. Raises: NotFound."""
        return await self._one(self._pool, caller.scope_of(ask.WebhookRight.READ), request.id)

    async def add(self, caller: WebhookCaller, request: ask.AddWebhookEndpoint) -> Written:
        """Add an endpoint with a secret. Raises: NotFound, UrlRefused, FieldRefused, TooManyEndpoints, KeyReused."""
        self._refuse_url(request.url)
        now = self._clock.now()
        scope = caller.scope_of(ask.WebhookRight.WRITE)

        async def effect(connection: Connection) -> bytes:
            company = await store.lock_company(connection, scope, request.company)
            if company is None:
                raise NotFound
            if company["endpoints"] >= ENDPOINTS_MAX:
                raise errors.TooManyEndpoints
            made = await store.add_endpoint(connection, request, now)
            if made is None:
                raise FieldRefused("url", "taken")
            await self._add_secret(connection, made, now)
            facts = {"company": company["legal_name"], "url": request.url, "webhook_kinds": request.kinds}
            await self._record(connection, caller, "webhook_endpoint.added", made, facts, now)
            return msgspec.json.encode(await self._one(connection, scope, made))

        return await self._write(caller, request, effect)

    async def change(self, caller: WebhookCaller, request: ask.ChangeWebhookEndpoint) -> Written:
        """Write every field. Raises: NotFound, UrlRefused, FieldRefused, ChangedMeanwhile, KeyReused."""
        self._refuse_url(request.url)

        async def effect(connection: Connection, before: asyncpg.Record, now: datetime) -> dict[str, Any]:
            await refuse_if_stale(
                connection,
                target_kind="webhook_endpoint",
                target_id=request.id,
                read=request.revision,
                present=to_unix_us(before["changed_at"]),
            )
            if not await store.change_endpoint(connection, request, now):
                raise FieldRefused("url", "taken")
            return {"url": request.url, "webhook_kinds": request.kinds}

        return await self._act(caller, request, "webhook_endpoint.changed", effect)

    async def disable(self, caller: WebhookCaller, request: ask.DisableWebhookEndpoint) -> Written:
        """Send nothing more. Raises: NotFound, DoneByAnother, KeyReused."""

        async def effect(
            connection: Connection, before: asyncpg.Record, now: datetime
        ) -> dict[str, Any] | None:
            if before["disabled_at"] is not None:
                await self._refuse_repeat(connection, caller, request.id, "webhook_endpoint.disabled")
                return None
            await store.disable_endpoint(connection, request.id, now)
            return {"url": before["url"], "reason": request.reason}

        return await self._act(caller, request, "webhook_endpoint.disabled", effect)

    async def enable(self, caller: WebhookCaller, request: ask.EnableWebhookEndpoint) -> Written:
        """Send again, with what waits. Raises: NotFound, DoneByAnother, KeyReused."""

        async def effect(
            connection: Connection, before: asyncpg.Record, now: datetime
        ) -> dict[str, Any] | None:
            if before["disabled_at"] is None:
                await self._refuse_repeat(connection, caller, request.id, "webhook_endpoint.enabled")
                return None
            await store.enable_endpoint(connection, request.id, now)
            return {"url": before["url"]}

        return await self._act(caller, request, "webhook_endpoint.enabled", effect)

    async def rotate(self, caller: WebhookCaller, request: ask.RotateWebhookSecret) -> Written:
        """Sign with a new secret, and for a while with those before. Raises: NotFound, TooManySecrets, KeyReused."""

        async def effect(connection: Connection, before: asyncpg.Record, now: datetime) -> dict[str, Any]:
            ends_at = now + timedelta(hours=request.overlap_hours)
            in_use = await store.secrets_in_use(connection, request.id, now)
            if request.overlap_hours and len(in_use) >= SECRETS_IN_USE_MAX:
                raise errors.TooManySecrets
            await store.end_secrets(connection, request.id, ends_at)
            await self._add_secret(connection, request.id, now)
            return {"url": before["url"], "hours": request.overlap_hours}

        return await self._act(caller, request, "webhook_endpoint.secret_rotated", effect)

    async def remove(self, caller: WebhookCaller, request: ask.RemoveWebhookEndpoint) -> Nothing:
        """Send nothing more, and drop what waits. Raises: NotFound."""
        now = self._clock.now()
        async with self._pool.acquire() as connection, connection.transaction():
            before = await self._locked(connection, caller, request.id)
            await store.remove_endpoint(connection, request.id, now)
            facts = {"url": before["url"]}
            await self._record(connection, caller, "webhook_endpoint.removed", request.id, facts, now)
        return Nothing()

    async def secrets(self, caller: WebhookCaller, request: ask.ShowWebhookSecrets) -> ask.WebhookSecrets:
        """Show the secrets in use; the audit keeps who saw them. Raises: NotFound."""
        now = self._clock.now()
        async with self._pool.acquire() as connection, connection.transaction():
            before = await self._locked(connection, caller, request.id)
            in_use = await store.secrets_in_use(connection, request.id, now)
            facts = {"url": before["url"]}
            await self._record(connection, caller, "webhook_endpoint.secret_shown", request.id, facts, now)
        shown: list[ask.WebhookSecret] = []
        for each in in_use:
            secret = self._settings.seal.unseal(request.id, each.sealed)
            if secret is not None:
                text = secret_text(secret)
                shown.append(
                    ask.WebhookSecret(text, timestamp(each.made_at), timestamp_or_none(each.ends_at))
                )
        return ask.WebhookSecrets(shown)

    async def try_it(self, caller: WebhookCaller, request: ask.TryWebhookEndpoint) -> Written:
        """Send an event that tells of nothing. Raises: NotFound, EndpointDisabled, KeyReused."""
        now = self._clock.now()

        async def effect(connection: Connection) -> bytes:
            before = await self._locked(connection, caller, request.id)
            if before["disabled_at"] is not None:
                raise errors.EndpointDisabled
            facts = {"endpoint": request.id.text, "asked_by": caller.name}
            made = await store.add_event_for(
                connection, request.id, kind="endpoint.tested", facts=facts, at=now
            )
            told = {"url": before["url"]}
            await self._record(connection, caller, "webhook_endpoint.tested", request.id, told, now)
            scope = caller.scope_of(ask.WebhookRight.WRITE)
            (row,) = await store.list_deliveries(connection, scope, delivery_id=made)
            return msgspec.json.encode(store.delivery_of(row))

        return await self._write(caller, request, effect)

    async def _act(
        self,
        caller: WebhookCaller,
        request: Any,
        kind: str,
        effect: Callable[[Connection, asyncpg.Record, datetime], Awaitable[dict[str, Any] | None]],
    ) -> Written:
        """Do something to a locked endpoint and answer with it; the facts that `effect` returns go to the audit."""
        now = self._clock.now()

        async def act(connection: Connection) -> bytes:
            before = await self._locked(connection, caller, request.id)
            facts = await effect(connection, before, now)
            if facts is not None:
                await self._record(connection, caller, kind, request.id, facts, now)
            scope = caller.scope_of(ask.WebhookRight.WRITE)
            return msgspec.json.encode(await self._one(connection, scope, request.id))

        return await self._write(caller, request, act)

    @staticmethod
    async def _refuse_repeat(
        connection: Connection, caller: WebhookCaller, endpoint_id: bytes, kind: str
    ) -> None:
        if caller.agent is not None:
            await refuse_repeat_of_another(connection, caller.agent, endpoint_id, kind)

    async def _locked(
        self, connection: Connection, caller: WebhookCaller, endpoint_id: bytes
    ) -> asyncpg.Record:
        found = await store.lock_endpoint(connection, caller.scope_of(ask.WebhookRight.WRITE), endpoint_id)
        if found is None:
            raise NotFound
        return found

    async def _one(self, connection: Connection, scope: Scope, endpoint_id: bytes) -> ask.WebhookEndpoint:
        found = await store.list_endpoints(connection, scope, self._clock.now(), endpoint_id=endpoint_id)
        if not found:
            raise NotFound
        return found[0]

    async def _add_secret(self, connection: Connection, endpoint_id: bytes, now: datetime) -> None:
        sealed = self._settings.seal.seal(endpoint_id, secrets.token_bytes(SECRET_BYTES))
        await store.add_secret(connection, endpoint_id, sealed, now)

    def _refuse_url(self, url: str) -> None:
        fault = fault_of_url(url, loopback=self._settings.loopback)
        if fault is not None:
            raise errors.UrlRefused(fault)

    @staticmethod
    async def _record(
        connection: Connection,
        caller: WebhookCaller,
        kind: str,
        endpoint_id: bytes,
        facts: dict[str, Any],
        now: datetime,
    ) -> None:
        await record_action(
            connection,
            agent_id=caller.actor_id,
            at=now,
            kind=kind,
            target_kind="webhook_endpoint",
            target_id=endpoint_id,
            facts=facts,
        )


class DeliveryHandlers:
    """Operations on the log of messages."""

    def __init__(self, pool: asyncpg.Pool, clock: Clock) -> None:
        self._pool = pool
        self._clock = clock
        self._write = WriteOnce(pool, clock)

    async def deliveries(
        self, caller: WebhookCaller, request: ask.ListWebhookDeliveries
    ) -> ask.WebhookDeliveryPage:
        """Return a page of an endpoint's deliveries. Raises: NotFound, CursorMalformed."""
        scope = caller.scope_of(ask.WebhookRight.READ)
        before = id_in("webhook_delivery", request.cursor)
        async with self._pool.acquire() as connection:
            if not await store.is_seen(connection, scope, request.id):
                raise NotFound
            rows = await store.list_deliveries(connection, scope, asked=request, before=before)
        found = [store.delivery_of(row) for row in rows]
        return ask.WebhookDeliveryPage(*page_of(found, request.limit, lambda last: (last.id,)))

    async def delivery(
        self, caller: WebhookCaller, request: ask.OneWebhookDelivery
    ) -> ask.WebhookDeliveryDetail:
        """Return one delivery with its body and attempts. Raises: NotFound."""
        async with self._pool.acquire() as connection:
            rows = await store.list_deliveries(
                connection, caller.scope_of(ask.WebhookRight.READ), delivery_id=request.id
            )
            if not rows:
                raise NotFound
            return store.delivery_detail_of(rows[0], await store.list_attempts(connection, request.id))

    async def resend(self, caller: WebhookCaller, request: ask.ResendWebhookDelivery) -> Written:
        """Send it again. Raises: NotFound, EndpointDisabled, EndpointRemoved, KeyReused."""
        now = self._clock.now()
        scope = caller.scope_of(ask.WebhookRight.WRITE)

        async def effect(connection: Connection) -> bytes:
            found = await store.lock_delivery(connection, scope, request.id)
            if found is None:
                raise NotFound
            if found["removed"]:
                raise errors.EndpointRemoved
            if found["disabled"]:
                raise errors.EndpointDisabled
            await store.send_again(connection, request.id, now)
            await record_action(
                connection,
                agent_id=caller.actor_id,
                at=now,
                kind="webhook_delivery.resent",
                target_kind="webhook_delivery",
                target_id=request.id,
                facts={"url": found["url"], "webhook_kind": found["kind"]},
            )
            (row,) = await store.list_deliveries(connection, scope, delivery_id=request.id)
            return msgspec.json.encode(store.delivery_of(row))

        return await self._write(caller, request, effect)
