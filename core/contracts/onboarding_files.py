"""Files brought to the file of a merchant to be, before there is a company that they could belong to."""

from typing import Final

import msgspec

from core.contracts.merchants import DocumentKind
from core.contracts.subjects import DESK

ONBOARDING_ATTACHED = f"{DESK}.onboarding_attached"  # AttachFile -> merchants.OnboardingDetail
ONBOARDING_BYTES = f"{DESK}.onboarding_bytes"  # ReadAttached -> bytes, empty past the end

NAME_CHARACTERS_MAX: Final = 200


class AttachFile(msgspec.Struct):
    """Make the parts that came the document of this kind, in the place of one that was brought before."""

    id: bytes
    upload: bytes
    kind: DocumentKind
    name: str


class ReadAttached(msgspec.Struct):
    """Bytes of the document of a kind, from an offset."""

    id: bytes
    kind: DocumentKind
    offset: int
