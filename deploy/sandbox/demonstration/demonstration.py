"""Who and what the demonstration shows."""

from typing import Final, NamedTuple


class DemoCompany(NamedTuple):
    """A company of one of the two accounts."""

    account: str
    name: str


class DemoStore(NamedTuple):
    """A store; each has two active terminals."""

    company: str
    name: str
    street: str
    postcode: str
    city: str
    department: str
    merchant_category: str


class DemoAgent(NamedTuple):
    """Somebody to log in as."""

    email: str
    name: str
    role: str
    departments: list[str] | None
    locale: str = "fr"


ACCOUNTS: Final = ("Groupe Belle Rive", "Maison Ondine et associés")

COMPANIES: Final = (
    DemoCompany("Groupe Belle Rive", "Belle Rive Distribution SAS"),
    DemoCompany(
        "Groupe Belle Rive",
        "Société coopérative des ateliers et librairies réunis de la Fonderie du Vieux-Port SCOP",
    ),
    DemoCompany("Maison Ondine et associés", "Maison Ondine SARL"),
)

STORES: Final = (
    DemoStore(
        "Belle Rive Distribution SAS",
        "Belle Rive Montparnasse",
        "12 rue de la Gaîté",
        "75014",
        "Paris",
        "75",
        "5411",
    ),
    DemoStore(
        "Belle Rive Distribution SAS",
        "Belle Rive Part-Dieu",
        "3 place Charles-Béraudier",
        "69003",
        "Lyon",
        "69",
        "5411",
    ),
    DemoStore(
        "Société coopérative des ateliers et librairies réunis de la Fonderie du Vieux-Port SCOP",
        "Librairie-papeterie et atelier de reliure de la Fonderie du Vieux-Port, quai de Rive-Neuve",
        "41 quai de Rive-Neuve",
        "13007",
        "Marseille",
        "13",
        "5942",
    ),
    DemoStore("Maison Ondine SARL", "Ondine Ajaccio", "8 cours Napoléon", "20000", "Ajaccio", "2A", "5812"),
    DemoStore(
        "Maison Ondine SARL",
        "Ondine Pointe-à-Pitre",
        "27 rue Frébault",
        "97110",
        "Pointe-à-Pitre",
        "971",
        "5812",
    ),
    DemoStore("Maison Ondine SARL", "Ondine Lille", "5 rue de Béthune", "59000", "Lille", "59", "5812"),
)

AGENTS: Final = (
    DemoAgent("hotline@guichet.example", "Inès Marchand", "hotline", None),
    DemoAgent("technicien@guichet.example", "Théo Garnier", "technician", ["75", "69", "13", "2A"]),
    DemoAgent("vendeur@guichet.example", "Lucie Hamon", "shop_seller", ["75"]),
    DemoAgent("commercial@guichet.example", "Karim Belaïd", "sales", None),
    DemoAgent("juridique@guichet.example", "Hélène Vasseur", "legal", None),
    DemoAgent("backoffice@guichet.example", "Claire Dubreuil", "back_office", None),
    DemoAgent("superviseur@guichet.example", "Samuel Okoye", "supervisor", None, "en"),
    DemoAgent("admin@guichet.example", "Nadia Ferrand", "administrator", None),
)

TERMINALS_PER_STORE: Final = 2
MODELS: Final = ("PAX A920Pro", "PAX A35")
