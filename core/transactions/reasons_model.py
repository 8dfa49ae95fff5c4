"""What a reason is made of (AUT-6)."""

from typing import NamedTuple

from core.contracts.transactions import DeclinedBy, ReasonSeverity


class Words(NamedTuple):
    """The texts of one reason in one language."""

    customer: str
    agent: str
    next_step: str


class Meaning(NamedTuple):
    """What a reason means."""

    declined_by: DeclinedBy
    severity: ReasonSeverity
    retry: bool
    fr: Words
    en: Words

    def words(self, locale: str) -> Words:
        """Return the texts; French unless English is asked for."""
        return self.en if locale == "en" else self.fr
