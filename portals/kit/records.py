"""Records as pages read them: an identifier as part of a path, and what stands beside the record."""

from __future__ import annotations

from portals.kit.gateway import GatewayDown, GatewayProblem, Json, Parameters
from portals.kit.visit import Visit


def path_part(text: str) -> str:
    """Return an identifier that is safe inside a path; anything else becomes one that nothing has."""
    fits = 0 < len(text) <= 64 and all(
        letter.isascii() and (letter.isalnum() or letter == "_") for letter in text
    )
    return text if fits else "unknown"


async def beside(visit: Visit, path: str, parameters: Parameters = (), *, right: str = "") -> Json:
    """Return what stands beside the record; without it the record is still worth showing.

    Whoever lacks the `right` it takes is not asked for: the audit would tell of a refusal that nobody sought.
    """
    if right and not visit.may(right):
        return {}
    try:
        return await visit.gateway.get(path, parameters)
    except (GatewayProblem, GatewayDown):
        return {}
