"""What transactions bring to the processes: lists and figures, acts and approvals, what is to be settled with acquirers."""

from functools import partial
from typing import Final

from core.contracts import approval_limits, approvals, host_matters, terminals
from core.contracts import transactions as ask
from core.contracts.merchants import STORE
from core.runtime.manifest import Parts, Served, Slice, serves, serves_without_session
from core.terminals.api import TerminalHandlers
from core.transactions import home
from core.transactions.approvals.handlers import ApprovalHandlers
from core.transactions.desk.directory import store_record
from core.transactions.desk.handlers import TransactionHandlers
from core.transactions.diagnosis.handlers import DiagnosisHandlers
from core.transactions.hosts.handlers import HostMatterHandlers
from core.transactions.limits.handlers import LimitHandlers


def _operations(parts: Parts) -> list[Served]:
    pool, clock = parts.pool, parts.clock
    transactions = TransactionHandlers(pool, clock, parts.bus)
    waiting = ApprovalHandlers(pool, clock, parts.bus)
    matters = HostMatterHandlers(pool, clock)
    bounds = LimitHandlers(pool, clock)
    return [
        serves_without_session(ask.EVENTS_AFTER, transactions.events_after),
        serves_without_session(ask.EVENTS_END, transactions.events_end),
        serves_without_session(ask.REASONS, transactions.reasons),
        serves(ask.LIST, transactions.transactions),
        serves(ask.COUNT, transactions.counters),
        serves(ask.ONE, transactions.transaction),
        serves(ask.REFUND, transactions.refund),
        serves(ask.CANCEL, transactions.cancel),
        serves(terminals.DIAGNOSIS, DiagnosisHandlers(pool, clock).diagnosis),
        serves(STORE, partial(store_record, pool, TerminalHandlers(pool, clock))),
        serves(approvals.LIST, waiting.approvals),
        serves(approvals.ONE, waiting.approval),
        serves(approvals.APPROVE, waiting.approve),
        serves(approvals.REFUSE, waiting.refuse),
        serves(approvals.WITHDRAW, waiting.withdraw),
        serves(approval_limits.LIST, bounds.limits),
        serves(approval_limits.SET, bounds.set),
        serves(host_matters.LIST, matters.matters),
        serves(host_matters.CLOSE, matters.close),
        serves(host_matters.RETRY, matters.retry),
    ]


SLICE: Final = Slice(
    "transactions", operations=_operations, home={"approvals": home.approvals, "to_check": home.to_check}
)
