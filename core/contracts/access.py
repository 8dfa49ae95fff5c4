"""How agents get in, and what they see of their own access: subjects, requests and public shapes."""

from typing import Any, Literal

import msgspec

from core.contracts.desk_views import SessionOpened, Timestamp
from core.contracts.subjects import DESK

ANSWER_FACTOR = f"{DESK}.answer_factor"  # AnswerFactor -> SessionOpened
FACTOR_CHALLENGE = f"{DESK}.factor_challenge"  # ByPending -> PasskeyOptions
MY_ACCESS = f"{DESK}.my_access"  # Nothing -> MyAccess
CONFIRM_SESSION = f"{DESK}.confirm_session"  # WithPassword -> Nothing
CHANGE_PASSWORD = f"{DESK}.change_password"  # ChangePassword -> Nothing
START_TOTP = f"{DESK}.start_totp"  # Nothing -> TotpStarted
CONFIRM_TOTP = f"{DESK}.confirm_totp"  # ConfirmTotp -> FactorAdded
START_PASSKEY = f"{DESK}.start_passkey"  # Nothing -> PasskeyOptions
ADD_PASSKEY = f"{DESK}.add_passkey"  # AddPasskey -> FactorAdded
REMOVE_FACTOR = f"{DESK}.remove_factor"  # ById -> Nothing
RENEW_RECOVERY_CODES = f"{DESK}.renew_recovery_codes"  # Nothing -> RecoveryCodes
END_SESSION = f"{DESK}.end_session"  # ById -> Nothing
END_SESSIONS = f"{DESK}.end_sessions"  # Nothing -> Nothing
INVITE_AGENT = f"{DESK}.invite_agent"  # InviteAgent -> Written (Invited)
READ_INVITATION = f"{DESK}.read_invitation"  # ByInvitation -> InvitationView, no session
ACCEPT_INVITATION = f"{DESK}.accept_invitation"  # AcceptInvitation -> InvitationAccepted, no session
SIGN_ON_OFFERED = f"{DESK}.sign_on_offered"  # Nothing -> SignOnOffered, no session
START_SIGN_ON = f"{DESK}.start_sign_on"  # Nothing -> SignOnStarted, no session
FINISH_SIGN_ON = f"{DESK}.finish_sign_on"  # FinishSignOn -> LogInOutcome, no session

PASSWORD_CHARACTERS_MIN = 12
PASSWORD_CHARACTERS_MAX = 1024
PASSKEY_ANSWER_BYTES_MAX = 16_384

FactorKind = Literal["totp", "passkey"]
SecondFactor = Literal["totp", "passkey", "recovery_code"]


class SecondFactorNeeded(msgspec.Struct):
    """The first factor was right: the second step takes `pending`, once, until `expires_at`."""

    pending: str
    expires_at: Timestamp
    factors: list[SecondFactor]

    def __repr__(self) -> str:
        return f"SecondFactorNeeded(factors={self.factors!r})"


class LogInOutcome(msgspec.Struct):
    """Exactly one of the two is set."""

    session: SessionOpened | None = None
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


class WithPassword(msgspec.Struct):
    """Somebody who is logged in proves it again."""

    password: str
    ip: str = ""

    def __repr__(self) -> str:
        return "WithPassword()"


class ChangePassword(msgspec.Struct):
    """The present password proves who asks."""

    password: str
    new_password: str
    ip: str = ""

    def __repr__(self) -> str:
        return "ChangePassword()"


class TotpStarted(msgspec.Struct):
    """The secret is shown until it is confirmed, and never again."""

    factor: str
    secret: str
    uri: str

    def __repr__(self) -> str:
        return "TotpStarted()"


class ConfirmTotp(msgspec.Struct):
    """A first code proves that the application holds the secret."""

    id: bytes
    code: str
    name: str


class AddPasskey(msgspec.Struct):
    """The browser's answer, as JSON."""

    credential: str
    name: str


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


class InviteAgent(msgspec.Struct):
    """Invite somebody new by e-mail, name, role; or, with `agent_id` alone, somebody known who must choose a new password."""

    agent_id: bytes | None = None
    email: str = ""
    name: str = ""
    role: str = ""
    locale: str = "fr"
    resets_factors: bool = False
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
