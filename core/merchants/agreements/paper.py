"""What a contract's PDF says, as facts for the template: pure, so that the same contract is the same paper."""

import re
from datetime import date, datetime
from typing import Final

import msgspec

from core.contracts.agreements import Locale, Options, ServiceKind, TemplateBlock
from core.contracts.desk import FieldProblem
from core.contracts.fees import FeeRow
from core.merchants.agreements.paper_words import PAPER_WORDS
from core.values.clock import paris_date
from core.values.dates import long_day
from core.values.money import money_text

FIELDS: Final = (
    "account.name",
    "company.legal_name",
    "company.siren",
    "contract.made_on",
    "contract.number",
    "contract.starts_on",
    "contract.version",
    "fees.grid",
    "fees.version",
    "institution.name",
)
"""What a clause may name between braces."""

_FIELD: Final = re.compile(r"\{([^{}]*)\}")
_NARROW: Final = "\u202f"
_FIXED: Final = "\u00a0"


class PaperService(msgspec.Struct, frozen=True):
    """A covered service as it is printed."""

    store: str
    siret: str
    address: str
    kind: ServiceKind
    options: Options


class Content(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that a version says, as it was on the day when it was made ready; kept with the version."""

    number: str
    version: int
    company: str
    siren: str
    account: str
    institution: str
    title_fr: str
    title_en: str
    template_version: int
    blocks: list[TemplateBlock]
    grid: str
    fee_version: int
    currency: str
    fees: list[FeeRow]
    services: list[PaperService]
    starts_on: str


class Section(msgspec.Struct, frozen=True):
    """A heading and its text."""

    heading: str
    text: str


class Grid(msgspec.Struct, frozen=True):
    """A table; `right` names the columns of figures."""

    heading: str
    head: list[str]
    rows: list[list[str]]
    right: list[int]


class Paper(msgspec.Struct, frozen=True, kw_only=True):
    """What contract.typ lays out; every word is here, none is there."""

    lang: Locale
    title: str
    subtitle: str
    watermark: str
    sections: list[Section]
    tables: list[Grid]
    signatures: Section
    parties: list[str]
    footer: str
    page_word: str


def unknown_fields(blocks: list[TemplateBlock]) -> list[FieldProblem]:
    """Return the names between braces that no contract can fill in, each by its field."""
    return [
        FieldProblem(f"blocks[{number}].{name}", "unknown_name", found[1][:50])
        for number, block in enumerate(blocks)
        for name, text in msgspec.structs.asdict(block).items()
        for found in _FIELD.finditer(text)
        if found[1] not in FIELDS
    ]


def paper_of(content: Content, locale: Locale, *, made_at: datetime, is_draft: bool) -> Paper:
    """Return the paper in a language; the names of people and places stay as they are."""
    french = locale == "fr"
    words = PAPER_WORDS[locale]
    facts = _facts_of(content, locale, paris_date(made_at))

    def filled(text: str) -> str:
        return _FIELD.sub(lambda found: facts.get(found[1], found[0]), text)

    return Paper(
        lang=locale,
        title=content.title_fr if french else content.title_en,
        subtitle=words["subtitle"].format(
            number=content.number, version=content.version, day=facts["contract.made_on"]
        ),
        watermark=words["draft"] if is_draft else "",
        sections=[
            Section(
                f"{number}. {filled(block.heading_fr if french else block.heading_en)}",
                filled(block.text_fr if french else block.text_en),
            )
            for number, block in enumerate(content.blocks, 1)
        ],
        tables=[
            Grid(
                words["services"],
                [words["store"], words["service"], words["options"]],
                [
                    [
                        f"{one.store}\nSIRET {one.siret}\n{one.address}".rstrip(),
                        words[f"kind.{one.kind}"],
                        _options_text(one.options, content.currency, locale),
                    ]
                    for one in content.services
                ],
                [],
            ),
            Grid(
                words["fees"].format(grid=content.grid, version=content.fee_version),
                [words[name] for name in ("brand", "region", "card", "rate", "fixed", "minimum")],
                [_fee_cells(row, content.currency, locale) for row in content.fees],
                [3, 4, 5],
            ),
        ],
        signatures=Section(words["signatures"], words["place"]),
        parties=[f"{words['for']} {content.institution}", f"{words['for']} {content.company}"],
        footer=f"{content.institution} · {content.number} · v{content.version} · {words['template']} "
        f"{content.template_version}",
        page_word=words["page"],
    )


def rate_text(rate_bp: int, locale: Locale) -> str:
    """Return basis points as a percentage: `0,35 %`."""
    text = f"{rate_bp // 100}.{rate_bp % 100:02d}"
    return f"{text.replace('.', ',')}{_NARROW}%" if locale == "fr" else f"{text}%"


def _facts_of(content: Content, locale: Locale, made_on: date) -> dict[str, str]:
    return {
        "account.name": content.account,
        "company.legal_name": content.company,
        "company.siren": content.siren,
        "contract.made_on": long_day(made_on, locale),
        "contract.number": content.number,
        "contract.starts_on": long_day(date.fromisoformat(content.starts_on), locale),
        "contract.version": str(content.version),
        "fees.grid": content.grid,
        "fees.version": str(content.fee_version),
        "institution.name": content.institution,
    }


def _fee_cells(row: FeeRow, currency: str, locale: Locale) -> list[str]:
    words = PAPER_WORDS[locale]
    return [
        words[f"brand.{row.brand}"],
        words[f"region.{row.region}"],
        words[f"card.{row.card_type}"],
        rate_text(row.rate_bp, locale),
        money_text(row.fixed_minor, currency, locale),
        money_text(row.minimum_minor, currency, locale),
    ]


def _options_text(options: Options, currency: str, locale: Locale) -> str:
    words = PAPER_WORDS[locale]
    lines: list[str] = []
    for name, value in options.items():
        if value is None or value == "":
            continue
        label = words.get(f"option.{name}", name)
        match value:
            case bool():
                shown = words["yes"] if value else words["no"]
            case int() if name.endswith("_minor"):
                shown = money_text(value, currency, locale)
            case _:
                shown = words.get(f"option.{name}.{value}", str(value))
        lines.append(f"{label}{_FIXED}: {shown}" if locale == "fr" else f"{label}: {shown}")
    return "\n".join(lines)
