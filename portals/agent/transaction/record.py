"""One transaction as the page shows it: what the gateway says, and the hops laid out as bars."""

from __future__ import annotations

import asyncio
from typing import Any
from urllib.parse import urlencode

from portals.agent.transaction.causes import cause_of, result_of
from portals.kit.formats import PARIS, parse_time
from portals.kit.gateway import Json
from portals.kit.records import beside, path_part
from portals.kit.visit import Visit

_BAR_SHARE_MIN = 0.6


async def load_record(visit: Visit, transaction_id: str) -> dict[str, Any]:
    """Return what record.html shows. Raises: GatewayProblem, GatewayDown."""
    transaction_id = path_part(transaction_id)
    transaction, approvals, levels = await asyncio.gather(
        visit.gateway.get(f"/v1/transactions/{transaction_id}"),
        beside(visit, "/v1/approvals", [("target", transaction_id)]),
        beside(visit, f"/v1/transactions/{transaction_id}/diagnosis"),
    )
    for event in transaction.get("events") or []:
        event["cause_words"] = cause_of(
            visit.words, str(event.get("cause") or ""), str(event.get("kind") or "")
        )
    for delivery in transaction.get("deliveries") or []:
        delivery["result_words"] = result_of(visit.words, str(delivery.get("last_result") or ""))
    return {
        "tx": transaction,
        "approvals": approvals.get("data") or [],
        "levels": {**levels, "levels": [_with_proof(level) for level in levels.get("levels") or []]},
        "hops": lay_out_hops(transaction.get("hops") or []),
        "total_ms": _total_ms(transaction.get("hops") or []),
    }


def _with_proof(level: Json) -> Json:
    """Return a level with the query of the list that shows the rows behind it."""
    proof = level.get("proof") or {}
    pairs = [(name, str(proof[name])) for name in ("figure", "terminal", "store", "brand") if proof.get(name)]
    pairs.append(("period", "custom"))
    for name in ("from", "to"):
        moment = parse_time(proof.get(name))
        if moment is not None:
            # The fields of the list hold Paris time without saying so.
            pairs.append((name, moment.astimezone(PARIS).strftime("%Y-%m-%dT%H:%M")))
    return {**level, "query": urlencode(pairs)}


def lay_out_hops(hops: list[Json]) -> list[Json]:
    """Return hops with `left` and `width` in percent of the whole, in the order they began."""
    starts = [parse_time(hop.get("started_at")) for hop in hops]
    known = [start for start in starts if start is not None]
    if not known:
        return [{**hop, "left": 0, "width": 0} for hop in hops]
    origin = min(known)
    offsets = [((start or origin) - origin).total_seconds() * 1000 for start in starts]
    total = max(
        (offset + float(hop.get("duration_ms") or 0) for offset, hop in zip(offsets, hops, strict=True)),
        default=0,
    )
    laid = []
    for offset, hop in sorted(zip(offsets, hops, strict=True), key=lambda pair: pair[0]):
        width = max(_BAR_SHARE_MIN, 100 * float(hop.get("duration_ms") or 0) / total) if total else 100
        left = min(100 * offset / total, 100 - width) if total else 0
        laid.append({**hop, "left": round(max(left, 0), 2), "width": round(min(width, 100), 2)})
    return laid


def _total_ms(hops: list[Json]) -> float | None:
    """Return the time from the first hop's start to the last one's end."""
    spans = [
        (start, float(hop.get("duration_ms") or 0))
        for hop in hops
        if (start := parse_time(hop.get("started_at"))) is not None
    ]
    if not spans:
        return None
    origin = min(start for start, _ in spans)
    return max((start - origin).total_seconds() * 1000 + duration for start, duration in spans)
