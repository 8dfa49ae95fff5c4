"""Customers: how they get in, and what they see of themselves. Their orders are in the contract of schedules."""

from typing import Annotated, Final, Literal

import msgspec

from core.contracts.access import (
    AddPasskey,
    AnswerFactor,
    ByPending,
    ChangePassword,
    ConfirmTotp,
    EndSession,
    FactorAdded,
    LogIn,
    LogInOutcome,
    MyAccess,
    PasskeyOptions,
    RecoveryCodes,
    RemoveFactor,
    TotpStarted,
    WithPassword,
)
from core.contracts.ids import Id
from core.contracts.listing import Nothing
from core.contracts.operation import (
    ACT,
    CUSTOMER,
    DELETE,
    GET,
    NO_SESSION,
    PATCH,
    POST,
    Operation,
    Route,
)
from core.contracts.references import Timestamp
from core.contracts.texts import OPAQUE

PASSWORD_CHARACTERS_MIN: Final = 8
LinkPurpose = Literal["first_connection", "password"]
Locale = Literal["fr", "en"]

Email = Annotated[str, msgspec.Meta(min_length=3, max_length=254)]
CustomerName = Annotated[str, msgspec.Meta(max_length=200)]
LinkToken = Annotated[str, msgspec.Meta(min_length=16, max_length=128), OPAQUE]


class CustomerId(Id, kind="customer", prefix="cus"):
    """A customer."""


class CustomerEmailId(Id, kind="customer_email", prefix="cem"):
    """An address that a customer has proved."""


class CustomerRef(msgspec.Struct):
    """A customer in few words."""

    id: str
    name: str
    email: str
    locale: Locale


class CustomerSession(msgspec.Struct):
    """The token is shown this once; `device` is to be sent with the next log in from a browser that is remembered."""

    token: str
    expires_at: Timestamp
    customer: CustomerRef
    device: str | None = None

    def __repr__(self) -> str:
        return f"CustomerSession(customer={self.customer.id!r})"


class AskLink(msgspec.Struct):
    """Somebody who says that mail at an address is theirs. The ip is never taken from a header of strangers."""

    email: str
    ip: str
    language: Locale = "fr"

    def __repr__(self) -> str:
        return "AskLink()"


class ByLink(msgspec.Struct):
    """The bearer of a link."""

    token: str
    ip: str

    def __repr__(self) -> str:
        return "ByLink()"


class LinkView(msgspec.Struct):
    """What a link is good for, whose address it proves, and until when."""

    purpose: LinkPurpose
    email: str
    expires_at: Timestamp


class UseLink(msgspec.Struct):
    """The bearer of a link chooses a password."""

    token: str
    password: str
    ip: str
    user_agent: str = ""

    def __repr__(self) -> str:
        return "UseLink()"


class CustomerEmail(msgspec.Struct):
    """An address whose mail the customer has proved to read; mail goes to the main one."""

    id: str
    email: str
    is_main: bool
    proved_at: Timestamp


class Me(msgspec.Struct):
    """The customer who calls. `waiting` are addresses to which a link was sent that is still good."""

    id: str
    name: str
    email: str
    locale: Locale
    emails: list[CustomerEmail]
    waiting: list[str]
    created_at: Timestamp
    session_expires_at: Timestamp


class ChangeMe(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """What the customer is called, and in which language they are written to; what is left out stays."""

    name: CustomerName | None = None
    locale: Locale | None = None


class AddEmail(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """One more address of the customer's; a link is sent to it, and nothing is seen before it is followed."""

    email: Email


class ProveEmail(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """The token of the link in the mail, in the session of the customer who asked for it."""

    token: LinkToken

    def __repr__(self) -> str:
        return "ProveEmail()"


class MakeEmailMain(msgspec.Struct, kw_only=True):
    """One of the customer's addresses."""

    id: CustomerEmailId


class RemoveEmail(msgspec.Struct, kw_only=True):
    """One of the customer's addresses, to be given up."""

    id: CustomerEmailId


_ADD_EMAIL: Final = """\
Send a link to one more address. What was bought with it is seen once the link was followed in this customer's session.

An earlier link to the same address is worth nothing from now on."""
_PROVE: Final = """\
Take an address whose link was followed. Where it had an access of its own without a second factor, the two are one
from now on."""
_MAIN: Final = "Write to this address from now on. The former main one is told."
_REMOVE: Final = "Give up an address: what was bought with it is no longer seen. The main one stays."
_CONFIRM: Final = "Give the password again: changes of credentials are taken for the next ten minutes."
_START_TOTP: Final = (
    "Return a new secret for an authenticator application. It counts once a code of it is confirmed."
)
_CONFIRM_TOTP: Final = (
    "Let the application count. With the first factor come ten recovery codes, shown this once."
)
_START_PASSKEY: Final = (
    "Return the options for `navigator.credentials.create`; each call makes a new challenge."
)
_ADD_PASSKEY: Final = "Keep the passkey. With the first factor come ten recovery codes, shown this once."
_RENEW: Final = "Return ten new recovery codes, shown this once; the old ones are worth nothing from now on."

# Asked before there is a session. Their routes are written by hand: they read what browsers say of themselves.
LOG_IN = Operation("customers.log_in", LogIn, LogInOutcome[CustomerSession], NO_SESSION)
ANSWER_FACTOR = Operation("customers.answer_factor", AnswerFactor, CustomerSession, NO_SESSION)
FACTOR_CHALLENGE = Operation("customers.factor_challenge", ByPending, PasskeyOptions, NO_SESSION)
ASK_LINK = Operation("customers.ask_link", AskLink, Nothing, NO_SESSION)
READ_LINK = Operation("customers.read_link", ByLink, LinkView, NO_SESSION)
USE_LINK = Operation("customers.use_link", UseLink, LogInOutcome[CustomerSession], NO_SESSION)

SHOW = Operation(
    "me.show", Nothing, Me, CUSTOMER, http=GET("/me", "The customer who calls", "Say who calls.")
)
CHANGE = Operation("me.change", ChangeMe, Me, CUSTOMER, http=PATCH("/me", "Change one’s profile"))
LOG_OUT = Operation(
    "me.log_out",
    Nothing,
    Nothing,
    CUSTOMER,
    http=DELETE("/me/session", "Log out", "End the session of this call."),
)
ADD_EMAIL = Operation(
    "me.add_email", AddEmail, Me, CUSTOMER, http=ACT("/me/emails", "Add an address", _ADD_EMAIL)
)
PROVE_EMAIL = Operation(
    "me.prove_email", ProveEmail, Me, CUSTOMER, http=ACT("/me/emails/proof", "Prove an address", _PROVE)
)
MAKE_EMAIL_MAIN = Operation(
    "me.make_email_main",
    MakeEmailMain,
    Me,
    CUSTOMER,
    http=ACT("/me/emails/{id}/main", "Change the main address", _MAIN),
)


REMOVE_EMAIL = Operation(
    "me.remove_email",
    RemoveEmail,
    Nothing,
    CUSTOMER,
    http=DELETE("/me/emails/{id}", "Give up an address", _REMOVE),
)
ACCESS = Operation(
    "me.access",
    Nothing,
    MyAccess,
    CUSTOMER,
    http=GET("/me/access", "One’s own access", "Return second factors, recovery codes left, and sessions."),
)
CONFIRM = Operation(
    "me.confirm",
    WithPassword,
    Nothing,
    CUSTOMER,
    http=Route("POST", 204, "/me/access/confirmation", "Prove again who asks", _CONFIRM),
)
CHANGE_PASSWORD = Operation(
    "me.change_password",
    ChangePassword,
    Nothing,
    CUSTOMER,
    http=Route(
        "POST", 204, "/me/access/password", "Change the password", "Replace it. Every other session ends."
    ),
)
START_TOTP = Operation(
    "me.start_totp",
    Nothing,
    TotpStarted,
    CUSTOMER,
    http=POST("/me/access/totp", "Begin to add an application", _START_TOTP),
)
CONFIRM_TOTP = Operation(
    "me.confirm_totp",
    ConfirmTotp,
    FactorAdded,
    CUSTOMER,
    http=POST("/me/access/totp/confirmation", "Add an application", _CONFIRM_TOTP),
)
START_PASSKEY = Operation(
    "me.start_passkey",
    Nothing,
    PasskeyOptions,
    CUSTOMER,
    http=ACT("/me/access/passkey-options", "Begin to add a passkey", _START_PASSKEY),
)
ADD_PASSKEY = Operation(
    "me.add_passkey",
    AddPasskey,
    FactorAdded,
    CUSTOMER,
    http=POST("/me/access/passkeys", "Add a passkey", _ADD_PASSKEY),
)
REMOVE_FACTOR = Operation(
    "me.remove_factor",
    RemoveFactor,
    Nothing,
    CUSTOMER,
    http=DELETE(
        "/me/access/factors/{id}",
        "Remove a second factor",
        "Forget one; with the last go the recovery codes.",
    ),
)
RENEW_RECOVERY_CODES = Operation(
    "me.renew_recovery_codes",
    Nothing,
    RecoveryCodes,
    CUSTOMER,
    http=POST("/me/access/recovery-codes", "Renew the recovery codes", _RENEW),
)
END_SESSION = Operation(
    "me.end_session",
    EndSession,
    Nothing,
    CUSTOMER,
    http=DELETE("/me/access/sessions/{id}", "End one session"),
)
END_SESSIONS = Operation(
    "me.end_sessions",
    Nothing,
    Nothing,
    CUSTOMER,
    http=DELETE(
        "/me/access/sessions", "Sign out everywhere", "End every session of the customer, this one too."
    ),
)
