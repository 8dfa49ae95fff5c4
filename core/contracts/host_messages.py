"""What a host says on its own: reversals, totals, cut-over. Kept before it is answered (law 1)."""

from enum import IntEnum

import msgspec


class HostMessageKind(IntEnum):
    """What it is; stored."""

    REVERSAL = 1  # 0400, 0420: a person compares it with the payment; nothing is reversed by itself
    TOTALS = 2  # 0500, 0520
    CUT_OVER = 3  # 0800: the host's business date moves on


class HostSays(msgspec.Struct, array_like=True, gc=False):
    """One message of a host. Numbers and amounts are 0 and texts empty where the message has none."""

    acquirer: str
    kind: int  # HostMessageKind
    key: bytes  # 16 bytes: equal for a message and its repeats, however late they come
    reference: str  # data element 37
    terminal: str  # data element 41
    amount_minor: int
    currency: str  # numeric
    host_date: str  # MMDD of data element 15, else 17
    received_at_us: int
    message: bytes  # masked, msgpack map of field number to text


class HostSaysKept(msgspec.Struct, array_like=True, gc=False):
    """`kept`: it is durable. `known`: an earlier sending was kept already."""

    known: bool
    kept: bool = True
