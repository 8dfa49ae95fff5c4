"""French regions, their departments, and which one a postcode lies in. One list, for stores and for grants alike.

Source: INSEE, Code officiel géographique; codes of regions as there. The collectivities overseas have no region: each
stands under its own code. Monaco is a State, whose merchants have neither a SIREN nor a SIRET: it is in no list.
"""

import re
from typing import Final

REGIONS: Final[dict[str, tuple[str, tuple[str, ...]]]] = {
    "01": ("Guadeloupe", ("971",)),
    "02": ("Martinique", ("972",)),
    "03": ("Guyane", ("973",)),
    "04": ("La Réunion", ("974",)),
    "06": ("Mayotte", ("976",)),
    "11": ("Île-de-France", ("75", "77", "78", "91", "92", "93", "94", "95")),
    "24": ("Centre-Val de Loire", ("18", "28", "36", "37", "41", "45")),
    "27": ("Bourgogne-Franche-Comté", ("21", "25", "39", "58", "70", "71", "89", "90")),
    "28": ("Normandie", ("14", "27", "50", "61", "76")),
    "32": ("Hauts-de-France", ("02", "59", "60", "62", "80")),
    "44": ("Grand Est", ("08", "10", "51", "52", "54", "55", "57", "67", "68", "88")),
    "52": ("Pays de la Loire", ("44", "49", "53", "72", "85")),
    "53": ("Bretagne", ("22", "29", "35", "56")),
    "75": ("Nouvelle-Aquitaine", ("16", "17", "19", "23", "24", "33", "40", "47", "64", "79", "86", "87")),
    "76": ("Occitanie", ("09", "11", "12", "30", "31", "32", "34", "46", "48", "65", "66", "81", "82")),
    "84": (
        "Auvergne-Rhône-Alpes",
        ("01", "03", "07", "15", "26", "38", "42", "43", "63", "69", "73", "74"),
    ),
    "93": ("Provence-Alpes-Côte d’Azur", ("04", "05", "06", "13", "83", "84")),
    "94": ("Corse", ("2A", "2B")),
    "975": ("Saint-Pierre-et-Miquelon", ("975",)),
    "977": ("Saint-Barthélemy", ("977",)),
    "978": ("Saint-Martin", ("978",)),
    "984": ("Terres australes et antarctiques françaises", ("984",)),
    "986": ("Wallis-et-Futuna", ("986",)),
    "987": ("Polynésie française", ("987",)),
    "988": ("Nouvelle-Calédonie", ("988",)),
    "989": ("La Passion-Clipperton", ("989",)),
}
"""Region code -> its name and its departments."""

DEPARTMENTS: Final = frozenset(code for _, codes in REGIONS.values() for code in codes)
_POSTCODE: Final = re.compile(r"[0-9]{5}")
# Islands that kept the postcodes of their neighbours.
_ISLANDS: Final = {"97133": "977", "97150": "978", "98799": "989"}


def departments_of(regions: tuple[str, ...]) -> tuple[str, ...]:
    """Return the departments of regions; an unknown region has none."""
    return tuple(code for region in regions if region in REGIONS for code in REGIONS[region][1])


def department_of(postcode: str) -> str | None:
    """Return the department of a French postcode; None for one that is not in France.

    Corsica's 20xxx is 2A up to 201xx and 2B after; overseas the first three digits say it, but for three islands. A
    dozen communes have the postcode of the department beside theirs; they count there.
    """
    if _POSTCODE.fullmatch(postcode) is None:
        return None
    if postcode.startswith("20"):
        code = "2A" if postcode < "20200" else "2B"
    else:
        code = _ISLANDS.get(postcode) or postcode[: 3 if postcode.startswith(("97", "98")) else 2]
    return code if code in DEPARTMENTS else None


def is_in_monaco(postcode: str) -> bool:
    """Return whether a postcode is one of Monaco's, which look like French ones."""
    return _POSTCODE.fullmatch(postcode) is not None and postcode.startswith("980")
