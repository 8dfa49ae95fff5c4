"""A form whose record somebody else changed after the page was opened: who did, and where to read it again."""

from __future__ import annotations

from typing import NamedTuple

from portals.kit.formats import whole_number
from portals.kit.gateway import GatewayProblem, Json


class Stale(NamedTuple):
    """What `stale.html` shows above the form."""

    who: str
    address: str


def stale_of(problem: GatewayProblem, address: str) -> Stale | None:
    """Return what to say when a save came too late, None when it was refused for something else."""
    if problem.code != "changed_meanwhile":
        return None
    return Stale(problem.errors[0].detail if problem.errors else "", address)


def revision_of(form: dict[str, str]) -> Json:
    """Return the revision that the form was made from, as a part of a body; nothing when the form has none."""
    revision = whole_number(form.get("revision", ""), 16)
    return {} if revision is None else {"revision": revision}
