"""What a page says to people, apart from what people and the estate are called, and whose language it is in."""

from __future__ import annotations

import re
from collections.abc import Iterable
from html.parser import HTMLParser
from typing import Final, NamedTuple

_SILENT: Final = frozenset({"script", "style", "code", "svg", "textarea", "kbd", "pre"})
_TOLD: Final = ("title", "aria-label", "placeholder", "alt", "data-draft", "data-forget", "data-confirm")
_VOID: Final = frozenset({"input", "br", "hr", "img", "meta", "link", "use", "rect", "path", "circle", "col"})
_BUTTONS: Final = frozenset({"submit", "button", "reset"})

_LETTERS: Final = re.compile(r"[^\W\d_]{3,}")
# An address, a path, an identifier of ours, a number with letters: alike in any language.
_NOT_WORDS: Final = re.compile(
    r"--[\w-]+|\S+[@/]\S*|\b[a-z]{3}_[0-9a-z]{20,}\b|\{[^}]*\}|\b\w*\d\w*\b|\b[A-Z]{2,}\b|\b[\w-]+\.[a-z]{2,4}\b"
)
LIBRARY: Final = re.compile(
    r"Expected `|\b(?:None|True|False)(?=$|[.;)\]'\"→])|\bundefined\b|\bNaN\b|Traceback|`enum`|\bnull\b|\[object |"
    r"\b\d{4}-\d\d-\d\dT\d\d:\d\d|\b[A-Z]\w+(?:Error|Exception)\b|datetime\.|Decimal\("
)
ROADMAP: Final = re.compile(
    r"\b(?:bientôt|prochainement|coming soon|will come|not yet available|not there yet|TODO|planned"
    r"|(?:fonction|fonctionnalité|écran|page|version)s? à venir)\b",
    re.IGNORECASE,
)
# Words of grammar that no sentence of the other language holds.
ENGLISH: Final = re.compile(
    r"\b(?:the|and|of|is|are|was|were|with|this|that|these|not|you|your|from|have|has|been|when|which|expected|"
    r"missing|invalid|field|yes|answer|deadline|does|cannot|must|by|to|no answer|approved|declined)\b",
    re.IGNORECASE,
)
FRENCH: Final = re.compile(
    r"\b(?:le|la|les|des|du|une|est|sont|avec|cette|ces|vous|votre|vos|dans|pour|qui|que|aux|pas|été|oui|"
    r"champ|valeur|réponse|doit|peut|par|sur|acceptée?|refusée?|inconnue?)\b",
    re.IGNORECASE,
)
FOREIGN: Final = {"fr": ENGLISH, "en": FRENCH}


WRITTEN: Final = (
    "account.name",
    "purchase_order.customer_name",
    "purchase_order.reference",
    "webhook_endpoint.description",
    "conversation.subject",
    "conversation_message.text",
    "customer.name",
    "faq_version.question_fr",
    "faq_version.question_en",
    "faq_version.answer_fr",
    "faq_version.answer_en",
    "faq_version.keywords",
    "acquirer.name",
    "agent.name",
    "agent_factor.name",
    "store.name",
    "contact.name",
    "onboarding.name",
    "document.name",
    "fee_grid.name",
    "brand.name",
    "saved_view.name",
    "alert_rule.name",
    "company.legal_name",
    "company.activity",
    "company.street",
    "company.city",
    "store.street",
    "store.city",
    "store.opening",
    "store.time_zone",
    "block.reason",
    "block.lift_reason",
    "fee_event.reason",
    "contract_event.reason",
    "service_change.reason",
    "approval.reason",
    "act.reason",
    "approval.decision_reason",
    "onboarding.return_reason",
    "contract.end_reason",
    "contract_template.note",
    "alert_event.note",
    "request.title",
    "request.details",
    "request_entry.body",
    "estate_note.text",
    "terminal.model",
    "terminal.terminal",
    "terminal_presence.firmware",
    "session.user_agent",
    "brand.contact_email",
)
"""Columns of what people wrote, and of what people and things are called."""

WRITTEN_TWICE: Final = (
    "role.name",
    "request_type.name",
    "request_status.name",
    "macro.name",
    "contract_template.title",
    "macro.text",
    "brand.contact_hours",
)
"""Columns that stand once for each language."""

ALIKE: Final = (
    "action",
    "active",
    "chat",
    "conversation",
    "conversations",
    "question",
    "description",
    "secret",
    "webhooks",
    "whatsapp",
    "actions",
    "administration",
    "agent",
    "agents",
    "amex",
    "application",
    "association",
    "audit",
    "chrome",
    "clause",
    "code",
    "commerce",
    "contact",
    "contacts",
    "corse",
    "curl",
    "date",
    "documents",
    "english",
    "ethernet",
    "export",
    "exports",
    "format",
    "français",
    "guichet",
    "information",
    "installation",
    "journal",
    "linux",
    "macros",
    "mail",
    "mastercard",
    "message",
    "messages",
    "minimum",
    "minute",
    "minutes",
    "navigation",
    "net",
    "note",
    "options",
    "pages",
    "parties",
    "pause",
    "pay",
    "pdf",
    "permission",
    "python",
    "service",
    "services",
    "sessions",
    "signature",
    "softpos",
    "suspension",
    "tap",
    "terminal",
    "transaction",
    "transactions",
    "type",
    "version",
    "versions",
    "visa",
)
"""Words that French and English write alike."""


class Fragment(NamedTuple):
    """A text that the page shows, and the language it is said to be in, None for that of the page."""

    text: str
    language: str | None


class _Fragments(HTMLParser):
    """Collects what a page shows or reads out."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[Fragment] = []
        self._open: list[tuple[str, str | None]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = dict(attrs)
        language = self._language if tag == "html" else told.get("lang") or self._language
        if not self._is_silent:
            texts = [told.get(name) for name in _TOLD]
            texts += [told.get("value")] if tag == "input" and told.get("type") in _BUTTONS else []
            self.found += [Fragment(" ".join(text.split()), language) for text in texts if text]
        if tag not in _VOID:
            self._open.append((tag, language))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in (name for name, _ in self._open):
            while self._open.pop()[0] != tag:
                pass

    def handle_data(self, data: str) -> None:
        if not self._is_silent and (text := " ".join(data.split())):
            self.found.append(Fragment(text, self._language))

    @property
    def _language(self) -> str | None:
        return self._open[-1][1] if self._open else None

    @property
    def _is_silent(self) -> bool:
        return any(tag in _SILENT for tag, _ in self._open)


def fragments_of(page: str) -> list[Fragment]:
    """Return each text that the page shows, and each title, name, placeholder and option, in order."""
    reader = _Fragments()
    reader.feed(page)
    reader.close()
    return reader.found


class Wording:
    """Tells words of ours from what people wrote: `data` are names and texts that stand in the database."""

    def __init__(self, data: Iterable[str], *, alike: Iterable[str]) -> None:
        known = {" ".join(text.split()) for text in data}
        self._whole = known
        self._long = sorted((text for text in known if len(text) >= 4), key=len, reverse=True)
        self._alike = frozenset(word.casefold() for word in alike)

    def findings(self, locale: str, page: str) -> list[str]:
        """Return what is not in the language that it is said to be in, or meant for programmers."""
        found: list[str] = []
        for text, language in fragments_of(page):
            own = self.own_words(text)
            foreign = FOREIGN[language or locale]
            for kind, pattern in (("foreign", foreign), ("library", LIBRARY), ("roadmap", ROADMAP)):
                if match := pattern.search(own):
                    found.append(f"{kind} {match.group()!r} in {text[:160]!r}")
            if (language or locale) == "en" and "«" in text:
                found.append(f"foreign quotation in {text[:160]!r}")
        return found

    def alike(self, french: str, english: str) -> list[str]:
        """Return what both languages say with the same words, though it is neither a name nor a word of both."""
        others = {text for text, language in fragments_of(english) if language is None}
        return [
            f"alike {text[:160]!r}"
            for text, language in dict.fromkeys(fragments_of(french))
            if language is None and text in others and self._has_words(self.own_words(text))
        ]

    def own_words(self, text: str) -> str:
        """Return the text without what people wrote and without codes and numbers."""
        text = " ".join(text.split())
        if text in self._whole:
            return ""
        for known in self._long:
            if known in text:
                text = text.replace(known, " ")
        return _NOT_WORDS.sub(" ", text)

    def _has_words(self, text: str) -> bool:
        return any(word.casefold() not in self._alike for word in _LETTERS.findall(text))
