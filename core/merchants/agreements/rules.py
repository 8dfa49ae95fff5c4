"""The life of a contract as two tables, and which services a step stops or starts."""

from collections.abc import Collection, Mapping
from datetime import date
from typing import Final, NamedTuple

from core.contracts.agreements import ContractAct, ContractState, Locale, VersionState
from core.contracts.permissions import Permission

CONTRACT_STEPS: Final[Mapping[tuple[ContractState, ContractAct], ContractState]] = {
    ("draft", "prepare"): "ready",
    ("draft", "cancel"): "terminated",
    ("ready", "reopen"): "draft",
    ("ready", "sign"): "signed",
    ("ready", "cancel"): "terminated",
    ("signed", "activate"): "active",
    ("signed", "cancel"): "terminated",
    ("active", "suspend"): "suspended",
    ("suspended", "resume"): "active",
    ("active", "terminate"): "terminated",
    ("suspended", "terminate"): "terminated",
    # A changed contract: the version in force stays in force until the new one is signed and activated.
    ("active", "amend"): "active",
    ("suspended", "amend"): "suspended",
    # Taking back a termination whose date has not come.
    ("active", "keep"): "active",
    ("suspended", "keep"): "suspended",
}

VERSION_STEPS: Final[Mapping[tuple[VersionState, ContractAct], VersionState]] = {
    ("draft", "prepare"): "ready",
    ("ready", "reopen"): "draft",
    ("ready", "sign"): "signed",
    ("signed", "activate"): "in_force",
    ("draft", "cancel"): "cancelled",
    ("ready", "cancel"): "cancelled",
    ("signed", "cancel"): "cancelled",
}

PERMISSIONS: Final[Mapping[ContractAct, Permission]] = {
    "prepare": Permission.CONTRACTS_WRITE,
    "reopen": Permission.CONTRACTS_WRITE,
    "sign": Permission.CONTRACTS_WRITE,
    "cancel": Permission.CONTRACTS_WRITE,
    "amend": Permission.CONTRACTS_WRITE,
    "activate": Permission.CONTRACTS_ACTIVATE,
    "suspend": Permission.CONTRACTS_ACTIVATE,
    "resume": Permission.CONTRACTS_ACTIVATE,
    "terminate": Permission.CONTRACTS_ACTIVATE,
    "keep": Permission.CONTRACTS_ACTIVATE,
}
"""In the order in which the page offers them."""

PENDING: Final[Collection[VersionState]] = ("draft", "ready", "signed")
_OF_A_VERSION: Final[Collection[ContractAct]] = ("prepare", "reopen", "sign", "activate", "cancel")


class Step(NamedTuple):
    """Where a step leads; `version` None when it is not about a version."""

    contract: ContractState
    version: VersionState | None


def step_of(
    state: ContractState, version: VersionState, *, is_first: bool, act: ContractAct, ends_on: date | None
) -> Step | None:
    """Return where `act` leads from here, None when it cannot be taken.

    `version` is the state of the newest version and `is_first` whether it is the only one there has been. An
    amendment moves by itself: the contract stays where it is, and takes it over only while it is active.
    """
    if act in _OF_A_VERSION:
        moved = VERSION_STEPS.get((version, act))
        if moved is None:
            return None
        if is_first:
            led = CONTRACT_STEPS.get((state, act))
            return None if led is None else Step(led, moved)
        allowed: Collection[ContractState] = ("active",) if act == "activate" else ("active", "suspended")
        return Step(state, moved) if state in allowed else None
    led = CONTRACT_STEPS.get((state, act))
    if led is None or (act == "amend" and version in PENDING) or (act == "keep" and ends_on is None):
        return None
    return Step(led, None)


def number_of(year: int, count: int) -> str:
    """Return a contract's number: `C2026-000042`."""
    return f"C{year:04d}-{count:06d}"


def consent_text(number: str, version: int, company: str, locale: Locale) -> str:
    """Return what a typed signature accepts; it is kept with the signature."""
    if locale == "fr":
        return (
            f"En saisissant mon nom et ma fonction, je déclare avoir pouvoir d’engager {company}, avoir lu le contrat "
            f"{number} (version {version}) et l’accepter sans réserve."
        )
    return (
        f"By typing my name and my role I declare that I may commit {company}, that I have read the contract "
        f"{number} (version {version}) and that I accept it without reservation."
    )
