"""Customers as a realm: who they are, and what is told of their sessions."""

from collections.abc import Mapping
from typing import Final

from core.contracts.customers import CustomerRef, CustomerSession
from core.db.rows import Connection
from core.identity.access.seal import FactorSeal
from core.identity.access.settings import site_of
from core.identity.customers import store
from core.identity.customers.model import REMEMBERED_LIFE, SESSION_ABSOLUTE, SESSION_IDLE
from core.identity.customers.rules import why_password_refused
from core.identity.people.store import CUSTOMERS
from core.identity.realm import Opened, Realm
from core.values.ids import encode_id
from core.values.timestamps import timestamp

_SPACE_BY_DEFAULT: Final = "http://localhost:8090"


def space_url_of(environment: Mapping[str, str]) -> str:
    """Return where customers find their space. Reads GUICHET_SPACE_URL. Raises: SettingRefused."""
    return site_of(environment, "GUICHET_SPACE_URL", _SPACE_BY_DEFAULT)


def customers_realm(environment: Mapping[str, str], seal: FactorSeal) -> Realm[CustomerSession]:
    """Return the realm of those who bought something. Raises: SettingRefused."""
    return Realm(
        people=CUSTOMERS,
        seal=seal,
        portal_url=space_url_of(environment),
        needs_second_factor=False,
        session_life=SESSION_ABSOLUTE,
        session_idle=SESSION_IDLE,
        remembered_life=REMEMBERED_LIFE,
        counted_as="customer-",
        find_credential=store.find_credential,
        find_person=store.find_person,
        why_password_refused=why_password_refused,
        record=store.record_event,
        tell=_tell,
    )


async def _tell(connection: Connection, opened: Opened) -> CustomerSession:
    customer = await store.find_signed_in(connection, opened.token_hash)
    assert customer is not None
    return CustomerSession(
        token=opened.token,
        expires_at=timestamp(opened.expires_at),
        customer=CustomerRef(
            encode_id("customer", customer.customer_id),
            customer.name,
            customer.email,
            "en" if customer.locale == "en" else "fr",
        ),
        device=opened.device,
    )
