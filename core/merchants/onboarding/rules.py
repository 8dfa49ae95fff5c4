"""What a file lacks, step by step, and whose turn it is."""

from typing import Final, NamedTuple

import msgspec

from core.contracts.merchants import CompanyFields, ContactFields, FindDuplicates, StoreFields
from core.contracts.onboarding import (
    Answers,
    DocumentKind,
    DocumentsAnswers,
    Move,
    OnboardingState,
    StepName,
)
from core.contracts.permissions import Permission
from core.contracts.reason_texts import says_why
from core.contracts.scope import Scope
from core.merchants.forms import Wrong, check_company, check_contact, check_store
from core.merchants.rules import check_siren, department_of, one_line

STEPS: Final[tuple[StepName, ...]] = (
    "merchant",
    "company",
    "stores",
    "contacts",
    "services",
    "documents",
    "review",
)
EDITABLE: Final = frozenset({"draft", "returned"})
_OF_MERCHANT: Final = {"siren": "siren", "activity": "activity"}


class Transition(NamedTuple):
    """One way on: from which states, to which, by whom."""

    sources: frozenset[OnboardingState]
    target: OnboardingState
    permission: Permission
    needs_reason: bool = False


TRANSITIONS: Final[dict[Move, Transition]] = {
    "submit": Transition(frozenset({"draft", "returned"}), "submitted", Permission.MERCHANTS_REGISTER),
    "send_back": Transition(
        frozenset({"submitted"}), "returned", Permission.MERCHANTS_VALIDATE, needs_reason=True
    ),
    "validate": Transition(frozenset({"submitted"}), "validated", Permission.MERCHANTS_VALIDATE),
    "hand_over": Transition(frozenset({"validated"}), "handed_over", Permission.MERCHANTS_VALIDATE),
    "finish": Transition(frozenset({"handed_over"}), "done", Permission.CONTRACTS_ACTIVATE),
    "abandon": Transition(
        frozenset({"draft", "returned"}), "abandoned", Permission.MERCHANTS_REGISTER, needs_reason=True
    ),
}
"""Every move but `take`, which changes who holds a file and not its state."""


class Known(NamedTuple):
    """What only the database knows of a file."""

    siren_taken: bool = False
    sirets_taken: frozenset[str] = frozenset()
    account_missing: bool = False
    outside_area: bool = False
    stores_outside: frozenset[int] = frozenset()  # places in the list
    doubtful: bool = False  # somebody looks alike


class Lacking(NamedTuple):
    """One step: whether anything is written in it, and what is missing or wrong."""

    name: StepName
    started: bool
    wrong: list[Wrong]


def waits_for(state: OnboardingState) -> Permission | None:
    """Return the permission of those whose turn it is."""
    match state:
        case "draft" | "returned":
            return Permission.MERCHANTS_REGISTER
        case "submitted" | "validated":
            return Permission.MERCHANTS_VALIDATE
        case "handed_over":
            return Permission.CONTRACTS_ACTIVATE
        case "done" | "abandoned":
            return None


def department_of_file(answers: Answers) -> str | None:
    """Return where a file belongs: by the registered address, else by the first store."""
    postcodes = [answers.company.postcode, *(store.postcode for store in answers.stores)]
    return next((found for postcode in postcodes if (found := department_of(postcode.strip()))), None)


def stores_outside(answers: Answers, scope: Scope) -> frozenset[int]:
    """Return the places of the stores whose department the scope does not see."""
    return frozenset(
        place
        for place, store in enumerate(answers.stores)
        if (department := department_of(store.postcode.strip())) is not None and not scope.sees(department)
    )


def company_of(answers: Answers) -> CompanyFields:
    """Return the company that a file makes."""
    company, merchant = answers.company, answers.merchant
    return CompanyFields(
        legal_name=company.legal_name,
        siren=merchant.siren,
        legal_form=company.legal_form,
        vat=company.vat,
        activity=merchant.activity,
        street=company.street,
        postcode=company.postcode,
        city=company.city,
        iban=company.iban,
    )


def asked_of(answers: Answers) -> FindDuplicates:
    """Return what duplicates of a file are looked for by."""
    first_store = answers.stores[0] if answers.stores else StoreFields()
    first_contact = answers.contacts[0] if answers.contacts else ContactFields()
    return FindDuplicates(
        siren=answers.merchant.siren,
        siret=first_store.siret,
        vat=answers.company.vat,
        iban=answers.company.iban,
        name=answers.company.legal_name or answers.merchant.trade_name,
        postcode=answers.company.postcode or first_store.postcode,
        city=answers.company.city or first_store.city,
        phone=first_contact.phone,
        email=first_contact.email,
    )


def tidied(answers: Answers) -> Answers:
    """Return the answers as they are kept: what is right without its spaces, what is wrong as it was typed."""
    company, _ = check_company(company_of(answers))
    siren = company.siren
    kept = msgspec.structs.asdict(company)
    return Answers(
        merchant=msgspec.structs.replace(
            answers.merchant,
            trade_name=one_line(answers.merchant.trade_name),
            siren=siren,
            activity=company.activity,
            note=answers.merchant.note.strip(),
        ),
        company=msgspec.structs.replace(
            answers.company,
            account_name=one_line(answers.company.account_name),
            **{name: kept[name] for name in kept if name not in _OF_MERCHANT},
        ),
        stores=[check_store(store, siren)[0] for store in answers.stores if _is_written(store)],
        contacts=[check_contact(contact)[0] for contact in answers.contacts if _is_written(contact)],
        services=answers.services,
        documents=_ticked(answers),
        review=answers.review,
        files=answers.files,
    )


def _ticked(answers: Answers) -> DocumentsAnswers:
    """Return the ticks with those of documents that are there: they were wanted, and are received."""
    brought: list[DocumentKind] = [one.kind for one in answers.files]
    documents = answers.documents
    return DocumentsAnswers(
        wanted=[*documents.wanted, *(kind for kind in brought if kind not in documents.wanted)],
        received=[*documents.received, *(kind for kind in brought if kind not in documents.received)],
    )


def lacking(answers: Answers, known: Known) -> list[Lacking]:
    """Return every step with what it lacks, in the order in which they are filled in."""
    siren = check_siren(answers.merchant.siren)
    _, of_company = check_company(company_of(answers))
    merchant = [each for each in of_company if each.field in _OF_MERCHANT]
    if not answers.merchant.trade_name:
        merchant.insert(0, Wrong("trade_name", "missing"))
    if known.siren_taken:
        merchant.append(Wrong("siren", "siren_taken"))
    company = [each for each in of_company if each.field not in _OF_MERCHANT]
    if known.account_missing:
        company.append(Wrong("account_id", "account_unknown"))
    if known.outside_area:
        company.append(Wrong("postcode", "outside_area"))
    written: dict[StepName, tuple[object, list[Wrong]]] = {
        "merchant": (answers.merchant, merchant),
        "company": (answers.company, company),
        "stores": (answers.stores, _of_stores(answers.stores, "" if siren.code else siren.value, known)),
        "contacts": (answers.contacts, _of_contacts(answers.contacts)),
        "services": (
            answers.services,
            [] if answers.services.kinds else [Wrong("kinds", "services_missing")],
        ),
        "documents": (
            answers.documents,
            [] if answers.documents.wanted else [Wrong("wanted", "documents_missing")],
        ),
        "review": (answers.review, _of_review(answers, known)),
    }
    return [Lacking(name, _is_written(part), wrong) for name in STEPS for part, wrong in [written[name]]]


def is_complete(step: Lacking, steps: list[Lacking]) -> bool:
    """Return whether a step lacks nothing; there is something to review once the others lack nothing."""
    return not any(one.wrong for one in steps) if step.name == "review" else not step.wrong


def _of_stores(stores: list[StoreFields], siren: str, known: Known) -> list[Wrong]:
    if not stores:
        return [Wrong("0.name", "stores_missing")]
    wrong: list[Wrong] = []
    seen: set[str] = set()
    for place, store in enumerate(stores):
        kept, problems = check_store(store, siren)
        wrong += [Wrong(f"{place}.{each.field}", each.code) for each in problems]
        if kept.siret and kept.siret in seen:
            wrong.append(Wrong(f"{place}.siret", "siret_twice"))
        elif kept.siret in known.sirets_taken:
            wrong.append(Wrong(f"{place}.siret", "siret_taken"))
        if place in known.stores_outside:
            # Who may not make a store there makes none by way of a file either.
            wrong.append(Wrong(f"{place}.postcode", "outside_area"))
        seen.add(kept.siret)
    return wrong


def _of_contacts(contacts: list[ContactFields]) -> list[Wrong]:
    if not contacts:
        return [Wrong("0.name", "contacts_missing")]
    return [
        Wrong(f"{place}.{each.field}", each.code)
        for place, contact in enumerate(contacts)
        for each in check_contact(contact)[1]
    ]


def _of_review(answers: Answers, known: Known) -> list[Wrong]:
    reason = answers.review.not_duplicate_reason.strip()
    if known.doubtful and not says_why(reason):
        return [Wrong("not_duplicate_reason", "duplicate_unanswered")]
    return []


def _is_written(part: object) -> bool:
    if isinstance(part, msgspec.Struct):
        return any(_is_written(value) for value in msgspec.structs.asdict(part).values())
    return bool(part)
