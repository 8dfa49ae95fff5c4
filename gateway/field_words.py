"""What is wrong with a field of a request before anybody knows what it means, in the caller's words."""

from typing import Final

WORDS: Final[dict[str, tuple[str, str]]] = {
    "invisible": (
        "Ce texte ne contient rien de visible : saisissez-le de nouveau.",
        "Nothing of this text can be seen: type it again.",
    ),
    "control_character": (
        "Ce texte contient un caractère de commande : saisissez-le de nouveau, sans le coller.",
        "This text holds a control character: type it again instead of pasting it.",
    ),
    "direction_mark": (
        "Ce texte contient une marque qui change le sens de lecture : saisissez-le de nouveau, sans le coller.",
        "This text holds a mark that changes the direction of reading: type it again instead of pasting it.",
    ),
    "too_many_marks": (
        "Une lettre de ce texte porte trop d’accents : saisissez-le de nouveau.",
        "A letter of this text has too many accents: type it again.",
    ),
    "not_text": ("Cette valeur n’est pas du texte en UTF-8.", "This value is not text in UTF-8."),
    "not_utf8": ("Le corps n’est pas en UTF-8.", "The body is not UTF-8."),
    "not_json": ("Le corps n’est pas du JSON.", "The body is not JSON."),
    "too_deep": (
        "Le corps est imbriqué trop profondément : 32 niveaux au plus.",
        "The body is nested too deep: 32 levels at most.",
    ),
    "repeated": (
        "Cette valeur est donnée deux fois : gardez-en une.",
        "This value is given twice: keep one.",
    ),
    "number_too_large": ("Ce nombre est trop grand.", "This number is too large."),
    "not_integer": ("Ce n’est pas un nombre entier.", "This is not a whole number."),
    "missing": ("Cette valeur manque.", "This value is missing."),
    "unknown_field": ("Ce champ n’existe pas ici.", "There is no such field here."),
}
"""Code -> French, English."""


def field_words(code: str, locale: str) -> str:
    """Return the words for a code; nothing for one that says all by itself."""
    french, english = WORDS.get(code, ("", ""))
    return english if locale == "en" else french
