"""Customers of the demonstration who have connected before: each with the password of the demonstration."""

from datetime import UTC, datetime
from typing import Final, NamedTuple

import asyncpg
from argon2.exceptions import InvalidHashError, VerificationError

from core.identity.api import CUSTOMERS, PASSWORDS
from core.identity.customers import store


class DemoCustomer(NamedTuple):
    """A customer; what they bought is found by the e-mail."""

    email: str
    name: str
    locale: str


CUSTOMERS_OF_THE_DEMONSTRATION: Final = (
    DemoCustomer("odette.martin@client.example", "Odette Martin", "fr"),
    DemoCustomer("karim.belaid@client.example", "Karim Belaïd", "fr"),
    DemoCustomer("anne.oconnor@client.example", "Anne O’Connor", "en"),
)


async def put_customers(connection: asyncpg.Connection, password: str) -> None:
    """Add those that are missing, and give them this password; running it again changes nothing."""
    now = datetime.now(UTC)
    for customer in CUSTOMERS_OF_THE_DEMONSTRATION:
        known = await store.find_credential(connection, customer.email)
        if known is None:
            made = await store.add_customer(
                connection,
                name=customer.name,
                password_hash=PASSWORDS.hash(password),
                locale=customer.locale,
                now=now,
            )
            await store.add_email(connection, made, customer.email, is_main=True, now=now)
            await store.record_event(
                connection, made, now=now, kind="customer.registered", facts={"email": customer.email}
            )
        elif not _matches(known.password_hash, password):
            await CUSTOMERS.put_password(connection, known.person_id, PASSWORDS.hash(password))


def _matches(encoded: str, password: str) -> bool:
    try:
        return PASSWORDS.verify(encoded, password)
    except (VerificationError, InvalidHashError):
        return False
