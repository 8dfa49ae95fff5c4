"""Pure decisions about second factors, passwords, devices."""

import hmac
import re
from datetime import datetime, timedelta
from typing import Final, Protocol

from pyotp.totp import TOTP

from core.contracts.access import PASSWORD_CHARACTERS_MAX, PASSWORD_CHARACTERS_MIN

PENDING_LIFE: Final = timedelta(minutes=5)
DEVICE_LIFE: Final = timedelta(days=90)
DEVICES_MAX: Final = 20
INVITATION_LIFE: Final = timedelta(hours=72)
SIGN_ON_LIFE: Final = timedelta(minutes=10)
CONFIRMATION_LIFE: Final = timedelta(minutes=10)
FACTORS_MAX: Final = 10
RECOVERY_CODES: Final = 10
RECOVERY_CODE_LETTERS: Final = 12
FAILURES_PER_FACTOR_MAX: Final = 5

STEP_S: Final = 30
# RFC 6238 section 5.2: one step each way for the clock of the phone and the time that typing takes.
_STEPS_AROUND: Final = (-1, 0, 1)
_CODE: Final = re.compile(r"[0-9]{6}")

# The first that matches names it: Edge and Opera also call themselves Chrome, Chrome also calls itself Safari.
_BROWSERS: Final = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
    ("curl/", "curl"),
    ("python-httpx/", "Python"),
)
_SYSTEMS: Final = (
    ("Windows", "Windows"),
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Mac OS X", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)


class WhyRefused(Protocol):
    """A realm's rules of new passwords."""

    def __call__(self, password: str, *, email: str, is_common: bool) -> str | None:
        """Return why one is not taken and, after a blank, what it lacks; None when it is taken."""
        ...


def step_of(secret: str, code: str, *, now: datetime, last_step: int) -> int | None:
    """Return the time step that a code of six digits belongs to, None when it is wrong or not newer than the last."""
    typed = "".join(code.split())
    if not _CODE.fullmatch(typed):
        return None
    present = int(now.timestamp()) // STEP_S
    application = TOTP(secret)
    found = None
    for around in _STEPS_AROUND:
        step = present + around
        # Every step is compared, in constant time, so that nothing is told by how long it takes.
        if hmac.compare_digest(application.generate_otp(step), typed) and step > last_step:
            found = step
    return found


def recovery_code_typed(text: str) -> str:
    """Return a recovery code as it is digested: capitals without blanks and dashes; what is easily mistaken is one."""
    plain = "".join(letter for letter in text.upper() if letter.isalnum())
    return plain.translate(str.maketrans("OIL", "011"))[: RECOVERY_CODE_LETTERS * 2]


def why_password_refused(password: str, *, email: str, is_common: bool) -> str | None:
    """Return why a new password is not taken, None when it is. Length counts, composition does not."""
    if len(password) < PASSWORD_CHARACTERS_MIN:
        return "password_too_short"
    if len(password) > PASSWORD_CHARACTERS_MAX:
        return "password_too_long"
    if is_common or len(set(password)) < 4 or password.strip().lower() == email.lower():
        return "password_common"
    return None


def is_confirmed(confirmed_at: datetime, now: datetime) -> bool:
    """Return whether the password was asked recently enough for a change of credentials."""
    return now - confirmed_at < CONFIRMATION_LIFE


def browser_and_system(user_agent: str) -> tuple[str, str]:
    """Return the browser and the system in plain words, empty where they are not known."""
    browser = next((name for mark, name in _BROWSERS if mark in user_agent), "")
    system = next((name for mark, name in _SYSTEMS if mark in user_agent), "")
    return browser, system
