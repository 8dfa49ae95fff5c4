"""Names of data elements for the decoded view of a message, in French and English.

Source: ISO 8583:1987, the names are our own words for its data elements.
"""

from typing import Final

_NAMES: Final[dict[int, tuple[str, str]]] = {
    2: ("Numéro de carte (masqué)", "Card number (masked)"),
    3: ("Code de traitement", "Processing code"),
    4: ("Montant", "Amount"),
    7: ("Date et heure de transmission", "Transmission date and time"),
    11: ("Numéro d’opération (STAN)", "Trace number (STAN)"),
    12: ("Heure locale", "Local time"),
    13: ("Date locale", "Local date"),
    14: ("Fin de validité", "Expiry date"),
    18: ("Catégorie du commerçant", "Merchant category"),
    22: ("Mode de lecture", "Entry mode"),
    23: ("Numéro de séquence de la carte", "Card sequence number"),
    24: ("Code fonction", "Function code"),
    25: ("Condition du point de vente", "Point of service condition"),
    32: ("Acquéreur", "Acquirer"),
    35: ("Piste 2 (masquée)", "Track 2 (masked)"),
    37: ("Référence (RRN)", "Reference (RRN)"),
    38: ("Numéro d’autorisation", "Approval code"),
    39: ("Code réponse", "Response code"),
    41: ("Terminal", "Terminal"),
    42: ("Commerçant", "Merchant"),
    43: ("Nom et lieu du commerçant", "Merchant name and place"),
    44: ("Texte pour la caisse", "Text for the till"),
    48: ("Données privées", "Private data"),
    49: ("Monnaie", "Currency"),
    52: ("Code confidentiel (masqué)", "PIN (masked)"),
    53: ("Sécurité", "Security control"),
    54: ("Montants supplémentaires", "Additional amounts"),
    55: ("Données de la puce (masquées)", "Chip data (masked)"),
    60: ("Données privées", "Private data"),
    61: ("Données privées", "Private data"),
    62: ("Données privées", "Private data"),
    63: ("Données privées", "Private data"),
    64: ("Sceau du message", "Message seal"),
    70: ("Fonction réseau", "Network function"),
    74: ("Nombre de crédits", "Number of credits"),
    76: ("Nombre de débits", "Number of debits"),
    86: ("Total des crédits", "Total of credits"),
    88: ("Total des débits", "Total of debits"),
    90: ("Éléments d’origine", "Original data elements"),
    95: ("Montants de remplacement", "Replacement amounts"),
    97: ("Solde net", "Net settlement"),
    128: ("Sceau du message", "Message seal"),
}


def field_name(number: int, locale: str) -> str:
    """Return what a data element is called."""
    french, english = _NAMES.get(number, (f"Champ {number}", f"Field {number}"))
    return english if locale == "en" else french
