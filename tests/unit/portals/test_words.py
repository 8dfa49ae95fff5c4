"""Both languages hold the same words with the same facts, and every word that a template asks for exists."""

from __future__ import annotations

import re
import string
import sys
from pathlib import Path

import pytest
from litestar.handlers import HTTPRouteHandler
from markupsafe import Markup

from deploy.sandbox.demonstration.demonstration import AGENTS
from portals.agent.app import PAGE_HANDLERS
from portals.kit.i18n import WordMissing, Words, choose_locale, load_words
from portals.kit.lists import ListPage
from portals.kit.pills import TERMINAL, TRANSACTION

ROOT = Path(__file__).resolve().parents[3] / "portals"
WORDS = load_words()


def test_both_languages_name_the_same_facts() -> None:
    french, english = WORDS["fr"], WORDS["en"]
    assert len(french.keys()) > 300
    for key in french.keys():  # noqa: SIM118
        assert _facts(french.get(key, "")) == _facts(english.get(key, "")), key


def test_every_word_that_a_page_asks_for_exists() -> None:
    asked: set[str] = set()
    for file in [*ROOT.rglob("*.html"), *ROOT.rglob("*.py")]:
        text = file.read_text(encoding="utf-8")
        asked |= set(re.findall(r"""(?:\bt|words)\(\s*["']([a-z0-9_.]+)["'][,)\s]""", text))
    assert len(asked) > 100
    # A key that ends in a joint is completed by a code at run time.
    for key in sorted(key for key in asked if not key.endswith((".", "_"))):
        assert WORDS["fr"].get(key, "") != "", key


def test_every_word_of_a_list_exists() -> None:
    modules = {
        sys.modules[handler.fn.__module__]
        for handler in PAGE_HANDLERS
        if isinstance(handler, HTTPRouteHandler)
    }
    lists = [each for module in modules for each in vars(module).values() if isinstance(each, ListPage)]
    assert len(lists) >= 20
    for each in lists:
        filters = each.filters
        named = [act for act in (*each.acts, each.none_act) if act is not None]
        asked = [each.title, *each.none, *(act.word for act in named)]
        # A head without a joint is the same in either language: SIREN, IBAN.
        asked += [column.label for column in each.columns if "." in column.label]
        asked += [word for one in filters for word in (one.label, one.unset) if word]
        asked += [f"{one.words}{value}" for one in filters if one.words for value in one.options if value]
        assert [key for key in asked if not WORDS["fr"].get(key, "")] == [], each.path


def test_no_word_is_kept_that_nobody_asks_for() -> None:
    quoted: set[str] = set()
    for file in [*ROOT.rglob("*.html"), *ROOT.rglob("*.py"), *ROOT.glob("assets/src/js/*.js")]:
        quoted |= set(re.findall(r"""["']([a-z0-9_.]+)["'{]""", file.read_text(encoding="utf-8")))
    # A key is asked for as it is, or by a beginning that a code completes, or with all that stand under it.
    joints = tuple(one for one in quoted if one.endswith((".", "_")))
    unasked = [
        key
        for key in WORDS["fr"].keys()  # noqa: SIM118
        if key not in quoted and not key.startswith(joints) and key.partition(".")[0] not in _BY_TABLE
    ]
    assert unasked == []


_BY_TABLE = {"theme", "rows"} | {
    "action_group",
    "brand",
    "contact_role",
    "live",
    "region",
    "store_time",
    "time_zone",
}
"""Tables whose name is a fact too, or that are read whole."""


def test_every_state_has_its_word() -> None:
    for locale in WORDS.values():
        assert set(TRANSACTION) == set(locale.under("state.transaction"))
        assert set(TERMINAL) == set(locale.under("state.terminal"))


def test_every_role_of_the_demonstration_has_its_word() -> None:
    for locale in WORDS.values():
        assert {agent.role for agent in AGENTS} - locale.under("role").keys() == set()


def test_french_print_has_its_spaces_and_apostrophes() -> None:
    assert WORDS["fr"]("record.next_step") == "À faire\u00a0:"
    assert "’" in WORDS["fr"]("login.refused")
    assert WORDS["fr"]("search.results", query="x") == "Résultats pour «\u00a0x\u00a0»"


def test_one_and_many_follow_each_language() -> None:
    assert WORDS["fr"]("home.blocks", n=0) == "0 blocage en cours"
    assert WORDS["en"]("home.blocks", n=0) == "0 standing blocks"
    assert WORDS["fr"]("home.blocks", n=2) == "2 blocages en cours"


def test_a_word_that_nobody_wrote_is_an_error() -> None:
    with pytest.raises(WordMissing):
        WORDS["fr"]("no.such.word")


@pytest.mark.parametrize(
    ("cookie", "person", "header", "locale"),
    [
        (None, None, None, "fr"),
        ("en", "fr", "fr", "en"),
        (None, "en", "fr", "en"),
        (None, None, "de, en;q=0.8", "en"),
        ("xx", None, "pt", "fr"),
    ],
)
def test_the_language_is_the_nearest_wish(
    cookie: str | None, person: str | None, header: str | None, locale: str
) -> None:
    assert choose_locale(cookie=cookie, person=person, accept_language=header) == locale


def _facts(text: str) -> set[str]:
    return {name for part in text.split("||") for _, name, _, _ in string.Formatter().parse(part) if name}


_ROADMAP = re.compile(
    r"\b(?:bientôt disponible|prochainement|coming soon|will come|is planned|not there yet|TODO|"
    r"pas encore là|pas encore disponible|not available yet|not supported yet)\b",
    re.IGNORECASE,
)
# Words that no sentence of the other language holds; names, codes and loan words of the trade are none of them.
_ENGLISH = re.compile(
    r"\b(?:the|and|of|is|are|was|were|with|this|that|these|not|you|your|from|have|has|been|when|which|expected|"
    r"missing|invalid|field|value|yes|answer|deadline|does|cannot|must)\b",
    re.IGNORECASE,
)
_FRENCH = re.compile(
    r"\b(?:le|la|les|des|du|une|est|sont|avec|cette|ces|vous|votre|vos|dans|pour|qui|que|aux|pas|été|oui|"
    r"champ|valeur|réponse|doit|peut)\b",
    re.IGNORECASE,
)
_NAMES = ("language.", "region.")  # called the same in either language


def _unlike(locale: str, foreign: re.Pattern[str]) -> list[str]:
    words = load_words()[locale]
    return [
        f"{key}: {found.group()!r} in {text!r}"
        for key, text in words.items()
        if not key.startswith(_NAMES) and (found := foreign.search(_without_names(text)))
    ]


def _without_names(text: str) -> str:
    """Return the text without what is typed or stored as it is: fields in braces, addresses, quotations of code."""
    return re.sub(r"\{[^}]*\}|\S+[@/]\S+|https?:\S+", " ", text)


def test_french_words_hold_no_english() -> None:
    assert _unlike("fr", _ENGLISH) == []


def test_english_words_hold_no_french() -> None:
    assert _unlike("en", _FRENCH) == []


def test_no_words_tell_of_what_is_to_be_built() -> None:
    assert _unlike("fr", _ROADMAP) + _unlike("en", _ROADMAP) == []


def test_a_time_inside_a_sentence_stays_a_time_and_all_else_is_escaped() -> None:
    words = Words("fr", {"refused": "Refusé <{when}> par {who}."})
    said = words("refused", when=Markup("<time>il y a 2 min</time>"), who="<b>")
    assert said == Markup("Refusé &lt;<time>il y a 2 min</time>&gt; par &lt;b&gt;.")
    assert isinstance(said, Markup)
    assert words("refused", when="<time>", who="moi") == "Refusé <<time>> par moi."
