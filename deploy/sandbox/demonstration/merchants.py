"""What the demonstration knows of its merchants: addresses, settlement accounts, people, two open files."""

import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, NamedTuple

import asyncpg
import msgspec

from core.contracts.merchants import ContactFields, StoreFields
from core.contracts.onboarding import (
    Answers,
    CompanyAnswers,
    DocumentsAnswers,
    MerchantAnswers,
    ServicesAnswers,
)
from core.db.queries import load
from core.merchants.rules import department_of
from deploy.sandbox.demonstration.numbers import siren, siret

_SQL = load(Path(__file__).with_name("merchants.sql"))
_NAMESPACE: Final = uuid.UUID("6d1f3c52-7f0a-4a5e-9a55-2f6f1f0d4b11")


class DemoFacts(NamedTuple):
    """What is written of one company of the demonstration, by its place in the list of companies."""

    number: int
    legal_form: str
    activity: str
    street: str
    postcode: str
    city: str
    iban: str
    person: str
    role: str
    email: str
    phone: str


FACTS: Final = (
    DemoFacts(
        1,
        "SAS",
        "47.11F",
        "2 quai de la Rapée",
        "75012",
        "Paris",
        "FR7630006000011234567890189",
        "Agathe Fournier",
        "accounting",
        "compta@bellerive.example",
        "+33142685300",
    ),
    DemoFacts(
        2,
        "SCOP",
        "47.61Z",
        "41 quai de Rive-Neuve",
        "13007",
        "Marseille",
        "FR1420041010050500013M02606",
        "Marius Castellani",
        "owner",
        "marius@fonderie.example",
        "+33491555555",
    ),
    DemoFacts(
        3,
        "SARL",
        "56.10A",
        "5 rue de Béthune",
        "59000",
        "Lille",
        "BE68539007547034",
        "Ondine Verhaeghe",
        "owner",
        "ondine@ondine.example",
        "+33320555555",
    ),
)


async def seed_merchants(connection: asyncpg.Connection) -> None:
    """Complete the companies of the demonstration and open two files; running it again changes nothing."""
    now = datetime.now(UTC)
    for facts in FACTS:
        number = siren(facts.number)
        await connection.execute(
            _SQL.fill_company,
            number,
            facts.legal_form,
            facts.activity,
            facts.street,
            facts.postcode,
            facts.city,
            department_of(facts.postcode),
            facts.iban,
            _vat_of(number),
        )
        await connection.execute(
            _SQL.add_person,
            _id(facts.email),
            number,
            facts.person,
            facts.role,
            facts.email,
            facts.phone,
            now,
        )
    for place, (state, answers) in enumerate((("draft", _begun()), ("submitted", _complete())), 1):
        await connection.execute(
            _SQL.add_file,
            _file_id(place),
            state,
            answers.merchant.trade_name,
            answers.merchant.siren,
            department_of(answers.company.postcode),
            msgspec.json.encode(answers).decode(),
            now - timedelta(hours=place),
        )


def _begun() -> Answers:
    return Answers(
        merchant=MerchantAnswers(
            trade_name="Fleurs du Canal", siren=siren(2_000_001), note="Ouvre en décembre, rappeler le matin."
        ),
        company=CompanyAnswers(
            legal_name="Fleurs du Canal", legal_form="EURL", postcode="75010", city="Paris"
        ),
    )


def _complete() -> Answers:
    number = siren(2_000_002)
    street, postcode, city = "18 rue Oberkampf", "75011", "Paris"
    return Answers(
        merchant=MerchantAnswers(trade_name="Boulangerie Tessier", siren=number, activity="10.71C"),
        company=CompanyAnswers(
            legal_name="Tessier et fils",
            legal_form="SARL",
            vat=_vat_of(number),
            street=street,
            postcode=postcode,
            city=city,
        ),
        stores=[
            StoreFields(
                name="Boulangerie Tessier",
                siret=siret(number, 1),
                merchant_category="5462",
                street=street,
                postcode=postcode,
                city=city,
                opening="Mar–dim, 7 h–20 h",
            )
        ],
        contacts=[
            ContactFields(
                name="Paul Tessier", role="owner", email="paul@tessier.example", phone="+33143555555"
            )
        ],
        services=ServicesAnswers(kinds=["pax", "softpos"], terminals=2, monthly_volume_minor=1_500_000),
        documents=DocumentsAnswers(
            wanted=["registration", "identity", "bank_details"], received=["registration"]
        ),
    )


def _vat_of(number: str) -> str:
    return f"FR{(12 + 3 * int(number)) % 97:02d}{number}"


def _id(name: str) -> uuid.UUID:
    return uuid.uuid5(_NAMESPACE, f"merchants:{name}")


def _file_id(place: int) -> uuid.UUID:
    return _id(f"onboarding {place}")


SUBMITTED_FILE: Final = _file_id(2)
