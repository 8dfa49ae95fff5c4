"""Accounts, companies, stores, contacts, duplicates: operations, requests, and the public shapes of API v1."""

from typing import Annotated, Final, Literal

import msgspec

from core.contracts.ids import AccountId, CompanyId, ContactId, PlaceId, StoreId
from core.contracts.listing import Nothing, Paged, Remark, Revision, Words
from core.contracts.operation import ACT, BY_RECORD, DELETE, GET, PATCH, POST, Operation, somewhere
from core.contracts.permissions import Permission
from core.contracts.references import Timestamp
from core.contracts.stores import StoreDetail, StorePage, StoreSummary

DuplicateReason = Literal["siren", "siret", "vat", "iban", "name", "phone", "email"]

Line = Annotated[str, msgspec.Meta(max_length=200)]
Code = Annotated[str, msgspec.Meta(max_length=40)]


class CompanyFields(msgspec.Struct, forbid_unknown_fields=True):
    """What is written of a company; identifiers are checked, and kept without their spaces."""

    legal_name: Line = ""
    siren: Code = ""
    legal_form: Line = ""
    vat: Code = ""
    activity: Code = ""
    street: Line = ""
    postcode: Code = ""
    city: Line = ""
    iban: Code = ""


class StoreFields(msgspec.Struct, forbid_unknown_fields=True):
    """What is written of a store; its department comes from its postcode.

    `time_zone` is one of values.zones; empty, a new store takes that of its department and an old one keeps its own.
    """

    name: Line = ""
    siret: Code = ""
    merchant_category: Code = ""
    street: Line = ""
    postcode: Code = ""
    city: Line = ""
    opening: Line = ""
    time_zone: Code = ""


class ContactFields(msgspec.Struct, forbid_unknown_fields=True):
    """Somebody to call or to write to."""

    name: Line = ""
    role: Code = ""
    email: Line = ""
    phone: Code = ""


class ListAccounts(Paged, kw_only=True):
    """Find accounts by name."""

    query: Words = ""


class OneAccount(msgspec.Struct, kw_only=True):
    """An account with its companies and contacts."""

    id: AccountId


class CreateAccount(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A group of companies."""

    name: Line
    idempotency_key: str = ""


class EditAccount(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Its new name."""

    id: AccountId
    revision: Revision
    name: Line
    idempotency_key: str = ""


class ListCompanies(Paged, kw_only=True):
    """Find companies by name, SIREN, VAT number, postcode or city."""

    query: Words = ""


class OneCompany(msgspec.Struct, kw_only=True):
    """A company with its stores and contacts; the whole IBAN for who may edit it."""

    id: CompanyId


class CreateCompany(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A company, in an account by its id or in a new one by its name. The reason says why a look-alike is another."""

    company: CompanyFields
    account: AccountId | None = None
    account_name: Line = ""
    not_duplicate_reason: Remark = ""
    idempotency_key: str = ""


class EditCompany(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Every field of a company."""

    id: CompanyId
    revision: Revision
    company: CompanyFields
    idempotency_key: str = ""


class ValidateCompany(msgspec.Struct, kw_only=True):
    """Note the commercial validation of a company that was made without a file."""

    id: CompanyId


class ListStores(Paged, kw_only=True):
    """Stores by name, city, company, SIRET, postcode or acceptor number."""

    query: Words = ""


class OneStore(msgspec.Struct, kw_only=True):
    """A store with its services, terminals, standing blocks and contacts."""

    id: StoreId


class CreateStore(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A store of a company. The reason says why a look-alike is another."""

    company: CompanyId
    store: StoreFields
    not_duplicate_reason: Remark = ""
    idempotency_key: str = ""


class EditStore(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Every field of a store."""

    id: StoreId
    revision: Revision
    store: StoreFields
    idempotency_key: str = ""


class AddContact(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Somebody to call; `of` is an account, a company or a store."""

    of: PlaceId
    contact: ContactFields
    idempotency_key: str = ""


class EditContact(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Every field of a contact."""

    id: ContactId
    revision: Revision
    contact: ContactFields
    idempotency_key: str = ""


class RemoveContact(msgspec.Struct, kw_only=True):
    """Remove a contact."""

    id: ContactId


class FindDuplicates(msgspec.Struct, forbid_unknown_fields=True):
    """What is known of somebody who may be a merchant already."""

    siren: Code = ""
    siret: Code = ""
    vat: Code = ""
    iban: Code = ""
    name: Line = ""
    postcode: Code = ""
    city: Line = ""
    phone: Code = ""
    email: Line = ""


class Iban(msgspec.Struct, frozen=True):
    """The settlement account; `value` only for those who may edit it."""

    country: str
    last_four: str
    value: str | None = None


class AccountRef(msgspec.Struct, frozen=True):
    """An account by its name."""

    id: str
    name: str


class Contact(msgspec.Struct, kw_only=True):
    """Somebody to call or to write to."""

    id: str
    name: str
    role: str
    email: str
    phone: str
    revision: int


class CompanySummary(msgspec.Struct, kw_only=True):
    """A company in a list."""

    id: str
    legal_name: str
    siren: str
    vat: str | None
    city: str
    postcode: str
    department: str | None
    account: AccountRef
    iban: Iban | None
    store_count: int
    validated: bool


class CompanyPage(msgspec.Struct):
    """In alphabetical order."""

    data: list[CompanySummary]
    next_cursor: str | None = None


class CompanyDetail(CompanySummary, kw_only=True):
    """A company with its stores and who to call."""

    legal_form: str
    activity: str
    street: str
    revision: int
    changed_at: Timestamp
    validated_at: Timestamp | None
    stores: list[StoreSummary]
    contacts: list[Contact]
    through_store: bool = False  # seen by a store of it only: to read, without IBAN and contacts


class AccountSummary(msgspec.Struct, kw_only=True):
    """An account in a list; the counts are of what the caller sees."""

    id: str
    name: str
    company_count: int
    store_count: int


class AccountPage(msgspec.Struct):
    """In alphabetical order."""

    data: list[AccountSummary]
    next_cursor: str | None = None


class AccountDetail(AccountSummary, kw_only=True):
    """An account with the companies that the caller sees, and who to call."""

    revision: int
    changed_at: Timestamp
    companies: list[CompanySummary]
    contacts: list[Contact]
    through_store: bool = False  # seen by a store of it only: to read, without contacts


class StoreMade(StoreSummary, kw_only=True):
    """A store as it was written."""

    street: str
    merchant_category: str
    opening: str
    time_zone: str  # IANA name, by which its days end
    revision: int
    changed_at: Timestamp
    contacts: list[Contact]


class StoreRecord(StoreDetail, kw_only=True):
    """A store with everything in it."""

    opening: str
    time_zone: str  # IANA name, by which its days end
    revision: int
    changed_at: Timestamp
    account: AccountRef
    contacts: list[Contact]


class Duplicate(msgspec.Struct, kw_only=True):
    """Somebody who may be the same. Outside the caller's area: no id and no name, only what is equal."""

    kind: Literal["company", "store", "onboarding"]
    id: str | None
    label: str | None
    place: str | None
    reasons: list[DuplicateReason]
    score: int  # 100: an identifier is equal
    visible: bool


class DuplicateList(msgspec.Struct):
    """The likeliest first."""

    data: list[Duplicate]


_STALE: Final = "refused when somebody else wrote meanwhile."
_ALIKE: Final = "a look-alike wants a reason why this is another."
_CONTACT: Final = "Add somebody to call at an account, a company or a store."
_DUPLICATES: Final = "Return who may be the same merchant, why, and how likely."
_CONTACT_EXAMPLE: Final = {"name": "Odette", "role": "owner", "phone": "+33142685300"}
_DIRECTORY_READ: Final = somewhere(Permission.DIRECTORY_READ)
_MERCHANTS_EDIT: Final = somewhere(Permission.MERCHANTS_EDIT)
LIST_ACCOUNTS = Operation(
    "accounts.list", ListAccounts, AccountPage, _DIRECTORY_READ, http=GET("/accounts", "Search accounts")
)
ONE_ACCOUNT = Operation(
    "accounts.one", OneAccount, AccountDetail, _DIRECTORY_READ, http=GET("/accounts/{id}", "One account")
)
CREATE_ACCOUNT = Operation(
    "accounts.create",
    CreateAccount,
    AccountDetail,
    _MERCHANTS_EDIT,
    http=POST("/accounts", "Create an account", "Create an account without a company."),
    audit=("account.created",),
)
EDIT_ACCOUNT = Operation(
    "accounts.edit",
    EditAccount,
    AccountDetail,
    _MERCHANTS_EDIT,
    http=PATCH("/accounts/{id}", "Edit an account", f"Rename an account; {_STALE}"),
    audit=("account.edited",),
)
LIST_COMPANIES = Operation(
    "companies.list", ListCompanies, CompanyPage, _DIRECTORY_READ, http=GET("/companies", "Search companies")
)
ONE_COMPANY = Operation(
    "companies.one", OneCompany, CompanyDetail, _DIRECTORY_READ, http=GET("/companies/{id}", "One company")
)
CREATE_COMPANY = Operation(
    "companies.create",
    CreateCompany,
    CompanyDetail,
    _MERCHANTS_EDIT,
    http=POST("/companies", "Create a company", f"Create a company; {_ALIKE}"),
    audit=("account.created", "company.created"),
)
EDIT_COMPANY = Operation(
    "companies.edit",
    EditCompany,
    CompanyDetail,
    _MERCHANTS_EDIT,
    http=PATCH("/companies/{id}", "Edit a company", f"Write every field of a company; {_STALE}"),
    audit=("company.edited",),
    example={
        "company": {
            "legal_name": "Ondine SAS",
            "siren": "980000012",
            "postcode": "90000",
            "city": "Belfort",
            "street": "1 rue de la Paix",
        }
    },
)
VALIDATE_COMPANY = Operation(
    "companies.validate",
    ValidateCompany,
    CompanyDetail,
    somewhere(Permission.MERCHANTS_VALIDATE),
    http=ACT("/companies/{id}/validate", "Validate a company"),
    audit=("company.validated",),
)
CREATE_STORE = Operation(
    "stores.create",
    CreateStore,
    StoreMade,
    _MERCHANTS_EDIT,
    http=POST("/stores", "Create a store", f"Create a store; {_ALIKE}"),
    audit=("store.created",),
)
EDIT_STORE = Operation(
    "stores.edit",
    EditStore,
    StoreMade,
    _MERCHANTS_EDIT,
    http=PATCH("/stores/{id}", "Edit a store", f"Write every field of a store; {_STALE}"),
    audit=("store.edited",),
)
ADD_CONTACT = Operation(
    "contacts.add",
    AddContact,
    Contact,
    _MERCHANTS_EDIT,
    http=POST("/contacts", "Add a contact", _CONTACT),
    audit=("contact.added",),
    example={"of": "{store}", "contact": _CONTACT_EXAMPLE},
)
EDIT_CONTACT = Operation(
    "contacts.edit",
    EditContact,
    Contact,
    _MERCHANTS_EDIT,
    http=PATCH("/contacts/{id}", "Edit a contact", f"Write every field of a contact; {_STALE}"),
    audit=("contact.edited",),
    example={"contact": _CONTACT_EXAMPLE},
)
REMOVE_CONTACT = Operation(
    "contacts.remove",
    RemoveContact,
    Nothing,
    _MERCHANTS_EDIT,
    http=DELETE("/contacts/{id}", "Remove a contact"),
    audit=("contact.removed",),
)
DUPLICATES = Operation(
    "merchants.duplicates",
    FindDuplicates,
    DuplicateList,
    BY_RECORD,
    http=ACT("/merchants/duplicates", "Look for duplicates", _DUPLICATES),
)

STORES = Operation(
    "stores.list", ListStores, StorePage, _DIRECTORY_READ, http=GET("/stores", "Search stores")
)
STORE = Operation("stores.one", OneStore, StoreRecord, _DIRECTORY_READ, http=GET("/stores/{id}", "One store"))
