"""What a page says above its content: what came before it, and what has no place in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from portals.kit.ways_on import FIELD_NAME


class Above:
    """What a page says above its content, of what has no place in it."""

    def __init__(self, told: str = "", not_searched: Sequence[str] = ()) -> None:
        self.told = told  # once, of what came before
        self.is_told = False
        self.not_searched = [name for name in not_searched if FIELD_NAME.fullmatch(name)]
        self.errors: Mapping[str, str] = {}
        self.kept = ""  # what became of a form that is not on this page, and the way back to it
        self.back = ""
        self.words: Sequence[str] = ()  # that were typed into it
        self.left: Sequence[str] = ()  # fields that held a card number and are not here
        self._beside: set[str] = set()

    def tell(self) -> str:
        """Return the sentence, and note that it was said."""
        self.is_told = True
        return self.told

    def at_field(self, name: str) -> bool:
        """Whether a field must say that it held a card number; one that has no field is told above the content."""
        self._beside.add(name)
        return name in self.not_searched

    @property
    def nowhere(self) -> list[str]:
        """What was not searched and has no field here."""
        return [name for name in self.not_searched if name not in self._beside]
