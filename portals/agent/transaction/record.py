"""One transaction as the page shows it: what the gateway says, and the hops laid out as bars."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from portals.kit.desk import Desk
from portals.kit.formats import parse_time
from portals.kit.gateway import Json

_BAR_SHARE_MIN = 0.6


async def load_record(desk: Desk, transaction_id: str) -> dict[str, Any]:
    """Return what record.html shows. Raises: GatewayProblem, GatewayDown."""
    transaction = await desk.gateway.get(f"/v1/transactions/{path_part(transaction_id)}")
    return {
        "tx": transaction,
        "hops": lay_out_hops(transaction.get("hops") or []),
        "total_ms": _total_ms(transaction.get("hops") or []),
        # The same form sent twice carries the same key, so the money moves once.
        "idempotency_key": str(uuid4()),
        "errors": {},
        "form": {},
    }


def path_part(text: str) -> str:
    """Return an identifier that is safe inside a path; anything else becomes one that nothing has."""
    fits = 0 < len(text) <= 64 and all(
        letter.isascii() and (letter.isalnum() or letter == "_") for letter in text
    )
    return text if fits else "unknown"


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
