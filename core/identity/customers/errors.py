"""Refusals of customers' access, with stable codes."""

from core.contracts.desk import FieldProblem
from core.contracts.refusals import Refused


class EmailRefused(Refused):
    """The address cannot be one that mail is sent to."""

    def __init__(self) -> None:
        super().__init__("invalid_request", errors=[FieldProblem("email", "malformed", "name@example.org")])


class LinkEnded(Refused):
    """No such link, or used, replaced or expired, or it is another customer's."""

    def __init__(self) -> None:
        super().__init__("link_ended")


class EmailKnown(Refused):
    """The address is the customer's already."""

    def __init__(self) -> None:
        super().__init__("email_known", errors=[FieldProblem("email", "email_known")])


class EmailsFull(Refused):
    """The customer has as many addresses as are kept."""

    def __init__(self) -> None:
        super().__init__("emails_full")


class EmailHasAccess(Refused):
    """The address has an access of its own with a second factor, which a mail alone does not open."""

    def __init__(self) -> None:
        super().__init__("email_has_access")


class MainEmailStays(Refused):
    """The main address cannot be given up."""

    def __init__(self) -> None:
        super().__init__("main_email_stays")
