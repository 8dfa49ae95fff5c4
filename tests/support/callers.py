"""Somebody signed in, for rules and handlers that are called without a gateway."""

from datetime import UTC, datetime

from core.identity.api import Grant, SignedIn

_NOW = datetime(2026, 11, 22, tzinfo=UTC)


def signed_in(*grants: Grant, agent_id: bytes = bytes(16)) -> SignedIn:
    """Return a session with these grants and no other right."""
    return SignedIn(
        token_hash=b"",
        agent_id=agent_id,
        created_at=_NOW,
        last_seen_at=_NOW,
        expires_at=_NOW,
        ended_at=None,
        email="somebody@guichet.example",
        name="Somebody",
        role="hotline",
        locale="fr",
        disabled_at=None,
        confirmed_at=_NOW,
        grants=grants,
    )
