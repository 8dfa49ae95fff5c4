"""What terminals were told, kept by the terminals: the other half of the check that nothing told is lost (V3).

JSON lines, appended, one a fact. A torn last line is ignored. Never a card number.
"""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec

ANSWERED = "answered"
NO_ANSWER = "no_answer"  # nothing was told: the database may hold it or not, but not as money
REVERSAL_ACKNOWLEDGED = "reversal_acknowledged"
ADVICE_ACKNOWLEDGED = "advice_acknowledged"


class JournalEntry(msgspec.Struct, omit_defaults=True):
    """One fact. `terminal`, `day`, `message_class` and `stan` are the key of the request that it is about.

    For a reversal that is the key of the payment taken back; `code` is data element 39 as received.
    """

    outcome: str
    at_us: int
    terminal: str
    day: str  # the terminal's local date, ISO
    message_class: str  # first two digits of the message type
    stan: str
    amount_minor: int
    mti: str = ""
    processing_code: str = ""
    code: str = ""
    rrn: str = ""
    approval_code: str = ""
    approved_minor: int = 0
    original_rrn: str = ""
    replacement_minor: int = 0  # of a reversal in part: what should stay


class Journal:
    """The writer: each fact is with the operating system when `tell` returns."""

    def __init__(self, path: Path) -> None:
        """Open or begin the file. Raises: OSError."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self._descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        # A kill may have left half a line: end it, so that only that one is unreadable.
        if os.fstat(self._descriptor).st_size and path.read_bytes()[-1:] != b"\n":
            os.write(self._descriptor, b"\n")

    def tell(self, entry: JournalEntry) -> None:
        """Append one fact."""
        os.write(self._descriptor, msgspec.json.encode(entry) + b"\n")

    def tell_all(self, facts: Iterable[JournalEntry]) -> None:
        """Append many facts in few writes."""
        chunk: list[bytes] = []
        for entry in facts:
            chunk.append(msgspec.json.encode(entry))
            if len(chunk) == 5_000:
                self._write(chunk)
                chunk = []
        if chunk:
            self._write(chunk)

    def _write(self, lines: list[bytes]) -> None:
        data = b"\n".join(lines) + b"\n"
        while data:
            data = data[os.write(self._descriptor, data) :]

    def close(self) -> None:
        """Let go of the file."""
        os.close(self._descriptor)


def read_journal(path: Path, *, end: int | None = None) -> Iterator[JournalEntry]:
    """Yield every readable fact, in order; with `end`, those that stand whole before that byte."""
    decoder = msgspec.json.Decoder(JournalEntry)
    read = 0
    with path.open("rb") as file:
        for line in file:
            read += len(line)
            if end is not None and read > end:
                return
            try:
                yield decoder.decode(line)
            except msgspec.MsgspecError:
                continue
