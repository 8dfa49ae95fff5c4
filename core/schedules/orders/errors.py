"""Refusals of orders."""

from core.contracts.refusals import Denied, Refused
from core.values.ids import encode_id


class ReferenceTaken(Refused):
    """The company has an order with this number of its own."""

    def __init__(self, order_id: bytes) -> None:
        super().__init__("order_reference_taken", {"order": encode_id("order", order_id)})


class NothingToCancel(Refused):
    """Nothing of the purchase is left to take off."""

    def __init__(self, state: str) -> None:
        super().__init__("order_nothing_to_cancel", {"state": state})


class NothingPaid(Refused):
    """Nothing that was paid could be given back."""

    def __init__(self, state: str) -> None:
        super().__init__("order_nothing_paid", {"state": state})


class NothingAhead(Refused):
    """No instalment is still to come: all that is left is paid, due, or on its way."""

    def __init__(self, state: str) -> None:
        super().__init__("order_nothing_ahead", {"state": state})


class NotUpcoming(Refused):
    """The instalment is paid, on its way, unpaid or cancelled: its day says nothing any more."""

    def __init__(self, state: str) -> None:
        super().__init__("instalment_not_upcoming", {"state": state})


class NothingToPause(Refused):
    """Nothing of the order is or will be collected."""

    def __init__(self, state: str) -> None:
        super().__init__("order_nothing_to_pause", {"state": state})


class NotPaused(Refused):
    """No pause of the order stands."""

    def __init__(self) -> None:
        super().__init__("order_not_paused")


class MessageStillWaiting(Refused):
    """The mail has not left yet, so sending it again would only make two."""

    def __init__(self) -> None:
        super().__init__("mail_still_waiting")


class MessageNotResendable(Refused):
    """The mail tells of what was to come, which may be so no longer."""

    def __init__(self) -> None:
        super().__init__("order_message_not_resendable")


class AddressNotProved(Refused):
    """Nobody has proved that the address of the order is theirs."""

    def __init__(self) -> None:
        super().__init__("order_address_not_proved")


class ResentTooOften(Refused):
    """As many mails of the order as may be were sent once more today."""

    def __init__(self, most: int) -> None:
        super().__init__("order_messages_too_many", {"most": most})


class AboveYourBound(Denied):
    """What is taken off is more than the agent's own grants reach."""

    def __init__(self, *, amount_max_minor: int, currency: str) -> None:
        super().__init__("order_above_limit", {"amount_max_minor": amount_max_minor, "currency": currency})
