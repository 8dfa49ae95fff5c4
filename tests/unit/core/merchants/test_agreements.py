"""A contract moves by its table, its paper is reproducible, its options and templates are checked by field."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import msgspec
import pytest

from core.contracts.agreements import ContractAct, ContractState, Limits, TemplateBlock, VersionState
from core.contracts.fees import FeeRow
from core.documents.blobs import FolderBlobs
from core.documents.rules import media_type_of, plain_name
from core.documents.typesetting import typeset
from core.merchants import agreements
from core.merchants.agreements.paper import Content, PaperService, paper_of, unknown_fields
from core.merchants.agreements.paper_words import PAPER_WORDS
from core.merchants.agreements.rules import CONTRACT_STEPS, PERMISSIONS, step_of
from core.merchants.agreements.services.rules import OPTION_RULES, checked_options, limit_problems

MADE_AT = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
CONTENT = Content(
    number="C2026-000001",
    version=1,
    company="Maison #Ondine* SARL",
    siren="123456782",
    account="Maison Ondine et associés",
    institution="Guichet",
    title_fr="Contrat d’acceptation",
    title_en="Acceptance agreement",
    template_version=1,
    blocks=[TemplateBlock("Parties", "Parties", "Avec {company.legal_name}.", "With {company.legal_name}.")],
    grid="Standard",
    fee_version=2,
    currency="EUR",
    fees=[FeeRow("visa", "eea", "debit", 35, 5, 12)],
    services=[
        PaperService("Ondine Lille", "12345678200011", "1 rue du Port, 59000 Lille", "pax", {"tip": True})
    ],
    starts_on="2026-12-01",
)


def test_the_whole_life_goes_by_the_table() -> None:
    state: ContractState = "draft"
    version: VersionState = "draft"
    lived: list[str] = []
    acts: tuple[ContractAct, ...] = (
        "prepare", "reopen", "prepare", "sign", "activate", "suspend", "resume", "terminate",
    )  # fmt: skip
    for act in acts:
        step = step_of(state, version, is_first=True, act=act, ends_on=None)
        assert step is not None, act
        state, version = step.contract, step.version or version
        lived.append(state)
    assert lived == ["ready", "draft", "ready", "signed", "active", "suspended", "active", "terminated"]
    assert version == "in_force"


@pytest.mark.parametrize("act", list(PERMISSIONS))
def test_nothing_leaves_terminated(act: ContractAct) -> None:
    assert step_of("terminated", "in_force", is_first=True, act=act, ends_on=date(2026, 1, 1)) is None


@pytest.mark.parametrize(
    ("state", "act"),
    [
        (state, act)
        for state in ("draft", "ready", "signed", "active", "suspended")
        for act in PERMISSIONS
        if (state, act) not in CONTRACT_STEPS
    ],
)
def test_what_the_table_does_not_hold_is_refused(state: ContractState, act: ContractAct) -> None:
    version: VersionState = "in_force" if state in ("active", "suspended") else state  # pyright: ignore[reportAssignmentType]
    assert step_of(state, version, is_first=True, act=act, ends_on=None) is None


def test_an_amendment_moves_beside_the_contract() -> None:
    assert step_of("active", "in_force", is_first=True, act="amend", ends_on=None) is not None
    assert step_of("active", "draft", is_first=False, act="amend", ends_on=None) is None
    signed = step_of("suspended", "ready", is_first=False, act="sign", ends_on=None)
    assert signed is not None
    assert (signed.contract, signed.version) == ("suspended", "signed")
    assert step_of("suspended", "signed", is_first=False, act="activate", ends_on=None) is None
    taken = step_of("active", "signed", is_first=False, act="activate", ends_on=None)
    assert taken is not None
    assert (taken.contract, taken.version) == ("active", "in_force")


def test_only_a_given_notice_can_be_taken_back() -> None:
    assert step_of("active", "in_force", is_first=True, act="keep", ends_on=None) is None
    assert step_of("active", "in_force", is_first=True, act="keep", ends_on=date(2027, 1, 1)) is not None


async def test_the_same_contract_is_the_same_paper() -> None:
    template = Path(agreements.__file__).with_name("contract.typ")
    french = paper_of(CONTENT, "fr", made_at=MADE_AT, is_draft=False)
    one = await typeset(template, french, made_at=MADE_AT)
    again = await typeset(template, french, made_at=MADE_AT)
    english = await typeset(
        template, paper_of(CONTENT, "en", made_at=MADE_AT, is_draft=False), made_at=MADE_AT
    )
    assert one == again
    assert one != english
    assert media_type_of(one) == "application/pdf"


@pytest.mark.parametrize("institution", ["Zoë 😊", "王小明", "საქართველო", "Δίκη & Υιοί"])
async def test_a_name_in_letters_that_no_font_of_ours_draws_still_has_its_paper(institution: str) -> None:
    template = Path(agreements.__file__).with_name("contract.typ")
    content = msgspec.structs.replace(CONTENT, institution=institution)
    made = await typeset(template, paper_of(content, "fr", made_at=MADE_AT, is_draft=False), made_at=MADE_AT)
    assert media_type_of(made) == "application/pdf"


def test_the_paper_says_what_was_agreed_in_both_languages() -> None:
    french = paper_of(CONTENT, "fr", made_at=MADE_AT, is_draft=False)
    english = paper_of(CONTENT, "en", made_at=MADE_AT, is_draft=True)
    assert french.sections[0].text == "Avec Maison #Ondine* SARL."
    assert french.tables[1].rows == [
        ["Visa", PAPER_WORDS["fr"]["region.eea"], "Débit", "0,35\u202f%", "0,05\u00a0€", "0,12\u00a0€"]
    ]
    assert english.tables[1].rows[0][3:] == ["0.35%", "€0.05", "€0.12"]
    assert (french.watermark, english.watermark) == ("", "DRAFT")


def test_content_comes_back_from_the_row_as_it_went() -> None:
    assert msgspec.json.decode(msgspec.json.encode(CONTENT), type=Content) == CONTENT


def test_a_clause_that_names_what_no_contract_has_is_refused_by_its_field() -> None:
    wrong = TemplateBlock("Titre", "Title", "Le {company.colour}", "The {company.siren}")
    assert [(one.field, one.code) for one in unknown_fields([CONTENT.blocks[0], wrong])] == [
        ("blocks[1].text_fr", "unknown_name")
    ]


@pytest.mark.parametrize("kind", list(OPTION_RULES))
def test_every_default_may_stand(kind: str) -> None:
    _, problems = checked_options(kind, {})  # pyright: ignore[reportArgumentType]
    assert problems == []


def test_options_are_refused_by_their_name() -> None:
    _, problems = checked_options(
        "pax",
        {
            "model": "Rotary",
            "connectivity": "wifi",
            "tip": "yes",
            "contactless_max_minor": True,
            "colour": "red",
        },
    )
    assert {one.field for one in problems} == {
        "options.model",
        "options.tip",
        "options.contactless_max_minor",
        "options.colour",
    }
    for site in ("http://shop.example", "https://localhost", "javascript:alert(1)", "https://a b.example\n"):
        assert checked_options("ecommerce", {"site": site})[1], site
    assert not checked_options("ecommerce", {"site": "https://shop.example/pay"})[1]


def test_limits_hold_together() -> None:
    limits = Limits(
        transaction_max_minor=10_000,
        brands=["visa", "visa"],
        terminal_day_max_minor=9_000,
        store_day_max_minor=8_000,
    )
    problems = limit_problems(limits, {"contactless_max_minor": 20_000}, amount_max_minor=5_000)
    assert {one.code for one in problems} == {
        "above_your_limit",
        "below_transaction_max",
        "below_terminal_day_max",
        "twice",
        "below_contactless",
    }


@pytest.mark.parametrize(
    ("content", "media_type"),
    [
        (b"%PDF-1.7\n%abc\n1 0 obj\n", "application/pdf"),
        (b"\x89PNG\r\n\x1a\n" + b"\x00\x00\x00\rIHDR" + bytes(40), "image/png"),
        (b"\xff\xd8\xff\xe0\x00\x10JFIF\x00" + bytes(40), "image/jpeg"),
        (b"MZ" + bytes(60), None),
        (b"<html><script>", None),
        (b"junk %PDF-1.7", None),
        (b"PK\x03\x04" + bytes(60), None),
        (b"", None),
    ],
)
def test_bytes_decide_what_a_file_is(content: bytes, media_type: str | None) -> None:
    assert media_type_of(content) == media_type


def test_a_name_carries_no_path_and_no_header() -> None:
    assert plain_name("../../etc/passwd") == "passwd"
    assert plain_name('C:\\a\\b".pdf\r\nX: y') == "b.pdfX y"
    assert plain_name("///") == "document"


async def test_a_folder_keeps_bytes_once_and_reads_them_in_parts(tmp_path: Path) -> None:
    blobs = FolderBlobs(tmp_path)
    sha256 = bytes(range(32))
    nothing = None  # A folder asks nothing of the transaction.
    for _ in range(2):
        await blobs.put(nothing, sha256, b"hello world")  # pyright: ignore[reportArgumentType]
    parts = [await blobs.read(nothing, sha256, offset=at, size_max=6) for at in (0, 6, 12)]  # pyright: ignore[reportArgumentType]
    assert parts == [b"hello ", b"world", b""]
    assert await blobs.read(nothing, bytes(32), offset=0, size_max=6) is None  # pyright: ignore[reportArgumentType]
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == [sha256.hex()[2:]]
