"""The only account of the stand-in, and its change of name, which comes too late after that of a colleague."""

from __future__ import annotations

from datetime import UTC, datetime

from litestar import Response, get, patch

from tests.browser.invented import Json, moment


class Account:
    """Its name, and the revision that moves with it."""

    def __init__(self) -> None:
        self.name = "Groupe Belle Rive"
        self.revision = 3

    def rename(self, name: str) -> None:
        """Give it another name."""
        self.name, self.revision = name, self.revision + 1

    def shown(self, key: str) -> Json:
        """Return it as the API does."""
        return {
            "id": key,
            "name": self.name,
            "revision": self.revision,
            "company_count": 0,
            "store_count": 0,
            "through_store": False,
            "changed_at": moment(datetime.now(UTC)),
            "companies": [],
            "contacts": [],
        }


ACCOUNT = Account()


def permissions_of(email: str) -> list[str]:
    """Return what an agent of the stand-in may do: an administrator may also change accounts."""
    permissions = [
        "alerts.read",
        "blocks.write",
        "collecting.read",
        "contact.read",
        "directory.read",
        "orders.read",
        "requests.use",
        "transactions.cancel",
        "transactions.export",
        "transactions.read",
        "transactions.refund",
    ]
    return [*permissions, "merchants.edit"] if email.startswith("admin@") else permissions


@get("/v1/accounts/{key:str}")
async def one_account(key: str) -> Json:
    """Return it."""
    return ACCOUNT.shown(key)


@patch("/v1/accounts/{key:str}")
async def rename_account(key: str, data: Json) -> Response[Json]:
    """Rename it, unless its name was changed after it was read."""
    if data.get("revision") == ACCOUNT.revision:
        ACCOUNT.rename(data["name"])
        return Response(ACCOUNT.shown(key))
    late = {"field": "revision", "code": "changed_meanwhile", "detail": "Nadia Ferrand, 22/11 15:36"}
    body = {"status": 409, "code": "changed_meanwhile", "detail": "Modifié entre-temps.", "errors": [late]}
    return Response(body, status_code=409, media_type="application/problem+json")


HANDLERS = (one_account, rename_account)
