"""A card is verified for nothing (0100, amount 0) by the engine, while its holder is there: as first debits are made."""

from typing import Any, Final

from core.contracts.payment import BY_CUSTOMER, SealedCard
from core.contracts.payment_acts import VERIFY_CARD, VerifyCard
from core.contracts.states import Kind
from core.db.rows import Connection, uuid_of
from core.schedules.changing import store
from core.schedules.collecting.first_debits import HolderRequest
from core.transactions.stored_cards.payment import StoredPayment, stored_payment


async def read_verification(
    connection: Connection, verification_id: bytes, *, sensitive: bytes = b"", authentication: str = ""
) -> StoredPayment | None:
    """Return what is asked of the host; None where nothing is verified any more."""
    row: Any = await connection.fetchrow(store.SQL.verification, uuid_of(verification_id))
    if row is None:
        return None
    return stored_payment(
        row["id"].bytes,
        terminal_id=row["terminal_id"].bytes,
        time_zone=row["time_zone"],
        stan=row["stan"],
        amount_minor=0,
        currency=row["currency"],
        card=SealedCard(
            row["ciphertext"], row["fingerprint"], row["bin"], row["last_four"], row["expiry"], row["brand"]
        ),
        initiator=BY_CUSTOMER,
        sensitive=sensitive,
        authentication=authentication,
        kind=Kind.VERIFICATION,
    )


async def _read(connection: Connection, asked: VerifyCard) -> StoredPayment | None:
    return await read_verification(
        connection,
        asked.verification_id,
        sensitive=asked.sensitive,
        authentication=asked.authentication,
    )


VERIFIES: Final = HolderRequest(VERIFY_CARD, _read)
