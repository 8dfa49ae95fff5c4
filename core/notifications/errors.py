"""Refusals of mail, notices and branding."""

from core.contracts.desk import FieldProblem
from core.contracts.refusals import Refused


class TemplateUnknown(ValueError):
    """A mail of a template that does not exist, or without a fact that its text needs: a defect of the caller."""


class MailNotResendable(Refused):
    """The mail held a one-time link, which is gone since it left."""

    def __init__(self) -> None:
        super().__init__("mail_not_resendable")


class MailStillWaiting(Refused):
    """The mail has not left yet, so sending it again would only make two."""

    def __init__(self) -> None:
        super().__init__("mail_still_waiting")


class BrandRefused(Refused):
    """A part of a brand that may not be taken, field by field."""

    def __init__(self, errors: list[FieldProblem]) -> None:
        super().__init__("brand_refused", errors=errors)
