"""Typed identifiers: sixteen bytes in memory and in PostgreSQL, `mac_01j…` in the API and on the bus.

A field of a request that is typed so (`id: MacroId`) is read by msgspec: text of another kind or form is malformed,
and the message names the field.
"""

from importlib import import_module
from typing import Any, ClassVar, Final, Self, TypeVar

import msgspec

from core.values.ids import (
    ALPHABET,
    PREFIXES,
    declare_kind,
    declare_others_by,
    decode_any_id,
    decode_id,
    encode_id,
)

Shape = TypeVar("Shape")
CHARACTERS_MAX: Final = 40

_OTHER_TYPES: Final = {
    bool: "bool", int: "int", float: "float", list: "array", tuple: "array", dict: "object", type(None): "null"
}  # fmt: skip
"""What msgspec calls what is no text."""


class Id(bytes):
    """An identifier of one kind of thing; a subclass says which."""

    kind: ClassVar[str]

    def __init_subclass__(cls, *, kind: str, prefix: str = "", **options: Any) -> None:
        """Declare a kind of thing and what its public identifiers begin with."""
        super().__init_subclass__(**options)
        cls.kind = kind
        if prefix:
            declare_kind(kind, prefix)

    @classmethod
    def read(cls, text: str) -> Self:
        """Return the identifier behind a public one. Raises: IdMalformed."""
        return cls(decode_id(cls.kind, text))

    @classmethod
    def pattern(cls) -> str:
        """Return what a public identifier of this kind looks like."""
        return f"^{PREFIXES[cls.kind]}_[{ALPHABET}]{{26}}$"

    @property
    def text(self) -> str:
        """The public form."""
        return encode_id(self.kind, self)


class OneOf(Id, kind=""):
    """An identifier of one of several kinds: its prefix says which."""

    kinds: ClassVar[tuple[str, ...]]
    kind: str  # pyright: ignore[reportIncompatibleVariableOverride]

    def __init_subclass__(cls, *, kinds: tuple[str, ...], **options: Any) -> None:
        super().__init_subclass__(kind=kinds[0], **options)
        cls.kinds = kinds

    @classmethod
    def pattern(cls) -> str:
        """Id."""
        return f"^({'|'.join(PREFIXES[kind] for kind in cls.kinds)})_[{ALPHABET}]{{26}}$"

    @classmethod
    def read(cls, text: str) -> Self:
        """Return the identifier behind a public one. Raises: IdMalformed."""
        prefix = text.partition("_")[0]
        kind = next((each for each in cls.kinds if PREFIXES[each] == prefix), cls.kinds[0])
        made = cls(decode_id(kind, text))
        made.kind = kind
        return made


class TransactionId(Id, kind="transaction", prefix="txn"):
    """A payment, refund, hold or completion."""


class AccountId(Id, kind="account", prefix="acc"):
    """An account."""


class CompanyId(Id, kind="company", prefix="com"):
    """A company."""


class StoreId(Id, kind="store", prefix="sto"):
    """A store."""


class ServiceId(Id, kind="service", prefix="svc"):
    """A service."""


class TerminalId(Id, kind="terminal", prefix="ter"):
    """A terminal."""


class AgentId(Id, kind="agent", prefix="agt"):
    """An agent."""


class SessionId(Id, kind="session", prefix="ses"):
    """A session."""


class GrantId(Id, kind="grant", prefix="grn"):
    """A grant."""


class ActionId(Id, kind="action", prefix="act"):
    """A row of the audit."""


class FactorId(Id, kind="factor", prefix="fac"):
    """A second factor."""


class BlockId(Id, kind="block", prefix="blk"):
    """A block."""


class EventId(Id, kind="event", prefix="evt"):
    """An event of a transaction."""


class DeliveryId(Id, kind="delivery", prefix="dlv"):
    """A message owed to a host."""


class ExportId(Id, kind="export", prefix="exp"):
    """An export."""


class ViewId(Id, kind="view", prefix="viw"):
    """A saved view."""


class AlertId(Id, kind="alert", prefix="alr"):
    """An alert."""


class AlertRuleId(Id, kind="alert_rule", prefix="rul"):
    """An alert rule."""


class RequestId(Id, kind="request", prefix="req"):
    """An internal request."""


class MailId(Id, kind="mail", prefix="mai"):
    """A message that was sent."""


class NoticeId(Id, kind="notice", prefix="ntc"):
    """A notice."""


class BrandId(Id, kind="brand", prefix="brd"):
    """A look of the pages for one host name."""


class DocumentId(Id, kind="document", prefix="doc"):
    """A document."""


class TemplateId(Id, kind="template", prefix="tpl"):
    """A version of the contract's template."""


class ContractId(Id, kind="contract", prefix="ctr"):
    """A contract."""


class FeeGridId(Id, kind="fee_grid", prefix="fgr"):
    """A fee grid."""


class FeeVersionId(Id, kind="fee_version", prefix="fee"):
    """A version of a fee grid."""


class ApprovalId(Id, kind="approval", prefix="apr"):
    """A two-person act."""


class MacroId(Id, kind="macro", prefix="mac"):
    """A stored answer or sequence."""


class MacroRunId(Id, kind="macro_run", prefix="mrn"):
    """A run of a macro."""


class ContactId(Id, kind="contact", prefix="cnt"):
    """A contact."""


class OnboardingId(Id, kind="onboarding", prefix="onb"):
    """A file of a merchant to be."""


class HostMatterId(Id, kind="host_matter", prefix="hmt"):
    """What a person settles with an acquirer."""


class TargetId(OneOf, kinds=("terminal", "store")):
    """What agents act on: a terminal or a store."""


class AnyId(OneOf, kinds=("transaction",)):
    """Anything that has a public identifier, whichever contract declares its kind."""

    @classmethod
    def pattern(cls) -> str:
        """Id."""
        return f"^({'|'.join(all_kinds().values())})_[{ALPHABET}]{{26}}$"

    @classmethod
    def read(cls, text: str) -> Self:
        """Return the identifier behind a public one. Raises: IdMalformed."""
        prefix = text.partition("_")[0]
        kind = kind_of_prefix(prefix)
        made = cls(decode_any_id(text) if kind else decode_id("transaction", text))
        made.kind = kind or cls.kind
        return made


class RecordId(
    OneOf,
    kinds=("transaction", "account", "company", "store", "terminal", "contract", "request", "agent"),
):
    """A record that has a page of its own."""


class BlockedId(OneOf, kinds=("store", "service", "terminal")):
    """What a block stops."""


class PlaceId(OneOf, kinds=("account", "company", "store")):
    """What a contact belongs to."""


class JournalId(OneOf, kinds=("terminal", "store", "contract", "contact", "agent")):
    """What has a journal; a person is a contact or an agent."""


def all_kinds() -> dict[str, str]:
    """Return kind -> prefix of every contract in the one list of them, whichever were imported before."""
    # By its name: the contracts of the list import this module.
    import_module("core.contracts.operations")
    return PREFIXES


declare_others_by(all_kinds)


def kind_of_prefix(prefix: str) -> str | None:
    """Return what identifiers with a prefix are of."""
    return next((kind for kind, known in all_kinds().items() if known == prefix), None)


def encode(value: object) -> bytes:
    """Return msgpack of a contract, identifiers in their public form."""
    return msgspec.msgpack.encode(value, enc_hook=_written)


def decode(raw: bytes | msgspec.Raw, shape: type[Shape]) -> Shape:
    """Return a contract of msgpack. Raises: msgspec.DecodeError."""
    return msgspec.msgpack.decode(raw, type=shape, dec_hook=_read)


def convert(value: Any, shape: type[Shape]) -> Shape:
    """Return plain values as a contract. Raises: msgspec.ValidationError."""
    return msgspec.convert(value, shape, dec_hook=_read)


def plain(value: object) -> Any:
    """Return a contract as plain values, identifiers in their public form."""
    return msgspec.to_builtins(value, enc_hook=_written)


def _written(value: Any) -> Any:
    if isinstance(value, Id):
        return value.text
    raise NotImplementedError(type(value).__name__)


def _read(shape: type, value: Any) -> Any:
    if not issubclass(shape, Id):
        raise NotImplementedError(shape.__name__)
    if not isinstance(value, str):
        # In the words of msgspec, which says where.
        raise TypeError(f"Expected `str`, got `{_OTHER_TYPES.get(type(value), type(value).__name__)}`")
    return shape.read(value)
