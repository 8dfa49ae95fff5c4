"""Which answers fit a question: ranked by the words that they share, the rarer the more (BM25 over two fields).

There is no model of language here. A question is its words without accents, endings and those that say nothing; what
shares too little with every answer has none.

Source: Robertson and Zaragoza, The Probabilistic Relevance Framework (2009), for the weights.
"""

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from typing import Final, NamedTuple

QUESTION_CHARACTERS_MAX: Final = 500
TERMS_MAX: Final = 40
COVERED_MIN: Final = 0.5
"""An entry that shares less than this part of what a question says is no answer to it."""

_K1: Final = 1.2
_B: Final = 0.6
_QUESTION_WEIGHT: Final = 3
_WORD: Final = re.compile(r"[a-z0-9]+")
_STOP: Final = frozenset(
    """
    a ai ais ait alors and any apres are as at au aux avec avez avoir avons be been bonjour bonsoir but by ca can car ce cela
    ces cet cette chez ci comment could d dans de depuis des did do does don donc du elle elles en encore es est et etait
    etre eu fait faire faut for from ga get had has have hello help hi how i if il ils in is it its j je jai know l la le
    les leur lui m ma mais may me merci mes mi moi mon my n ne ni no nos not notre nous of on or ou oui par pas peut peux
    please plus pour pouvez pourquoi puis qu quand que quel quelle quelles quels qui quoi s sa salut sans se sera ses shall
    should si son sont sur t ta te tell tes thank thanks that the their there they this to ton tout tu un une until us va
    vais very veux voila vos votre voudrais vous want was we were what when where which who why will with would y you your
    """.split()  # noqa: SIM905 - a list would be a page long.
)  # fmt: skip
# The longest ending that leaves a stem of four letters goes.
_ENDINGS: Final = (
    "issements", "issement", "ements", "ations", "ement", "ation", "ments", "ions", "ment", "ant", "ees", "ing", "ion",
    "es", "ed", "ee", "er", "ez", "s", "e", "x",
)  # fmt: skip
_STEM_MIN: Final = 4


class Entry(NamedTuple):
    """A question with its answer, in one language; `keywords` are of both."""

    id: bytes
    topic: str
    question: str
    answer: str
    keywords: str


class Match(NamedTuple):
    """An entry, how well it fits, and what part of the question it shares."""

    entry: Entry
    score: float
    covered: float


class Index:
    """The entries of one language, ready to be searched."""

    def __init__(self, entries: Sequence[Entry]) -> None:
        self._entries = list(entries)
        self._terms = [_weighed(each) for each in self._entries]
        self._lengths = [sum(terms.values()) for terms in self._terms]
        self._mean_length = sum(self._lengths) / len(self._lengths) if self._lengths else 1.0
        found = Counter(term for terms in self._terms for term in terms)
        count = len(self._entries)
        self._rarity = {term: math.log(1 + (count - n + 0.5) / (n + 0.5)) for term, n in found.items()}
        self._unknown = math.log(1 + (count + 0.5) / 0.5)

    def search(self, question: str, *, limit: int) -> list[Match]:
        """Return what shares a word with a question, the best first."""
        asked = terms_of(question)
        if not asked:
            return []
        # A word that no entry has counts too: a question about something else is not covered.
        whole = sum(self._rarity.get(term, self._unknown) for term in asked)
        matches = [
            Match(entry, score, covered / whole)
            for entry, terms, length in zip(self._entries, self._terms, self._lengths, strict=True)
            for score, covered in [self._fits(asked, terms, length)]
            if score > 0
        ]
        return sorted(matches, key=lambda match: (-match.score, match.entry.id))[:limit]

    def answers(self, question: str, *, limit: int) -> list[Match]:
        """Return what is an answer to a question: covers enough of it, and nearly as well as the best."""
        found = self.search(question, limit=limit)
        best = found[0].score if found else 0.0
        return [match for match in found if match.covered >= COVERED_MIN and match.score >= 0.6 * best]

    def _fits(self, asked: Sequence[str], terms: Counter[str], length: int) -> tuple[float, float]:
        score = covered = 0.0
        for term in asked:
            times = terms.get(term, 0)
            if times:
                rarity = self._rarity[term]
                norm = _K1 * (1 - _B + _B * length / self._mean_length)
                score += rarity * times * (_K1 + 1) / (times + norm)
                covered += rarity
        return score, covered


def terms_of(text: str) -> list[str]:
    """Return the words of a text that say something, each once, by their stems, in their order."""
    found = [stem_of(word) for word in words_of(text) if word not in _STOP]
    return list(dict.fromkeys(found))[:TERMS_MAX]


def words_of(text: str) -> list[str]:
    """Return the words of a text in small letters without accents."""
    folded = unicodedata.normalize("NFKD", text[: 4 * QUESTION_CHARACTERS_MAX]).casefold()
    return _WORD.findall("".join(each for each in folded if not unicodedata.combining(each)))


def stem_of(word: str) -> str:
    """Return a word without its ending: `prélevé`, `prélèvement` and `prélèvements` are one."""
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= _STEM_MIN:
            return word[: -len(ending)]
    return word


def _weighed(entry: Entry) -> Counter[str]:
    """Return the terms of an entry: those of its question and keywords count more than those of its answer."""
    of_question = terms_of(f"{entry.question} {entry.keywords}")
    found = Counter(dict.fromkeys(of_question, _QUESTION_WEIGHT))
    found.update(terms_of(entry.answer))
    return found
