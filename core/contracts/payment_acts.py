"""What the desk tells the engine of a person's act: that it was recorded. Answered with payment.AuthoriseReply.

Who acts, on what and for how much is a row of the table `act`, which only core can write; nothing of it travels, so
there is nothing to believe. Positional msgpack arrays like the rest of the engine's messages: append at the end only.
"""

from typing import Annotated

import msgspec

from core.contracts.payment import AuthoriseReply, Id, Sensitive
from core.contracts.subjects import EngineRequest


class CarryOut(msgspec.Struct, array_like=True, gc=False):
    """Carry out the act with this id, once: a repeat gets the first answer.

    A refund is recorded under the act's own id, and its business date is the date of the time inside it where the store is, so that
    a repeat finds it. AMOUNT_ABOVE_LIMIT says that one person may not give so much back: nothing moved, and only the
    engine could see it, under the original's row lock, where no other refund comes in between.
    """

    act_id: bytes


class PayFirst(msgspec.Struct, array_like=True, gc=False):
    """Pay an order's first instalment, whose holder is there: the debit with this id, once.

    What is paid, by which card and for whom are rows that only core can write. The security code is sealed by edge for the
    host link, and is written down nowhere.
    """

    debit_id: Id
    sensitive: Sensitive = b""
    authentication: Annotated[str, msgspec.Meta(max_length=200)] = ""  # what the holder's bank answered


class VerifyCard(msgspec.Struct, array_like=True, gc=False):
    """Verify a card for nothing, whose holder is there: that of the change with this verification, once.

    Which card it is and for whom are rows that only core can write.
    """

    verification_id: Id
    sensitive: Sensitive = b""
    authentication: Annotated[str, msgspec.Meta(max_length=200)] = ""  # what the holder's bank answered


VERIFY_CARD = EngineRequest("core.acts.verify_card", VerifyCard, AuthoriseReply, "payment", asker="desk")
PAY_FIRST = EngineRequest("core.acts.pay_first", PayFirst, AuthoriseReply, "payment", asker="desk")
CARRY_OUT = EngineRequest("core.acts.carry_out", CarryOut, AuthoriseReply, "act", asker="desk")
