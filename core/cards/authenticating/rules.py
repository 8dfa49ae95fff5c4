"""Pure decisions on authentications: what an issuer's word means, which word decides, who bears fraud.

Source: EMV 3-D Secure Protocol and Core Functions Specification 2.2, table A.1; ECI of Visa and of Mastercard Identity
Check. An answer is believed where all of it agrees: a status that vouches without its proof, or with another scheme's ECI,
vouches for nothing.
"""

import re
from datetime import datetime, timedelta
from typing import Final, Literal

from core.cards.authenticating.model import Standing, Verdict
from core.contracts.cards import TransactionStatus
from core.contracts.states import Brand

ANSWER_WITHIN: Final = timedelta(seconds=30)
"""An authentication that was asked and never answered, for its process has ended, is unavailable after it."""

CHALLENGE_WITHIN: Final = timedelta(minutes=10)

_ECI: Final[dict[str, dict[TransactionStatus, str]]] = {
    "visa": {"Y": "05", "A": "06"},
    "mastercard": {"Y": "02", "A": "01"},
}
_PROOF: Final = re.compile(r"[A-Za-z0-9+/]{27}=")  # 20 bytes in base 64


def judge(
    status: TransactionStatus, *, eci: str, proof: str, brand: int, is_cancelled: bool = False, bin_: str
) -> Verdict | None:
    """Return what an issuer's word decides, None where it asks for a challenge."""
    match status:
        case "Y" | "A":
            if eci != _ECI[_scheme_of(brand, bin_)][status] or _PROOF.fullmatch(proof) is None:
                return Verdict("unavailable", "merchant")
            return Verdict("authenticated" if status == "Y" else "attempted", "issuer", eci, proof)
        case "N" | "R":
            return Verdict("abandoned" if is_cancelled else "failed", "merchant")
        case "U":
            return Verdict("unavailable", "merchant")
        case "C":
            return None


def take_return(
    standing: Standing, *, acs_id: str, directory_id: str, now: datetime
) -> Literal["decides", "stands", "unknown"]:
    """Return whether the issuer's word on a challenge decides it: the first that is in time and about this very one."""
    if not standing.acs_id or (standing.acs_id, standing.directory_id) != (acs_id, directory_id):
        return "unknown"
    return "decides" if standing.state == "challenged" and now < standing.expires_at else "stands"


def _scheme_of(brand: int, bin_: str) -> str:
    """Return whose programme a card is in: CB cards here are co-badged, and share the ranges of the other scheme."""
    if brand == Brand.MASTERCARD:
        return "mastercard"
    return "visa" if brand == Brand.VISA or bin_.startswith("4") else "mastercard"
