"""What an agent asks the engine to do with money: desk -> engine, answered with payment.AuthoriseReply.

Positional msgpack arrays like the rest of the hot path: append new fields at the end only.
"""

import msgspec

REFUND_SUBJECT = "core.engine.refund"  # RefundByAgent -> AuthoriseReply, queue group engine
CANCEL_SUBJECT = "core.engine.cancel"  # CancelByAgent -> AuthoriseReply, queue group engine


class RefundByAgent(msgspec.Struct, array_like=True, gc=False):
    """Refund part or all of a captured payment.

    `id` is the refund's own attempt id, the same at every repeat of one wish, so the engine answers a repeat
    with the first answer. The refund's business date is the Paris date of the time inside `id`, for the same reason.
    """

    id: bytes
    original_id: bytes
    original_date: int  # business date of the original, proleptic ordinal
    amount_minor: int
    currency: str
    reason_text: str
    agent_id: bytes


class CancelByAgent(msgspec.Struct, array_like=True, gc=False):
    """Take back a payment that is approved and not yet captured. The reply's `id` is the original's."""

    original_id: bytes
    original_date: int
    reason_text: str
    agent_id: bytes
