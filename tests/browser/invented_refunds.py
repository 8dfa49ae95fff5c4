"""Which refund is of which payment, as the stand-in's records tell of one another."""

from __future__ import annotations

from tests.browser.invented import Json, euros


class Refunds:
    """The refunds that were asked for."""

    def __init__(self) -> None:
        self._of: dict[str, list[str]] = {}
        self._original: dict[str, str] = {}

    def add(self, payment: str, refund: str) -> None:
        """Note one."""
        self._of.setdefault(payment, []).append(refund)
        self._original[refund] = payment

    def beside(self, x: Json, transactions: dict[str, Json]) -> Json:
        """Return a transaction with those about the same payment, and what was given back of it."""
        refunds = [transactions[one] for one in self._of.get(x["id"], [])]
        related = [_related(one, "follow_up") for one in refunds]
        if x["id"] in self._original:
            related.append(_related(transactions[self._original[x["id"]]], "original"))
        given_back = [one["amount"]["amount"] for one in refunds if one["state"] == "approved"]
        return {
            **x,
            "related": related,
            **({"refunded_amount": euros(sum(given_back))} if given_back else {}),
        }


def _related(x: Json, relation: str) -> Json:
    return {name: x[name] for name in ("id", "kind", "state", "amount", "received_at")} | {
        "relation": relation
    }
