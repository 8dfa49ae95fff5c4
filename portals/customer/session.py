"""A customer who is logged in."""

from __future__ import annotations

from typing import Any

import msgspec

from portals.kit.gateway import Json


class CustomerSession(msgspec.Struct, frozen=True):
    """A logged-in customer. `token` is the bearer token of the gateway; never shown, never logged."""

    token: str
    customer_id: str
    name: str
    email: str
    locale: str

    @property
    def person_id(self) -> str:
        """Who it is."""
        return self.customer_id

    @property
    def permissions(self) -> list[str]:
        """A customer has no rights of a role: what is theirs is theirs."""
        return []

    @property
    def enrolling(self) -> bool:
        """A customer needs no second factor."""
        return False

    def shortened(self) -> CustomerSession:
        """Return it with a short name: it is only shown, and nothing else here is long."""
        return msgspec.structs.replace(self, name=self.name[:60])

    def __repr__(self) -> str:
        return f"CustomerSession(customer_id={self.customer_id!r})"


def session_of(body: Json) -> CustomerSession:
    """Return the session that the gateway opened."""
    customer: dict[str, Any] = body["customer"]
    return CustomerSession(
        token=body["token"],
        customer_id=customer["id"],
        name=customer.get("name") or "",
        email=customer["email"],
        locale=customer.get("locale") or "fr",
    )
