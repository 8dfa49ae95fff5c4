"""The acquirer's own book: what it approved, reversed, captured and refunded, on its own disk.

One line a fact, appended, never changed. Nothing here reads Guichet's database, so that comparing the two means
something. `read_book` is what a verification uses; it works beside a running simulator.
"""

import fcntl
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

FILE_NAME = "book.log"
HEADER = "guichet-book 1\n"

APPROVED = "approved"
PARTIALLY_APPROVED = "partially_approved"
DECLINED = "declined"
REVERSED = "reversed"
CAPTURED = "captured"
REFUNDED = "refunded"
STATES = (APPROVED, PARTIALLY_APPROVED, DECLINED, REVERSED, CAPTURED, REFUNDED)

_FIELDS_A_LINE = (14, 15)  # A book begun before cards were kept has one fewer.
_TO_LETTERS = str.maketrans("0123456789", "abcdefghij")
_TO_DIGITS = str.maketrans("abcdefghij", "0123456789")
_RECENT_KEYS_MAX = 100_000


class BookDamaged(Exception):
    """A line that is not the last one cannot be read: the file was changed by something else."""

    def __init__(self, path: Path, line: int) -> None:
        super().__init__(f"line {line} of {path} is not a fact of a book")
        self.path = path
        self.line = line


class BookTaken(Exception):
    """Another simulator writes this book."""

    def __init__(self, path: Path) -> None:
        super().__init__(f"another simulator writes {path}")
        self.path = path


class Fact(msgspec.Struct, frozen=True, gc=False):
    """One line. Strings hold what the message held, without padding."""

    fact: str  # one of STATES
    rrn: str  # data element 37
    kind: str  # message type and first two digits of the processing code: 010000, 020020
    terminal: str
    stan: str
    transmitted_at: str  # data element 7, MMDDhhmmss
    currency: str  # numeric
    amount_minor: int
    approved_minor: int
    approval_code: str
    response_code: str
    at_us: int
    day: str  # acquirer day, ISO
    original_rrn: str = ""
    digits_shown: str = ""  # first six and last four of the card, in letters: see letters_of


class Entry(msgspec.Struct, gc=False):
    """What the book says of one reference after all its facts."""

    rrn: str
    state: str
    kind: str
    terminal: str
    stan: str
    transmitted_at: str
    currency: str
    amount_minor: int
    approved_minor: int
    captured_minor: int
    refunded_minor: int
    approval_code: str
    response_code: str
    at_us: int
    day: str
    original_rrn: str = ""
    reversal_accepted: bool = False
    digits_shown: str = ""
    approved_first_minor: int = 0  # before any part was taken back


def letters_of(digits: str) -> str:
    """Return a letter for each digit, a for 0: beside a date or an amount, digits of a card would look like a whole one."""
    return digits.translate(_TO_LETTERS)


def digits_of(letters: str) -> str:
    """Return the digits again."""
    return letters.translate(_TO_DIGITS)


def message_key(mti: str, terminal: str, stan: str, transmitted_at: str) -> str:
    """Return the key that field 90 can name: a message and its repeats share it."""
    return f"{mti[:2]}{terminal:<8}{stan}{transmitted_at}"


def format_fact(fact: Fact) -> str:
    """Return the line, with its line feed.

    Amounts have twelve digits, as in messages: short ones side by side could pass for a card number.
    """
    parts = [f"{part:012d}" if name.endswith("_minor") else str(part) for name, part in _named(fact)]
    return "\t".join(parts) + "\n"


def _named(fact: Fact) -> Iterator[tuple[str, Any]]:
    return zip(fact.__struct_fields__, msgspec.structs.astuple(fact), strict=True)


def parse_fact(line: str) -> Fact:
    """Return the fact of one line, with or without its line feed. Raises: ValueError."""
    parts = line.rstrip("\n").split("\t")
    if len(parts) not in _FIELDS_A_LINE or parts[0] not in STATES or not parts[1]:
        raise ValueError("not a fact")
    fact, rrn, kind, terminal, stan, sent, currency, amount, approved, approval, code, at, day, original = (
        parts[:14]
    )
    return Fact(
        fact, rrn, kind, terminal.rstrip(), stan, sent, currency, int(amount), int(approved), approval, code, int(at), day,
        original, "".join(parts[14:]),
    )  # fmt: skip


def new_entry(fact: Fact) -> Entry:
    """Return the entry that starts with this fact."""
    own_money = fact.fact in {CAPTURED, REFUNDED}
    return Entry(
        rrn=fact.rrn,
        state=fact.fact,
        kind=fact.kind,
        terminal=fact.terminal,
        stan=fact.stan,
        transmitted_at=fact.transmitted_at,
        currency=fact.currency,
        amount_minor=fact.amount_minor,
        approved_minor=0 if fact.fact == REVERSED else fact.approved_minor,
        captured_minor=fact.approved_minor if own_money and fact.fact == CAPTURED else 0,
        refunded_minor=fact.approved_minor if own_money and fact.fact == REFUNDED else 0,
        approval_code=fact.approval_code,
        response_code=fact.response_code,
        at_us=fact.at_us,
        day=fact.day,
        original_rrn=fact.original_rrn,
        reversal_accepted=fact.fact == REVERSED,
        digits_shown=fact.digits_shown,
        approved_first_minor=0 if fact.fact == REVERSED else fact.approved_minor,
    )


def apply_fact(entry: Entry, fact: Fact) -> None:
    """Change the entry of a reference by a later fact about it."""
    if fact.fact == PARTIALLY_APPROVED:
        # A part was taken back: less is held, and it is held as it was.
        entry.approved_minor = min(entry.approved_minor, fact.approved_minor)
        return
    if fact.fact == REVERSED:
        entry.reversal_accepted = True
        if entry.state != DECLINED:
            entry.state = REVERSED
    elif fact.fact == CAPTURED:
        entry.captured_minor += fact.approved_minor
        if entry.state != REVERSED:
            entry.state = CAPTURED
    elif fact.fact == REFUNDED:
        entry.refunded_minor += fact.approved_minor
    elif fact.fact == DECLINED and entry.state == REVERSED:
        # The authorisation came after its reversal: only now is it known what was asked.
        entry.kind, entry.amount_minor, entry.response_code = fact.kind, fact.amount_minor, fact.response_code
        entry.stan, entry.transmitted_at = fact.stan, fact.transmitted_at


def fold(entries: dict[str, Entry], fact: Fact) -> None:
    """Apply one fact to the entries by reference, its own and the one it is about."""
    own = entries.get(fact.rrn)
    if own is None:
        entries[fact.rrn] = new_entry(fact)
    else:
        apply_fact(own, fact)
    if fact.original_rrn and fact.original_rrn != fact.rrn:
        original = entries.get(fact.original_rrn)
        if original is not None:
            apply_fact(original, fact)


def read_lines(path: Path) -> Iterator[tuple[str, int]]:
    """Yield each complete line with the offset after it. A torn last line is not there; a torn header is an empty book.

    Raises: BookDamaged when the header is another one.
    """
    if not path.exists():
        return
    offset = len(HEADER)
    with path.open("rb") as file:
        header = file.read(offset)
        if header != HEADER.encode():
            if HEADER.encode().startswith(header):
                return
            raise BookDamaged(path, 1)
        for raw in file:
            if not raw.endswith(b"\n"):
                return
            offset += len(raw)
            yield raw.decode("ascii", "replace"), offset


def read_book(directory: Path | str) -> dict[str, Entry]:
    """Return the final state and amounts of every reference (data element 37). Safe while a simulator writes.

    Raises: BookDamaged for a line that cannot be read, other than a torn last one.
    """
    path = Path(directory) / FILE_NAME
    entries: dict[str, Entry] = {}
    for number, (line, _) in enumerate(read_lines(path), start=2):
        try:
            fact = parse_fact(line)
        except ValueError as error:
            raise BookDamaged(path, number) from error
        fold(entries, fact)
    return entries


class Totals(msgspec.Struct):
    """Counts and sums of one acquirer day, in minor units of whatever currencies came."""

    debit_count: int = 0
    debit_minor: int = 0
    credit_count: int = 0
    credit_minor: int = 0
    debit_reversal_count: int = 0
    debit_reversal_minor: int = 0
    credit_reversal_count: int = 0
    credit_reversal_minor: int = 0


class Book:
    """The writer. Facts wait in memory until `flush` has them on disk; answer only after it.

    First facts are kept as their lines, for a benchmark makes a million of them; only what changed later is unfolded.
    """

    def __init__(self, directory: Path | str) -> None:
        """Open or begin the book. Raises: BookTaken, BookDamaged, OSError."""
        self.directory = Path(directory)
        self.directory.mkdir(parents=True, exist_ok=True)
        self.path = self.directory / FILE_NAME
        self.lines: dict[str, str] = {}
        self.changed: dict[str, Entry] = {}
        self.totals: dict[str, Totals] = {}
        self.unseen: dict[str, str] = {}  # by key, references of reversals that came before their original
        self.facts = 0
        self._keys: dict[str, str] = {}
        self._keys_before: dict[str, str] = {}
        self._buffer: list[str] = []
        self._descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            self._take_and_load()
        except BaseException:
            os.close(self._descriptor)
            raise

    def _take_and_load(self) -> None:
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise BookTaken(self.path) from error
        end = 0
        for number, (line, offset) in enumerate(read_lines(self.path), start=2):
            try:
                self._keep(line, parse_fact(line))
            except ValueError as error:
                raise BookDamaged(self.path, number) from error
            end = offset
        # A kill in the middle of a write leaves part of a line, whose answer never left: cut it, or the next
        # fact would continue it.
        if end == 0:
            os.ftruncate(self._descriptor, 0)
            self._write(HEADER.encode())
            end = len(HEADER)
        os.ftruncate(self._descriptor, end)

    def close(self) -> None:
        """Write what waits and let go of the file."""
        self.flush()
        os.close(self._descriptor)

    def __len__(self) -> int:
        return len(self.lines)

    def rrn_of(self, key: str) -> str | None:
        """Return the reference of a recent message by its key: type class, terminal, STAN and time of sending."""
        return self._keys.get(key) or self._keys_before.get(key)

    def get(self, rrn: str) -> Entry | None:
        """Return what the book says of one reference, None when it says nothing."""
        entry = self.changed.get(rrn)
        if entry is None:
            line = self.lines.get(rrn)
            return None if line is None else new_entry(parse_fact(line))
        return entry

    def entries(self, state: str | None = None, *, after: str = "") -> Iterator[Entry]:
        """Yield entries in the order of their first facts, from behind the reference `after`, of one state or all."""
        waiting = bool(after)
        for rrn, line in self.lines.items():
            if waiting:
                waiting = rrn != after
                continue
            entry = self.changed.get(rrn)
            if entry is None:
                # Most lines are of another state than the one asked for, which their first word tells.
                if state is not None and not line.startswith(state + "\t"):
                    continue
                entry = new_entry(parse_fact(line))
            if state is None or entry.state == state:
                yield entry

    def decide(self, line: str, rrn: str, key: str) -> None:
        """Record the first fact of a reference: the hot path, so the caller formats the line."""
        self.lines[rrn] = line
        keys = self._keys
        keys[key] = rrn
        if len(keys) >= _RECENT_KEYS_MAX:
            self._turn_keys()
        self._buffer.append(line)
        self.facts += 1

    def record(self, fact: Fact) -> None:
        """Record any fact."""
        line = format_fact(fact)
        self._keep(line, fact)
        self._buffer.append(line)

    def _turn_keys(self) -> None:
        self._keys_before, self._keys = self._keys, {}

    def _keep(self, line: str, fact: Fact) -> None:
        self.facts += 1
        rrn, original = fact.rrn, fact.original_rrn
        before = self.get(rrn)
        self._count(fact, before)
        key = message_key(fact.kind, fact.terminal, fact.stan, fact.transmitted_at)
        self._keys[key] = rrn
        if len(self._keys) >= _RECENT_KEYS_MAX:
            self._turn_keys()
        if before is None:
            self.lines[rrn] = line
            if fact.fact == REVERSED:
                self.unseen[key] = rrn
        else:
            self.changed[rrn] = before
            apply_fact(before, fact)
        if original and original != rrn:
            about = self.get(original)
            if about is not None:
                self.changed[original] = about
                apply_fact(about, fact)

    def _count(self, fact: Fact, before: Entry | None) -> None:
        day = self.day(fact.day)
        if fact.fact == REVERSED:
            if before is not None and before.state not in {REVERSED, DECLINED} and before.kind != "010000":
                if before.kind == "020020":
                    day.credit_reversal_count += 1
                    day.credit_reversal_minor += before.approved_minor
                else:
                    day.debit_reversal_count += 1
                    day.debit_reversal_minor += before.approved_minor
        elif fact.fact == REFUNDED:
            day.credit_count += 1
            day.credit_minor += fact.approved_minor
        elif fact.fact == CAPTURED or (fact.fact != DECLINED and fact.kind.startswith("02")):
            day.debit_count += 1
            day.debit_minor += fact.approved_minor

    def day(self, day: str) -> Totals:
        """Return the totals of one acquirer day, to read or to add to."""
        totals = self.totals.get(day)
        if totals is None:
            totals = self.totals[day] = Totals()
        return totals

    def flush(self) -> None:
        """Hand what waits to the operating system. Raises: OSError; then nothing that waits may be answered."""
        if self._buffer:
            data = "".join(self._buffer).encode()
            self._buffer.clear()
            self._write(data)

    def _write(self, data: bytes) -> None:
        # A kill -9 of this process loses nothing that write() has taken; a power cut may, which a simulator accepts.
        written = os.write(self._descriptor, data)
        while written < len(data):
            written += os.write(self._descriptor, data[written:])

    def reset(self, stamp: str) -> Path:
        """Set the book aside under a name that ends in `stamp`, begin an empty one, return where the old one is."""
        self.flush()
        kept = self.path.with_name(f"{FILE_NAME}.{stamp}")
        self.path.rename(kept)
        os.close(self._descriptor)
        self.lines, self.changed, self.totals, self.unseen, self.facts = {}, {}, {}, {}, 0
        self._keys, self._keys_before = {}, {}
        self._descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        self._take_and_load()
        return kept
