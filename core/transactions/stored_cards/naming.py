"""What the network called a payment: its host said so in the answer, which the event of the outcome keeps."""

from datetime import date
from typing import Any

import msgspec
from asyncpg.pgproto.pgproto import UUID

from core.db.queries import load_beside
from core.db.rows import Connection

NETWORK_ID = 63
"""The data element, as a kept message has it: edge.translate.stored_cards."""

_SQL = load_beside(__file__)


async def read_network_id(connection: Connection, attempt_id: bytes, business_date: date) -> str:
    """Return the identifier, its digits as letters; empty where the host did not say one."""
    detail: bytes | None = await connection.fetchval(_SQL.read_answer, UUID(attempt_id), business_date)
    if not detail:
        return ""
    try:
        messages: Any = msgspec.msgpack.decode(detail)
    except msgspec.DecodeError:
        return ""
    answer = messages[-1] if isinstance(messages, list) and messages else {}
    said = answer.get(NETWORK_ID, "") if isinstance(answer, dict) else ""
    return said if isinstance(said, str) else ""
