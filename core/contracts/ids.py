"""Typed identifiers: sixteen bytes in memory and in PostgreSQL, `mac_01j…` in the API and on the bus.

A field of a request that is typed so (`id: MacroId`) is read by msgspec: text of another kind or form is malformed,
and the message names the field.
"""

from typing import Any, ClassVar, Final, Self, TypeVar

import msgspec

from core.values.ids import ALPHABET, PREFIXES, decode_id, encode_id

Shape = TypeVar("Shape")
CHARACTERS_MAX: Final = 40


class Id(bytes):
    """An identifier of one kind of thing; a subclass says which."""

    kind: ClassVar[str]

    def __init_subclass__(cls, *, kind: str, **options: Any) -> None:
        super().__init_subclass__(**options)
        cls.kind = kind

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


class TransactionId(Id, kind="transaction"):
    """A payment, refund, hold or completion."""


class AccountId(Id, kind="account"):
    """An account."""


class CompanyId(Id, kind="company"):
    """A company."""


class StoreId(Id, kind="store"):
    """A store."""


class ServiceId(Id, kind="service"):
    """A service."""


class TerminalId(Id, kind="terminal"):
    """A terminal."""


class AgentId(Id, kind="agent"):
    """An agent."""


class SessionId(Id, kind="session"):
    """A session."""


class GrantId(Id, kind="grant"):
    """A grant."""


class ActionId(Id, kind="action"):
    """A row of the audit."""


class FactorId(Id, kind="factor"):
    """A second factor."""


class BlockId(Id, kind="block"):
    """A block."""


class EventId(Id, kind="event"):
    """An event of a transaction."""


class DeliveryId(Id, kind="delivery"):
    """A message owed to a host."""


class ExportId(Id, kind="export"):
    """An export."""


class ViewId(Id, kind="view"):
    """A saved view."""


class AlertId(Id, kind="alert"):
    """An alert."""


class AlertRuleId(Id, kind="alert_rule"):
    """An alert rule."""


class RequestId(Id, kind="request"):
    """An internal request."""


class MailId(Id, kind="mail"):
    """A message that was sent."""


class NoticeId(Id, kind="notice"):
    """A notice."""


class BrandId(Id, kind="brand"):
    """A look of the pages for one host name."""


class DocumentId(Id, kind="document"):
    """A document."""


class TemplateId(Id, kind="template"):
    """A version of the contract's template."""


class ContractId(Id, kind="contract"):
    """A contract."""


class FeeGridId(Id, kind="fee_grid"):
    """A fee grid."""


class FeeVersionId(Id, kind="fee_version"):
    """A version of a fee grid."""


class ApprovalId(Id, kind="approval"):
    """A two-person act."""


class MacroId(Id, kind="macro"):
    """A stored answer or sequence."""


class MacroRunId(Id, kind="macro_run"):
    """A run of a macro."""


class ContactId(Id, kind="contact"):
    """A contact."""


class OnboardingId(Id, kind="onboarding"):
    """A file of a merchant to be."""


class HostMatterId(Id, kind="host_matter"):
    """What a person settles with an acquirer."""


class TargetId(OneOf, kinds=("terminal", "store")):
    """What agents act on: a terminal or a store."""


class AnyId(OneOf, kinds=tuple(PREFIXES)):
    """Anything that has a public identifier."""


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
    if issubclass(shape, Id) and isinstance(value, str):
        return shape.read(value)
    raise NotImplementedError(shape.__name__)
