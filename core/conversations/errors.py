"""Refusals of conversations and of the ways to reach us."""

from core.contracts.refusals import Refused


class HoursBegun(Refused):
    """Hours that hold already are followed by others, and not taken back."""

    def __init__(self) -> None:
        super().__init__("opening_hours_begun")
