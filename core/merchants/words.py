"""What is wrong with a field, in the caller's words: what happened, then what to do."""

from typing import Final

PROBLEMS: Final[dict[str, tuple[str, str]]] = {
    "missing": ("Ce champ manque : remplissez-le.", "This field is missing: fill it in."),
    "too_long": (
        "Ce texte est trop long : 200 caractères au plus.",
        "This text is too long: 200 characters at most.",
    ),
    "siren_shape": (
        "Un SIREN a 9 chiffres : vérifiez la saisie.",
        "A SIREN has 9 digits: check what was typed.",
    ),
    "siren_key": (
        "Ce SIREN n’existe pas : son dernier chiffre ne suit pas les autres. Relisez-le sur le Kbis.",
        "No such SIREN: its last digit does not follow from the others. Read it again on the Kbis.",
    ),
    "siren_taken": (
        "Une société porte déjà ce SIREN. Ouvrez sa fiche, ou demandez au back office si vous ne la voyez pas.",
        "A company has this SIREN already. Open its record, or ask the back office if you do not see it.",
    ),
    "siren_with_stores": (
        "Le SIREN ne change plus quand la société a des magasins : créez une autre société.",
        "The SIREN no longer changes once the company has stores: create another company.",
    ),
    "siret_shape": (
        "Un SIRET a 14 chiffres : vérifiez la saisie.",
        "A SIRET has 14 digits: check what was typed.",
    ),
    "siret_key": (
        "Ce SIRET n’existe pas : ses chiffres ne se suivent pas. Relisez-le sur l’avis de situation.",
        "No such SIRET: its digits do not follow. Read it again on the notice of situation.",
    ),
    "siret_of_other_company": (
        "Ce SIRET ne commence pas par le SIREN de la société : corrigez l’un des deux.",
        "This SIRET does not begin with the company’s SIREN: correct one of them.",
    ),
    "siret_taken": (
        "Un magasin porte déjà ce SIRET. Ouvrez sa fiche, ou demandez au back office si vous ne le voyez pas.",
        "A store has this SIRET already. Open its record, or ask the back office if you do not see it.",
    ),
    "siret_twice": (
        "Deux magasins de ce dossier portent ce SIRET : gardez-en un.",
        "Two stores of this file have this SIRET: keep one.",
    ),
    "vat_shape": (
        "Un numéro de TVA français s’écrit FR, deux caractères, puis le SIREN.",
        "A French VAT number is FR, two characters, then the SIREN.",
    ),
    "vat_key": (
        "La clé de ce numéro de TVA est fausse : relisez les deux caractères après FR.",
        "The key of this VAT number is wrong: read the two characters after FR again.",
    ),
    "vat_of_other_company": (
        "Ce numéro de TVA contient un autre SIREN : corrigez l’un des deux.",
        "This VAT number holds another SIREN: correct one of them.",
    ),
    "iban_shape": (
        "Un IBAN commence par un pays et deux chiffres, comme FR76 : recopiez-le en entier.",
        "An IBAN begins with a country and two digits, such as FR76: copy it whole.",
    ),
    "iban_key": (
        "Cet IBAN est faux : un caractère manque ou a changé. Recopiez-le depuis le RIB.",
        "This IBAN is wrong: a character is missing or has changed. Copy it from the bank details.",
    ),
    "time_zone_unknown": (
        "Ce fuseau horaire n’est pas celui d’un territoire français.",
        "This time zone is of no French territory.",
    ),
    "postcode_shape": ("Un code postal a 5 chiffres.", "A postcode has 5 digits."),
    "postcode_unknown": (
        "Ce code postal n’est dans aucun département français : vérifiez-le.",
        "This postcode lies in no French department: check it.",
    ),
    "postcode_monaco": (
        "Monaco n’est pas un département français : Guichet n’y ouvre pas de magasin.",
        "Monaco is not a French department: Guichet opens no store there.",
    ),
    "outside_area": (
        "Cette adresse est hors de votre périmètre : confiez le dossier à un collègue de ce département.",
        "This address is outside your area: give the file to a colleague of that department.",
    ),
    "phone_malformed": (
        "Ce numéro ne peut pas être appelé : écrivez-le comme 01 42 68 53 00 ou +33 1 42 68 53 00.",
        "This number cannot be called: write it as 01 42 68 53 00 or +33 1 42 68 53 00.",
    ),
    "phone_extension": (
        "Un numéro de poste ne se garde pas ici : donnez la ligne directe, ou écrivez le poste après le nom.",
        "An extension is not kept here: give the direct line, or write the extension behind the name.",
    ),
    "phone_or_email": (
        "Donnez un téléphone ou une adresse e-mail, pour pouvoir joindre cette personne.",
        "Give a phone number or an e-mail address, so that this person can be reached.",
    ),
    "email_malformed": (
        "Cette adresse e-mail est incomplète : écrivez-la comme nom@exemple.fr.",
        "This e-mail address is incomplete: write it as name@example.com.",
    ),
    "activity_shape": ("Un code NAF s’écrit comme 47.11F.", "A NAF code looks like 47.11F."),
    "category_shape": (
        "Un code d’activité carte (MCC) a 4 chiffres, comme 5411.",
        "A merchant category code (MCC) has 4 digits, such as 5411.",
    ),
    "role_unknown": ("Choisissez une fonction de la liste.", "Choose a role from the list."),
    "account_unknown": (
        "Ce compte n’existe pas, ou vous n’y avez pas accès : choisissez-en un autre.",
        "No such account, or it is not yours to see: choose another.",
    ),
    "stores_missing": ("Ajoutez au moins un magasin.", "Add at least one store."),
    "contacts_missing": ("Ajoutez au moins une personne à joindre.", "Add at least one person to reach."),
    "services_missing": ("Choisissez au moins un service.", "Choose at least one service."),
    "documents_missing": (
        "Cochez les pièces à demander au commerçant.",
        "Tick the documents to ask the merchant for.",
    ),
    "duplicate_unanswered": (
        "Des commerçants se ressemblent : dites pourquoi celui-ci est un autre.",
        "Some merchants look alike: say why this one is another.",
    ),
    "reason_short": ("Donnez un motif d’au moins 3 lettres.", "Give a reason of at least 3 letters."),
}
"""Code -> French, English."""


def problem_text(code: str, locale: str) -> str:
    """Return the words for a code."""
    french, english = PROBLEMS[code]
    return english if locale == "en" else french
