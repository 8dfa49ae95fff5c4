"""What an agent asks the engine to do with money: desk -> engine, answered with payment.AuthoriseReply.

Positional msgpack arrays like the rest of the hot path: append new fields at the end only.
"""

import msgspec

REFUND_SUBJECT = "core.engine.refund"  # RefundByAgent -> AuthoriseReply, queue group engine
CANCEL_SUBJECT = "core.engine.cancel"  # CancelByAgent -> AuthoriseReply, queue group engine


class RefundByAgent(msgspec.Struct, array_like=True, gc=False):
    """Refund part or all of a captured payment.

    `id` is the refund's own attempt id, the same at every repeat of one wish, so the engine answers a repeat
    with the first answer. The refund's business date is the store's date of the time inside `id`, for the same reason.

    `altogether_max_minor` bounds all that is given back of the original with this refund; None is no such bound. Above
    it the answer is AMOUNT_ABOVE_LIMIT and nothing is recorded, so that the same `id` may wait for a second person.
    Only the engine can say so: it looks under the original's row lock, where no other refund comes in between.
    """

    id: bytes
    original_id: bytes
    original_date: int  # business date of the original, proleptic ordinal
    amount_minor: int
    currency: str
    reason_text: str
    agent_id: bytes
    altogether_max_minor: int | None = None


class CancelByAgent(msgspec.Struct, array_like=True, gc=False):
    """Take back a payment that is approved and not yet captured. The reply's `id` is the original's."""

    original_id: bytes
    original_date: int
    reason_text: str
    agent_id: bytes
