"""Views of agents, and the hash under which a token is stored."""

import hashlib

from core.contracts.references import Agent
from core.identity.model import SignedIn
from core.values.ids import encode_id


def hash_of_token(token: str) -> bytes:
    """Return what is stored of a token."""
    return hashlib.sha256(token.encode()).digest()


def agent_view(signed_in: SignedIn) -> Agent:
    """Return what others are told of an agent."""
    return Agent(
        id=encode_id("agent", signed_in.agent_id),
        name=signed_in.name,
        email=signed_in.email,
        role=signed_in.role,
        locale=signed_in.locale,
        departments=_departments_of(signed_in),
        permissions=signed_in.permissions,
    )


def _departments_of(signed_in: SignedIn) -> list[str] | None:
    """Return the departments that limit what an agent sees, None where no grant is limited to some."""
    areas = [grant.area for grant in signed_in.grants]
    if not areas or any(area.departments is None for area in areas):
        return None
    return sorted({code for area in areas for code in area.departments or ()})
