"""No page shows a bare hour of Paris for what happened at a store that lives by another clock."""

from __future__ import annotations

import re
import uuid
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Final, NamedTuple

import asyncpg
import pytest

from core.contracts.reasons import Reason
from core.contracts.states import Kind, State
from core.values.ids import encode_id, rrn_of
from core.values.timestamps import timestamp
from core.values.zones import zone_of
from portals.agent.app import compose
from portals.kit import formats
from portals.kit.formats import PARIS
from tests.integration.portals.conftest import Walk
from tests.integration.portals.test_any_address import _PLACE, _place, _routes
from tests.support.desk import add_attempt

PLACES: Final = {
    "America/Guadeloupe": "en Guadeloupe",
    "Indian/Reunion": "à La Réunion",
    "Europe/Paris": "",
}
_TIME = re.compile(
    r'<time datetime="([^"]+)" title="([^"]*)">([^<]*)</time>(?: <small class="there">([^<]*)</small>)?'
)
_TAG = re.compile(r"<[^>]+>")
_HOUR = re.compile(r"\d\d:\d\d")
_SCRIPT = re.compile(r"<script\b.*?</script>", re.DOTALL)


class Shop(NamedTuple):
    """A store, its terminal and a payment there; all that is of it happened at one moment, known by its second."""

    time_zone: str
    terminal: str
    terminal_id: str
    store_id: str
    transaction_id: str
    advice_id: str
    alert_id: str
    rrn: str
    at: datetime

    @property
    def there(self) -> str:
        """Return the hour there, its day where that is another, and where."""
        there = self.at.astimezone(zone_of(self.time_zone))
        elsewhere = there.date() != self.at.astimezone(PARIS).date()
        day = (
            formats.day(there.replace(tzinfo=PARIS), "fr").rpartition(formats.FIXED)[0] + " "
            if elsewhere
            else ""
        )
        return f"{day}{there:%H:%M} {PLACES[self.time_zone]}"


@pytest.fixture(scope="module")
async def shops(walk: Walk) -> list[Shop]:
    """One in Guadeloupe, one in Réunion and one in Paris, each with everything that has an hour."""
    rows = await asyncpg.connect(walk.dsn)
    terminals = await rows.fetch(
        "SELECT DISTINCT ON (t.store_id) t.id, t.terminal, t.store_id FROM terminal t JOIN service v ON v.id = t.service_id"
        " WHERE v.kind = 'pax' AND t.activated_at IS NOT NULL ORDER BY t.store_id, t.terminal LIMIT 3"
    )
    minute = datetime.now(UTC).replace(second=0, microsecond=0) - timedelta(minutes=2)
    made = [
        await _shop(rows, row, zone, minute + timedelta(seconds=second, milliseconds=123))
        for row, zone, second in zip(terminals, PLACES, (17, 23, 41), strict=True)
    ]
    await rows.close()
    return made


async def _shop(rows: asyncpg.Connection, row: asyncpg.Record, zone: str, at: datetime) -> Shop:
    await rows.execute("UPDATE store SET time_zone = $2 WHERE id = $1", row["store_id"], zone)
    paid = await add_attempt(
        rows, terminal=row["terminal"], state=State.UNKNOWN, reason=int(Reason.HOST_NO_REPLY)
    )
    advice = await add_attempt(
        rows, terminal=row["terminal"], kind=Kind.ADVICE, state=State.CAPTURED, captured_minor=1250
    )
    for raw in (paid, advice):
        await rows.execute(
            "UPDATE attempt SET received_at = $2, sent_at = $2, decided_at = $2 WHERE id = $1",
            uuid.UUID(bytes=raw),
            at,
        )
        await rows.execute(
            "INSERT INTO event (attempt_id, business_date, kind, state, reason, at)"
            " SELECT id, business_date, 2, state, reason, $2 FROM attempt WHERE id = $1",
            uuid.UUID(bytes=raw),
            at,
        )
    await rows.execute(
        "INSERT INTO doubt (attempt_id, business_date, cause, at)"
        " SELECT id, business_date, 'amount', $2 FROM attempt WHERE id = $1",
        uuid.UUID(bytes=advice),
        at,
    )
    await rows.execute(
        "INSERT INTO delivery (attempt_id, business_date, kind, reason, amount_minor, acquirer_id, due_at, created_at)"
        " SELECT id, business_date, 1, reason, amount_minor, acquirer_id, $2, $2::timestamptz - interval '1 day'"
        " FROM attempt WHERE id = $1",
        uuid.UUID(bytes=paid),
        at,
    )
    await rows.execute(
        "INSERT INTO terminal_presence (terminal_id, edge, connected, last_seen_at) VALUES ($1, 'edge-1', false, $2)"
        " ON CONFLICT (terminal_id) DO UPDATE SET connected = false, last_seen_at = $2",
        row["id"],
        at,
    )
    await rows.execute(
        "INSERT INTO terminal_event (terminal_id, at, kind, reason) VALUES ($1, $2, 'refused', $3)",
        row["id"],
        at,
        int(Reason.TERMINAL_BLOCKED),
    )
    await rows.execute(
        "INSERT INTO block (target_kind, target_id, reason, blocked_by, blocked_at)"
        " SELECT 3, $1, 'an hour of its own', id, $2 FROM agent WHERE email = 'admin@guichet.example'",
        row["id"],
        at,
    )
    alert: uuid.UUID | None = await rows.fetchval(
        "INSERT INTO alert (rule_id, severity, subject_kind, subject_key, subject_id, label, store_id, measured, volume,"
        " opened_at, seen_at) SELECT id, 'warning', 'store', $1::uuid::text, $1, 'A store', $1, 1, 1, $2, $2"
        " FROM alert_rule ORDER BY id LIMIT 1 RETURNING id",
        row["store_id"],
        at,
    )
    assert alert is not None
    return Shop(
        zone,
        row["terminal"],
        encode_id("terminal", row["id"].bytes),
        encode_id("store", row["store_id"].bytes),
        encode_id("transaction", paid),
        encode_id("transaction", advice),
        encode_id("alert", alert.bytes),
        rrn_of(paid),
        at,
    )


def _addresses(walk: Walk, shops: list[Shop]) -> Iterator[str]:
    """Yield every page of the portal, those of records once for each shop."""
    pages = frozenset(_routes(walk.kit, "GET"))
    for route in sorted({route.path for route in compose(walk.kit).routes}):
        if "/live" in route or route.endswith("/export"):
            continue
        plain = _PLACE.sub(_place, route)
        if plain not in pages:
            continue
        for shop in shops if "{" in route else shops[:1]:
            own = {"transaction": shop.transaction_id, "terminal": shop.terminal_id, "store": shop.store_id}
            for name in own | {"alert": shop.alert_id}:
                route_of = f"/{name}s/{{"
                if route.startswith(route_of):
                    yield _PLACE.sub((own | {"alert": shop.alert_id})[name], route)
            if route.startswith("/journals/{"):
                yield from (_PLACE.sub(one, route) for one in (shop.terminal_id, shop.store_id))
        yield plain
    yield "/transactions?period=today"
    yield "/blocks?all=1"
    yield "/search?q=0014"
    for shop in shops:
        yield f"/transactions?period=today&store={shop.store_id}"
        yield f"/transactions?open={shop.transaction_id}"
        yield f"/transactions/{shop.advice_id}"
        yield f"/terminals?query={shop.terminal}"
        yield f"/search/suggestions?q={shop.rrn}"


def _bare_hours(page: str, shops: list[Shop], seen: Counter[str]) -> Iterator[str]:
    """Yield what stands of a shop's moment without the hour of the shop, and of one in Paris with one."""
    of_second = {shop.at.second: shop for shop in shops}
    known = {timestamp(shop.at): shop for shop in shops}
    for moment, title, words, there in _TIME.findall(page):
        shop = known.get(moment)
        if shop is None:
            continue
        seen[shop.time_zone] += 1
        if not PLACES[shop.time_zone]:
            if there or any(place in title for place in PLACES.values() if place):
                yield f"a second hour in Paris: {title!r} {there!r}"
        elif not unescape(title).endswith(f", {shop.there}"):
            yield f"the title is {title!r}, the hour there {shop.there!r}"
        elif _HOUR.search(words) and unescape(there) != shop.there:
            yield f"{words!r} has {there!r} beside it, the hour there is {shop.there!r}"
    text = unescape(_TAG.sub(" ", _TIME.sub(" ", _SCRIPT.sub(" ", page))))
    for second, shop in of_second.items():
        if f"{shop.at.astimezone(PARIS):%H:%M}:{second}" in text and PLACES[shop.time_zone]:
            place = text.index(f"{shop.at.astimezone(PARIS):%H:%M}:{second}")
            yield f"an hour outside of any <time>, of {shop.time_zone}: {' '.join(text[place - 40 : place + 40].split())}"


async def test_no_page_shows_a_bare_hour_for_what_happened_overseas(walk: Walk, shops: list[Shop]) -> None:
    faults: list[str] = []
    seen: Counter[str] = Counter()
    pages: Counter[str] = Counter()
    for address in _addresses(walk, shops):
        answer = await walk.client.get(address, headers={"cookie": walk.cookies})
        assert answer.status_code < 500, address
        before = seen.total()
        faults += [f"{address}: {fault}" for fault in _bare_hours(answer.text, shops, seen)]
        if seen.total() > before:
            pages[re.sub(r"[a-z]{3}_[0-9a-z]{26}", "ID", address).partition("=")[0]] += 1
    assert not faults, f"{len(faults)}:\n" + "\n".join(sorted(set(faults))[:40])
    # The walk would be worth nothing if it met none of them.
    assert {
        "/",
        "/transactions",
        "/transactions/ID",
        "/terminals",
        "/terminals/ID",
        "/stores/ID",
        "/journals/ID",
        "/to-check",
        "/blocks",
        "/alerts",
        "/alerts/ID",
        "/search?q",
        "/search/suggestions?q",
    } <= set(pages), sorted(pages)
    assert min(seen.values()) > 10
    assert len(seen) == len(PLACES)


async def test_the_walk_would_find_a_bare_hour(shops: list[Shop]) -> None:
    shop = shops[0]
    hour = f"{shop.at.astimezone(PARIS):%H:%M:%S}"
    moment = timestamp(shop.at)
    bare = f'<p><time datetime="{moment}" title="28 nov. 2026 à {hour}.123">{hour}</time></p>'
    titled = f'<p><time datetime="{moment}" title="{hour}, {shop.there}">{hour}</time></p>'
    whole = titled.replace("</p>", f' <small class="there">{shop.there}</small></p>')
    found = [list(_bare_hours(page, shops, Counter())) for page in (bare, titled, f"<td>{hour}</td>", whole)]
    assert [len(one) for one in found] == [1, 1, 1, 0]
