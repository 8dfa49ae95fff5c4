"""Which events a listener gets: one key for all listeners who want and may see the same."""

from typing import NamedTuple

from core.contracts.feed import TransactionSummary
from core.contracts.scope import Scope
from core.contracts.transaction_filter import TransactionFilter


class GroupKey(NamedTuple):
    """Listeners with equal keys share one encoded chunk a tick."""

    locale: str
    scope: Scope
    filter: TransactionFilter

    def takes(self, summary: TransactionSummary) -> bool:
        """Return whether an event belongs to this group: the scope first, then every filter that is set."""
        wanted = self.filter
        return (
            self.scope.sees(summary.department, summary.store_id, summary.company_id, summary.service or None)
            and (wanted.store_id is None or wanted.store_id == summary.store_id)
            and (wanted.terminal_id is None or wanted.terminal_id == summary.terminal_id)
            and (wanted.terminal is None or wanted.terminal == summary.terminal)
            and (wanted.states is None or summary.state in wanted.states)
            and (wanted.reason is None or wanted.reason == summary.reason)
            and (wanted.brand is None or wanted.brand == summary.brand)
            and (wanted.amount_min is None or summary.amount_minor >= wanted.amount_min)
            and (wanted.amount_max is None or summary.amount_minor <= wanted.amount_max)
        )
