"""Test cards: the named ones of docs/sandbox.md, and as many distinct ones as a load needs.

All lie on ranges that schemes and processors publish for tests, so none can belong to a person.
"""

import time
from typing import Literal

import msgspec

LOAD_CARDS = 250_000
"""Distinct cards that a load draws from."""

LOAD_AMOUNTS = 4_000
"""Distinct amounts each load card pays before a (card, amount) pair comes again: a billion payments in all."""

LOAD_PAYMENTS_PER_SECOND_MAX = 20_000
"""A run takes its pairs from the clock; two runs started a second apart share none below this rate."""

_LOAD_BIN = "497010"
_LOAD_ACCOUNT_FIRST = 100_000_000  # Named cards have accounts below 1,000.
_LOAD_AMOUNT_MINOR_MIN = 200
EXPIRY = "3012"


Authentication = Literal[
    "frictionless", "attempted", "challenge", "refused", "rejected", "unavailable", "silent"
]
"""What the issuer of a card answers to 3-D Secure (deploy/sandbox/simulators/bank)."""


class TestCard(msgspec.Struct, frozen=True):
    """One named card. `behaviour` is a key of script.BEHAVIOURS, what its acquirer does; `authentication`, its issuer."""

    __test__ = False  # Not a test class, whatever its name begins with.

    name: str
    name_fr: str
    pan: str
    behaviour: str
    brand: str
    expiry: str = EXPIRY  # YYMM
    authentication: Authentication = "frictionless"


class CardUnknown(Exception):
    """No test card has this name."""

    def __init__(self, name: str) -> None:
        super().__init__(f"no test card is called {name!r}")
        self.name = name


def luhn_digit(partial: str) -> str:
    """Return the check digit that makes `partial` plus it pass the Luhn check (ISO/IEC 7812-1, annex B)."""
    total = 0
    for place, character in enumerate(reversed(partial)):
        digit = ord(character) - 48
        if place % 2 == 0:
            digit *= 2
            if digit > 9:
                digit -= 9
        total += digit
    return str(-total % 10)


def luhn_valid(pan: str) -> bool:
    """Whether the last digit is the check digit of the others."""
    return pan.isdigit() and luhn_digit(pan[:-1]) == pan[-1]


def make_pan(prefix: str, account: int, *, digits: int = 16) -> str:
    """Return the card number of `digits` digits that this account has in this range."""
    partial = prefix + str(account).zfill(digits - 1 - len(prefix))
    if len(partial) != digits - 1:
        raise ValueError("the account does not fit the range")
    return partial + luhn_digit(partial)


def _card(
    name: str,
    name_fr: str,
    account: int,
    behaviour: str,
    prefix: str = "497010",
    brand: str = "cb",
    authentication: Authentication = "frictionless",
) -> TestCard:
    digits = 15 if prefix.startswith("37") else 16
    pan = make_pan(prefix, account, digits=digits)
    return TestCard(
        name=name,
        name_fr=name_fr,
        pan=pan,
        behaviour=behaviour,
        brand=brand,
        authentication=authentication,
    )


def _authenticated(
    name: str,
    name_fr: str,
    account: int,
    authentication: Authentication,
    prefix: str = "497010",
    brand: str = "cb",
) -> TestCard:
    return _card(name, name_fr, account, "approve", prefix, brand, authentication)


_NAMED = (
    _card("approve-cb", "accepte-cb", 1, "approve"),
    _card("approve-visa", "accepte-visa", 111_111_111, "approve", "411111", "visa"),
    _card("approve-mastercard", "accepte-mastercard", 555_555_444, "approve", "555555", "mastercard"),
    _card("approve-mastercard-2", "accepte-mastercard-2", 4_840_001, "approve", "222300", "mastercard"),
    _card("approve-amex", "accepte-amex", 631_000, "approve", "37828224", "amex"),
    _card("partial", "partielle", 10, "partial"),
    _card("refer-to-issuer", "appeler-emetteur", 101, "refer-to-issuer"),
    _card("invalid-merchant", "commercant-invalide", 103, "invalid-merchant"),
    _card("pick-up", "carte-a-conserver", 104, "pick-up"),
    _card("do-not-honour", "ne-pas-honorer", 105, "do-not-honour"),
    _card("invalid-transaction", "transaction-invalide", 112, "invalid-transaction"),
    _card("invalid-amount", "montant-invalide", 113, "invalid-amount"),
    _card("invalid-card", "carte-invalide", 114, "invalid-card"),
    _card("no-such-issuer", "emetteur-inconnu", 115, "no-such-issuer"),
    _card("format-error", "erreur-de-format", 130, "format-error"),
    _card("lost", "perdue", 141, "lost"),
    _card("stolen", "volee", 143, "stolen"),
    _card("insufficient-funds", "provision-insuffisante", 151, "insufficient-funds"),
    _card(
        "insufficient-funds-visa", "provision-insuffisante-visa", 151, "insufficient-funds", "411111", "visa"
    ),
    _card("expired", "expiree", 154, "expired"),
    _card("wrong-pin", "code-faux", 155, "wrong-pin"),
    _card("not-permitted-cardholder", "interdite-au-porteur", 157, "not-permitted-cardholder"),
    _card("not-permitted-terminal", "interdite-au-terminal", 158, "not-permitted-terminal"),
    _card("suspected-fraud", "soupcon-de-fraude", 159, "suspected-fraud"),
    _card("above-limit", "plafond-depasse", 161, "above-limit"),
    _card("restricted", "restreinte", 162, "restricted"),
    _card("too-often", "trop-frequente", 165, "too-often"),
    _card("pin-tries", "essais-epuises", 175, "pin-tries"),
    _card("strong-authentication", "authentification-forte", 181, "strong-authentication"),
    _card("mandate-revoked", "mandat-revoque", 182, "mandate-revoked"),
    _card("issuer-unavailable", "emetteur-indisponible", 191, "issuer-unavailable"),
    _card("duplicate-at-host", "doublon-acquereur", 194, "duplicate-at-host"),
    _card("malfunction", "panne-acquereur", 196, "malfunction"),
    _card("slow", "lente", 201, "slow"),
    _card("no-reply", "sans-reponse", 202, "no-reply"),
    _card("twice", "deux-fois", 203, "twice"),
    _card("late", "tardive", 204, "late"),
    _card("close-link", "coupe-la-liaison", 205, "close-link"),
    _card("reversal-third", "annulation-troisieme", 206, "reversal-third"),
    _card("reversal-refused", "annulation-refusee", 207, "reversal-refused"),
    _card("with-identification", "avec-piece-identite", 208, "with-identification"),
    _card("vip", "client-privilegie", 211, "vip"),
    _card("update-track", "piste-a-mettre-a-jour", 216, "update-track"),
    _card("odd-code", "code-inconnu", 277, "odd-code"),
    _card("blank-code", "code-blanc", 278, "blank-code"),
    _card("no-code", "sans-code", 279, "no-code"),
    _card("other-amount", "autre-montant", 280, "other-amount"),
    _card("other-currency", "autre-devise", 281, "other-currency"),
    _card("other-card", "autre-carte", 282, "other-card"),
    _card("other-reference", "autre-reference", 283, "other-reference"),
    _card("other-type", "autre-type", 284, "other-type"),
    _card("lost-request", "demande-perdue", 285, "lost-request"),
    _card("reversal-forbidden", "annulation-interdite", 286, "reversal-forbidden"),
    _authenticated("challenge", "a-confirmer", 401, "challenge"),
    _authenticated("challenge-visa", "a-confirmer-visa", 401, "challenge", "411111", "visa"),
    _authenticated(
        "challenge-mastercard", "a-confirmer-mastercard", 401, "challenge", "555555", "mastercard"
    ),
    _card(
        "challenge-insufficient-funds",
        "a-confirmer-sans-provision",
        451,
        "insufficient-funds",
        authentication="challenge",
    ),
    _authenticated("attempted", "tentee", 402, "attempted"),
    _authenticated("not-authenticated", "non-authentifiee", 403, "refused"),
    _authenticated("authentication-rejected", "authentification-rejetee", 404, "rejected"),
    _authenticated("authentication-unavailable", "authentification-indisponible", 405, "unavailable"),
    _authenticated("authentication-silent", "authentification-muette", 406, "silent"),
)

CARDS: dict[str, TestCard] = {card.name: card for card in _NAMED}
_BY_ANY_NAME: dict[str, TestCard] = CARDS | {card.name_fr: card for card in _NAMED}


def card_named(name: str) -> TestCard:
    """Return the card of this English or French name. Raises: CardUnknown."""
    card = _BY_ANY_NAME.get(name.strip().lower())
    if card is None:
        raise CardUnknown(name)
    return card


def load_pan(index: int) -> str:
    """Return the card number of one load card; `index` wraps at LOAD_CARDS. The acquirer approves all of them."""
    return make_pan(_LOAD_BIN, _LOAD_ACCOUNT_FIRST + index % LOAD_CARDS)


_ESTATE_PREFIXES = (
    "497010",
    "497010",
    "497010",
    "411111",
    "411111",
    "555555",
    "555555",
    "222300",
    "497010",
    "411111",
)
_ESTATE_ACCOUNT_FIRST = 300_000_000


def estate_pan(index: int) -> str:
    """Return the card number of one shopper, of mixed brands; `index` wraps at LOAD_CARDS. All are approved."""
    prefix = _ESTATE_PREFIXES[index % len(_ESTATE_PREFIXES)]
    return make_pan(prefix, _ESTATE_ACCOUNT_FIRST + index % LOAD_CARDS)


def load_amount_minor(number: int) -> int:
    """Return the amount of payment `number`, between 2 and 42 euros."""
    index, turn = number % LOAD_CARDS, number // LOAD_CARDS
    return _LOAD_AMOUNT_MINOR_MIN + (index * 31 + turn) % LOAD_AMOUNTS


def load_start(now: float | None = None) -> int:
    """Return a payment number that no run started in the last half day can have reached."""
    return (
        int(time.time() if now is None else now) * LOAD_PAYMENTS_PER_SECOND_MAX % (LOAD_CARDS * LOAD_AMOUNTS)
    )
