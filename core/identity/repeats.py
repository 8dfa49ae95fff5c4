"""What one person has done already is not done again by another, nor answered as theirs: the audit would lack it."""

from typing import NamedTuple

from core.contracts.refusals import Facts, Refused
from core.db.rows import Connection
from core.identity import store
from core.identity.model import SignedIn
from core.identity.staleness import name_and_moment


class Doer(NamedTuple):
    """Who did something last; `shown`: their name and when, as both languages read it."""

    agent_id: bytes
    shown: str


class DoneByAnother(Refused):
    """It is so already, by somebody else's act or by none of a person."""

    def __init__(self, doer: Doer | None) -> None:
        super().__init__("done_by_another", doer_facts(doer))


def doer_facts(doer: Doer | None) -> Facts:
    """Return what a refusal tells of whoever was faster."""
    return {} if doer is None else {"told_by": doer.shown}


async def find_doer(connection: Connection, target_id: bytes, *kinds: str) -> Doer | None:
    """Return who did one of these kinds of acts last to a thing."""
    row = await store.find_last_doer(connection, target_id, kinds)
    return None if row is None else Doer(row["agent_id"].bytes, name_and_moment(row["name"], row["at"]))


async def refuse_repeat_of_another(
    connection: Connection, caller: SignedIn, target_id: bytes, *kinds: str
) -> None:
    """Let the caller's own last act be repeated. Raises: DoneByAnother, when it was not theirs."""
    doer = await find_doer(connection, target_id, *kinds)
    if doer is None or doer.agent_id != caller.agent_id:
        raise DoneByAnother(doer)
