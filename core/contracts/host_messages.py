"""What a host says on its own: reversals, totals, cut-over. Kept before it is answered (law 1)."""

from enum import IntEnum
from typing import Annotated

import msgspec

from core.contracts.payment import Amount, Masked, Moment, Named
from core.contracts.subjects import EngineRequest


class HostMessageKind(IntEnum):
    """What it is; stored."""

    REVERSAL = 1  # 0400, 0420: a person compares it with the payment; nothing is reversed by itself
    TOTALS = 2  # 0500, 0520
    CUT_OVER = 3  # 0800: the host's business date moves on


class HostSays(msgspec.Struct, array_like=True, gc=False):
    """One message of a host. Numbers and amounts are 0 and texts empty where the message has none."""

    acquirer: Named
    kind: Annotated[int, msgspec.Meta(ge=1, le=3)]  # HostMessageKind
    key: Annotated[
        bytes, msgspec.Meta(min_length=16, max_length=16)
    ]  # 16 bytes: equal for a message and its repeats, however late they come
    reference: Annotated[str, msgspec.Meta(pattern=r"^[ -~]{0,16}\Z")]  # data element 37
    terminal: Annotated[str, msgspec.Meta(pattern=r"^[ -~]{0,16}\Z")]  # data element 41
    amount_minor: Amount
    currency: Annotated[str, msgspec.Meta(pattern=r"^[0-9]{0,3}\Z")]  # numeric
    host_date: Annotated[str, msgspec.Meta(pattern=r"^[0-9]{0,4}\Z")]  # MMDD of data element 15, else 17
    received_at_us: Moment
    message: Masked  # masked, msgpack map of field number to text


class HostSaysKept(msgspec.Struct, array_like=True, gc=False):
    """`kept`: it is durable. `known`: an earlier sending was kept already."""

    known: bool
    kept: bool = True


HOST_SAYS = EngineRequest("core.engine.host_says", HostSays, HostSaysKept, "host_message")
