"""From lists of items to the arrays of the two statements: one list a column, in the statement's order."""

from typing import Any

from asyncpg.pgproto.pgproto import UUID

from core.contracts.payment import Authorise


def arming_columns(items: list[Authorise]) -> tuple[list[Any], ...]:
    """Return the 21 arrays of `arm_attempts`."""
    cards = [i.card for i in items]
    return (
        [UUID(i.id) for i in items],
        [UUID(i.terminal_id) for i in items],
        [i.kind for i in items],
        [i.message_class for i in items],
        [i.stan for i in items],
        [i.business_date for i in items],
        [i.body_hash for i in items],
        [i.amount_minor for i in items],
        [i.currency for i in items],
        [c.fingerprint for c in cards],
        [c.ciphertext for c in cards],
        [c.bin for c in cards],
        [c.last_four for c in cards],
        [c.expiry for c in cards],
        [c.brand for c in cards],
        [i.entry_mode for i in items],
        [i.transmitted_at for i in items],
        [i.local_time for i in items],
        [i.partial_ok for i in items],
        [i.received_at_us for i in items],
        [i.request for i in items],
    )


def repeat_columns(items: list[Authorise]) -> tuple[list[Any], ...]:
    """Return the arrays of `find_repeated`: place in the list, natural key, and what the first must have too."""
    return (
        *key_columns(items),
        [i.body_hash for i in items],
        [i.local_time for i in items],
        [i.kind for i in items],
    )


def known_columns(items: list[Authorise]) -> tuple[list[Any], ...]:
    """Return the arrays of `find_known`: place in the list, what each repeats, and whose it is."""
    return (
        list(range(len(items))),
        [UUID(i.first_id) for i in items],
        [i.first_date for i in items],
        [UUID(i.terminal_id) for i in items],
    )


def key_columns(items: list[Authorise]) -> tuple[list[Any], ...]:
    """Return the arrays of `find_attempts`: place in the list and natural key."""
    return (
        list(range(len(items))),
        [UUID(i.terminal_id) for i in items],
        [i.business_date for i in items],
        [i.message_class for i in items],
        [i.stan for i in items],
    )
