"""Refusals of second factors, invitations and single sign-on, with stable codes."""

from core.contracts.desk import FieldProblem
from core.contracts.refusals import Refused


class PendingEnded(Refused):
    """The log in was not finished in time, or is finished already."""

    def __init__(self) -> None:
        super().__init__("log_in_expired")


class FactorRefused(Refused):
    """The code or the passkey is not good, or was used before."""

    def __init__(self) -> None:
        super().__init__("second_factor_refused")


class CodeWrong(Refused):
    """The first code of an application that is being added is not the one of this moment."""

    def __init__(self) -> None:
        super().__init__("code_wrong", errors=[FieldProblem("code", "code_wrong")])


class PasskeyRefused(Refused):
    """What the browser answered does not prove a new passkey."""

    def __init__(self) -> None:
        super().__init__("passkey_refused")


class FactorsFull(Refused):
    """The agent has as many second factors as are kept."""

    def __init__(self) -> None:
        super().__init__("factors_full")


class LastFactor(Refused):
    """One second factor stays."""

    def __init__(self) -> None:
        super().__init__("last_factor")


class ConfirmationNeeded(Refused):
    """The password was last asked too long ago for a change of credentials."""

    def __init__(self) -> None:
        super().__init__("confirmation_needed")


class SecondFactorMissing(Refused):
    """The session may only add a second factor."""

    def __init__(self) -> None:
        super().__init__("second_factor_missing")


class PasswordWrong(Refused):
    """The present password is not right."""

    def __init__(self) -> None:
        super().__init__("password_wrong", errors=[FieldProblem("password", "password_wrong")])


class PasswordRefused(Refused):
    """The new password is too short, too simple, too long, the same, or one that guessers try first."""

    def __init__(self, why: str) -> None:
        code, _, lacks = why.partition(" ")
        super().__init__(code, errors=[FieldProblem("new_password", code, lacks)])


class InvitationEnded(Refused):
    """No such invitation, or accepted, replaced or expired."""

    def __init__(self) -> None:
        super().__init__("invitation_ended")


class AgentKnown(Refused):
    """Somebody with this e-mail exists."""

    def __init__(self) -> None:
        super().__init__("agent_known", errors=[FieldProblem("email", "agent_known")])


class SignOnRefused(Refused):
    """Single sign-on did not end in an agent whom we know; the log says why."""

    def __init__(self) -> None:
        super().__init__("sign_on_refused")
