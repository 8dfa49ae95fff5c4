"""How agents get in, and what they see of their own access: subjects, requests and public shapes."""

from typing import Annotated, Any, Final, Generic, Literal, TypeVar

import msgspec

from core.contracts.feed import StreamOpened
from core.contracts.ids import AgentId, FactorId, SessionId
from core.contracts.listing import Nothing
from core.contracts.operation import (
    ACT,
    ANYONE,
    DELETE,
    GET,
    NO_SESSION,
    POST,
    Operation,
    Route,
    somewhere,
)
from core.contracts.permissions import Permission
from core.contracts.references import Agent, Timestamp
from core.contracts.texts import OPAQUE


class LogIn(msgspec.Struct):
    """The ip is never taken from a header of strangers. `code` is a TOTP, `device` what an earlier log in left.

    `device` None: nothing is to be remembered; empty: this browser has nothing yet.
    """

    email: str
    password: str
    ip: str
    user_agent: str = ""
    code: str = ""
    device: str | None = None

    def __repr__(self) -> str:
        return f"LogIn(email={self.email!r}, ip={self.ip!r})"


class SessionsEnded(msgspec.Struct):
    """Which of these session hashes are no longer good? Asking does not keep them alive."""

    sessions: list[bytes]


class SessionOpened(msgspec.Struct):
    """The token is shown this once. `enrolling`: it does nothing but add a second factor."""

    token: str
    expires_at: Timestamp
    agent: Agent
    enrolling: bool = False
    device: str | None = None  # to send with the next log in from this browser, if it asked to be remembered

    def __repr__(self) -> str:
        return f"SessionOpened(agent={self.agent.id!r})"


class SessionView(msgspec.Struct):
    """The caller's own session."""

    agent: Agent
    created_at: Timestamp
    last_seen_at: Timestamp
    expires_at: Timestamp


PASSWORD_CHARACTERS_MIN = 12
PASSWORD_CHARACTERS_MAX = 1024
PASSKEY_ANSWER_BYTES_MAX = 16_384

FactorKind = Literal["totp", "passkey"]
SecondFactor = Literal["totp", "passkey", "recovery_code"]

Password = Annotated[str, msgspec.Meta(min_length=1, max_length=PASSWORD_CHARACTERS_MAX), OPAQUE]
# Core says what a new password lacks, in words; the bound here only keeps the body small.
NewPassword = Annotated[
    str,
    msgspec.Meta(min_length=1, max_length=4_096, description="12 to 1,024 characters of any kind"),
    OPAQUE,
]
FactorName = Annotated[str, msgspec.Meta(max_length=60)]


class SecondFactorNeeded(msgspec.Struct):
    """The first factor was right: the second step takes `pending`, once, until `expires_at`."""

    pending: str
    expires_at: Timestamp
    factors: list[SecondFactor]

    def __repr__(self) -> str:
        return f"SecondFactorNeeded(factors={self.factors!r})"


Opened = TypeVar("Opened")


class LogInOutcome(msgspec.Struct, Generic[Opened]):
    """Exactly one of the two is set; the session is told as its realm tells it."""

    session: Opened | None = None
    second_factor: SecondFactorNeeded | None = None


class ByPending(msgspec.Struct):
    """A log in between its two steps."""

    pending: str
    ip: str = ""

    def __repr__(self) -> str:
        return "ByPending()"


class AnswerFactor(msgspec.Struct):
    """The second step: exactly one of the three answers is set. `passkey` is the browser's JSON."""

    pending: str
    ip: str
    code: str = ""
    recovery_code: str = ""
    passkey: str = ""

    def __repr__(self) -> str:
        return "AnswerFactor()"


class PasskeyOptions(msgspec.Struct):
    """What `navigator.credentials` is asked with, as the JSON that WebAuthn defines."""

    public_key: dict[str, Any]


class Factor(msgspec.Struct):
    """One second factor of an agent."""

    id: str
    kind: FactorKind
    name: str
    added_at: Timestamp
    last_used_at: Timestamp | None


class OwnSession(msgspec.Struct):
    """One place where the agent is logged in; `browser` and `system` are read from what the browser calls itself."""

    id: str
    browser: str
    system: str
    ip: str
    created_at: Timestamp
    last_seen_at: Timestamp
    expires_at: Timestamp
    current: bool


class MyAccess(msgspec.Struct):
    """Everything that lets the agent in. `confirmed`: changes are taken without the password again."""

    factors: list[Factor]
    recovery_codes_left: int
    sessions: list[OwnSession]
    enrolling: bool
    confirmed: bool


class WithPassword(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """The present password."""

    password: Password

    def __repr__(self) -> str:
        return "WithPassword()"


class ChangePassword(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """The present password, which proves who asks, and the new one."""

    password: Password
    new_password: NewPassword

    def __repr__(self) -> str:
        return "ChangePassword()"


class TotpStarted(msgspec.Struct):
    """The secret is shown until it is confirmed, and never again."""

    factor: str
    secret: str
    uri: str

    def __repr__(self) -> str:
        return "TotpStarted()"


class ConfirmTotp(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A first code of the application that was shown the secret."""

    factor: FactorId
    code: Annotated[str, msgspec.Meta(min_length=1, max_length=16)]
    name: FactorName = ""

    def __repr__(self) -> str:
        return "ConfirmTotp()"


class AddPasskey(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """The browser's answer to the options, as WebAuthn's JSON."""

    credential: dict[str, Any]
    name: FactorName = ""


class RemoveFactor(msgspec.Struct, kw_only=True):
    """Forget one of the caller's second factors; one at least stays."""

    id: FactorId


class EndSession(msgspec.Struct, kw_only=True):
    """Log the caller out in one place."""

    id: SessionId


class RecoveryCodes(msgspec.Struct):
    """Shown this once."""

    codes: list[str]

    def __repr__(self) -> str:
        return "RecoveryCodes()"


class FactorAdded(msgspec.Struct):
    """`recovery_codes` come with the first factor, and are shown this once."""

    factor: Factor
    recovery_codes: list[str]

    def __repr__(self) -> str:
        return f"FactorAdded(factor={self.factor!r})"


class InviteAgent(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Somebody new: e-mail, name and role. Somebody known: `agent` alone."""

    agent: AgentId | None = None
    email: Annotated[str, msgspec.Meta(max_length=254)] = ""
    name: Annotated[str, msgspec.Meta(max_length=200)] = ""
    role: Annotated[str, msgspec.Meta(max_length=40)] = ""
    locale: Annotated[str, msgspec.Meta(max_length=2)] = "fr"
    resets_factors: Annotated[bool, msgspec.Meta(description="For who has lost every second factor")] = False
    idempotency_key: str = ""


class Invited(msgspec.Struct):
    """Who was invited, and until when the link in their mail holds."""

    agent: str
    expires_at: Timestamp


class ByInvitation(msgspec.Struct):
    """The bearer of an invitation."""

    token: str

    def __repr__(self) -> str:
        return "ByInvitation()"


class InvitationView(msgspec.Struct):
    """Whom an invitation is for."""

    email: str
    name: str
    locale: str
    expires_at: Timestamp


class AcceptInvitation(msgspec.Struct):
    """The bearer chooses a password."""

    token: str
    password: str
    ip: str
    user_agent: str = ""

    def __repr__(self) -> str:
        return "AcceptInvitation()"


class InvitationAccepted(msgspec.Struct):
    """`session` lets somebody without a second factor add one; None: log in with password and factor."""

    session: SessionOpened | None


class SignOnOffered(msgspec.Struct):
    """The name of the identity provider, None where none is configured."""

    provider: str | None


class SignOnStarted(msgspec.Struct):
    """Send the browser to `address`; what it brings back must hold `state`."""

    address: str
    state: str


class FinishSignOn(msgspec.Struct):
    """What the identity provider sent the browser back with."""

    state: str
    code: str
    ip: str
    user_agent: str = ""
    device: str | None = None

    def __repr__(self) -> str:
        return "FinishSignOn()"


_OWN: Final = (
    "Return the caller's second factors, how many recovery codes are left, and where they are logged in."
)
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
_END_ALL: Final = "End every session of the caller, this one too."
_INVITE: Final = """\
Invite somebody new, who may do nothing before they are given grants, or somebody known to choose a new password.

An earlier invitation of the same agent is worth nothing from now on. A repeat under one key makes none, and does
not show a link again."""
MY_ACCESS = Operation(
    "access.own", Nothing, MyAccess, ANYONE, http=GET("/access", "The caller’s own access", _OWN)
)
CONFIRM_SESSION = Operation(
    "access.confirm",
    WithPassword,
    Nothing,
    ANYONE,
    http=Route("POST", 204, "/access/confirmation", "Prove again who asks", _CONFIRM),
)
CHANGE_PASSWORD = Operation(
    "access.change_password",
    ChangePassword,
    Nothing,
    ANYONE,
    http=Route(
        "POST",
        204,
        "/access/password",
        "Change the password",
        "Replace the password. Every other session ends.",
    ),
    audit=("credential.password_changed",),
)
START_TOTP = Operation(
    "access.start_totp",
    Nothing,
    TotpStarted,
    ANYONE,
    http=POST("/access/totp", "Begin to add an application", _START_TOTP),
)
CONFIRM_TOTP = Operation(
    "access.confirm_totp",
    ConfirmTotp,
    FactorAdded,
    ANYONE,
    http=POST("/access/totp/confirmation", "Add an application", _CONFIRM_TOTP),
    audit=("credential.factor_added",),
)
START_PASSKEY = Operation(
    "access.start_passkey",
    Nothing,
    PasskeyOptions,
    ANYONE,
    http=ACT("/access/passkey-options", "Begin to add a passkey", _START_PASSKEY),
)
ADD_PASSKEY = Operation(
    "access.add_passkey",
    AddPasskey,
    FactorAdded,
    ANYONE,
    http=POST("/access/passkeys", "Add a passkey", _ADD_PASSKEY),
    audit=("credential.factor_added",),
)
REMOVE_FACTOR = Operation(
    "access.remove_factor",
    RemoveFactor,
    Nothing,
    ANYONE,
    http=DELETE("/access/factors/{id}", "Remove a second factor"),
    audit=("credential.factor_removed",),
)
RENEW_RECOVERY_CODES = Operation(
    "access.renew_recovery_codes",
    Nothing,
    RecoveryCodes,
    ANYONE,
    http=POST("/access/recovery-codes", "Renew the recovery codes", _RENEW),
    audit=("credential.recovery_codes_renewed",),
)
END_SESSION = Operation(
    "access.end_session",
    EndSession,
    Nothing,
    ANYONE,
    http=DELETE("/access/sessions/{id}", "End one session"),
    audit=("session.ended",),
)
END_SESSIONS = Operation(
    "access.end_sessions",
    Nothing,
    Nothing,
    ANYONE,
    http=DELETE("/access/sessions", "Sign out everywhere", _END_ALL),
    audit=("session.ended_everywhere",),
)
INVITE_AGENT = Operation(
    "agents.invite",
    InviteAgent,
    Invited,
    somewhere(Permission.AGENTS_WRITE),
    http=POST("/agents/invitations", "Invite an agent", _INVITE),
    audit=("credential.invited",),
    example={"agent": "{agent}"},
)
_OPENED: Final = ("session.opened",)
# Asked before there is a session. Their routes are written by hand: they set and read what browsers keep.
LOG_IN = Operation("session.log_in", LogIn, LogInOutcome[SessionOpened], NO_SESSION, audit=_OPENED)
ANSWER_FACTOR = Operation("session.answer_factor", AnswerFactor, SessionOpened, NO_SESSION, audit=_OPENED)
FACTOR_CHALLENGE = Operation("session.factor_challenge", ByPending, PasskeyOptions, NO_SESSION)
READ_INVITATION = Operation("invitation.read", ByInvitation, InvitationView, NO_SESSION)
ACCEPT_INVITATION = Operation(
    "invitation.accept",
    AcceptInvitation,
    InvitationAccepted,
    NO_SESSION,
    audit=("credential.invitation_accepted",),
)
SIGN_ON_OFFERED = Operation("sign_on.offered", Nothing, SignOnOffered, NO_SESSION)
START_SIGN_ON = Operation("sign_on.start", Nothing, SignOnStarted, NO_SESSION)
FINISH_SIGN_ON = Operation(
    "sign_on.finish", FinishSignOn, LogInOutcome[SessionOpened], NO_SESSION, audit=_OPENED
)
SESSION = Operation("session.show", Nothing, SessionView, ANYONE)
LOG_OUT = Operation("session.log_out", Nothing, Nothing, ANYONE, audit=("session.ended",))
STREAM_OPENED = Operation(
    "session.stream_opened", Nothing, StreamOpened, somewhere(Permission.TRANSACTIONS_READ)
)
SESSIONS_ENDED = Operation("session.which_ended", SessionsEnded, list[bytes], NO_SESSION)
