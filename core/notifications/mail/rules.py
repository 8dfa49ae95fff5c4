"""Pure decisions on mail: what makes two mails the same one, when to try again, how it reads."""

import hashlib
from collections.abc import Sequence
from datetime import timedelta
from html import escape
from typing import Final

from core.notifications.mail.model import Face, Rendered, Template

TRIES_MAX: Final = 8
_FIRST_WAIT: Final = timedelta(seconds=30)
_WAIT_MAX: Final = timedelta(hours=6)
HIDDEN: Final = "•••"

_CONTACT: Final = {
    "fr": ("Besoin d’aide ?", "Votre espace : ", "Gérer ou suivre : "),
    "en": ("Need help?", "Your space: ", "Manage or follow: "),
}


def digest_of(
    *,
    template: str,
    to: str,
    locale: str,
    facts: dict[str, str],
    about_kind: str,
    about_id: bytes | None,
    once_key: str,
) -> bytes:
    """Return what two calls for one mail have in common; a length before each part keeps them apart."""
    hashed = hashlib.sha256()
    parts = [template, to, locale, about_kind, once_key]
    parts += [part for name in sorted(facts) for part in (name, facts[name])]
    for part in (*(text.encode() for text in parts), about_id or b""):
        hashed.update(len(part).to_bytes(4, "big") + part)
    return hashed.digest()


def wait_after(tries: int) -> timedelta | None:
    """Return how long to wait after that many failed tries, None when the mail has failed for good."""
    if tries >= TRIES_MAX:
        return None
    return min(_FIRST_WAIT * 4 ** (tries - 1), _WAIT_MAX)


def masked(address: str) -> str:
    """Return an address with its name hidden but for the first letter: `c•••@example.fr`."""
    name, at, domain = address.rpartition("@")
    return f"{name[:1]}{HIDDEN}{at}{domain}"


def without_secrets(template: Template, facts: dict[str, str]) -> dict[str, str]:
    """Return the facts as the journal may show them."""
    return {name: HIDDEN if name in template.secret else value for name, value in facts.items()}


def render(
    template: Template,
    layout: str,
    *,
    locale: str,
    facts: dict[str, str],
    face: Face,
    ways: Sequence[str] = (),
) -> Rendered:
    """Return subject, text and HTML, each with the contact block and the link to the space (NOT-2).

    `ways`: lines that say how customers reach us, and when.
    """
    words = template.wording(locale)
    known = {**facts, "institution": face.name}
    link = facts.get("link", "")
    subject = " ".join(words.subject.format_map(known).split())
    paragraphs = [paragraph.format_map(known) for paragraph in words.text]
    contact = _contact_lines(face, locale, ways)
    colon = ":" if locale == "en" else "\u00a0:"
    text = "\n\n".join([*paragraphs, *([f"{words.action}{colon} {link}"] if words.action and link else [])])
    text += "\n\n-- \n" + "\n".join([face.name, *contact]) + "\n"
    safe = {name: escape(value) for name, value in known.items()}
    html_paragraphs = "".join(
        f'<p style="margin:0 0 16px;white-space:pre-line">{escape(paragraph, quote=False).format_map(safe)}</p>\n'
        for paragraph in words.text
    )
    html = layout.format_map(
        {
            "locale": locale,
            "subject": escape(subject),
            "institution": escape(face.name),
            "accent": escape(face.accent),
            "paragraphs": html_paragraphs,
            "action": _button(words.action, link, face.accent),
            "contact": "<br>".join(_linked(line) for line in contact),
        }
    )
    return Rendered(subject=subject, text=text, html=html)


def absolute(facts: dict[str, str], own_url: str) -> dict[str, str]:
    """Return the facts that change where a portal stands: slices know its pages, and only who sends knows its address."""
    link = facts.get("link", "")
    return {"link": own_url + link} if link.startswith("/") else {}


def _contact_lines(face: Face, locale: str, offered: Sequence[str]) -> list[str]:
    help_line, space, _ = _CONTACT["en" if locale == "en" else "fr"]
    ways = [part for part in (face.phone, face.email, face.hours) if part]
    lines = [f"{help_line} {' · '.join(ways)}"] if ways else []
    return [*lines, *offered, *([f"{space}{face.space_url}"] if face.space_url else [])]


def _button(action: str, link: str, accent: str) -> str:
    # Only a web address becomes a link: whatever else a fact holds stays text.
    if not action or not link.startswith(("https://", "http://")):
        return ""
    return (
        f'<p style="margin:24px 0 0"><a href="{escape(link)}" style="display:inline-block;padding:12px 20px;'
        f'border-radius:6px;background:{escape(accent)};color:#ffffff;text-decoration:none;font-weight:600">'
        f"{escape(action)}</a></p>\n"
    )


def _linked(line: str) -> str:
    head, space, last = line.rpartition(" ")
    if last.startswith(("https://", "http://")):
        return f'{escape(head)}{space}<a href="{escape(last)}" style="color:inherit">{escape(last)}</a>'
    return escape(line)
