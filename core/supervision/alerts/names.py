"""Names of the rules that an institution begins with, in both languages: a rule that people made has one name."""

from typing import Final

# The names as the migration of supervision writes them.
_ENGLISH: Final = {
    "Refus inhabituels dans un magasin": "Unusual declines at a store",
    "Refus inhabituels, tous magasins": "Unusual declines, all stores",
    "Chute du volume, tous magasins": "Drop in volume, all stores",
    "Magasin silencieux": "Silent store",
    "Terminal silencieux": "Silent terminal",
    "Liaison avec un acquéreur coupée": "Link to an acquirer down",
    "Annulations non acceptées": "Reversals not accepted",
}
_FRENCH: Final = {english: french for french, english in _ENGLISH.items()}


def shown_name(name: str, locale: str) -> str:
    """Return a rule's name as a reader of this language sees it."""
    return _ENGLISH.get(name, name) if locale == "en" else name


def stored_name(name: str) -> str:
    """Return a rule's name as it is kept: one that was shown in English and saved again stays what it was."""
    return _FRENCH.get(name, name)
