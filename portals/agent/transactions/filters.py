"""Filters of the transaction list: from the page's address, to the gateway's parameters, and back."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

import msgspec

from portals.kit.formats import PARIS, AmountMalformed, parse_amount, parse_time
from portals.kit.lists import CURSOR_CHARACTERS_MAX
from portals.kit.pills import TRANSACTION
from portals.kit.vocabulary import FIGURES

PERIODS = ("live", "today", "yesterday", "7d", "30d", "custom")
COLUMNS = (
    "time",
    "state",
    "amount",
    "card",
    "store",
    "terminal",
    "reason",
    "kind",
    "company",
    "approval",
    "rrn",
    "stan",
)
MORE_COLUMNS = ("company", "approval", "rrn", "stan")
"""Columns that stand in a row only when they are chosen; the others are always in it."""

KEPT_IN_VIEWS = ("store", "terminal", "reason", "brand", "min", "max")
EXACT = ("last_four", "rrn", "stan", "approval_code", "figure")
"""Identifiers that the search fills in, and the figure that a link came from; the live feed does not know them, so they
mean history."""

_TERMINAL = re.compile(r"[0-9A-Za-z]{8}|ter_[0-9a-z]{26}")
_STORE = re.compile(r"sto_[0-9a-z]{26}")
_VIEW = re.compile(r"viw_[0-9a-z]{26}|plain")
_CODE = re.compile(r"[a-z_]{1,50}")
_PLAIN = ("store", "terminal", "reason", "brand")
_LENGTH_MAX = 64
FIRST_YEAR, LAST_YEAR = 2000, 2199


class Filters(msgspec.Struct, frozen=True):
    """What the page's address asks for, as typed. `problems` names the fields that could not be read."""

    store: str = ""
    terminal: str = ""
    state: tuple[str, ...] = ()
    reason: str = ""
    brand: str = ""
    min: str = ""
    max: str = ""
    period: str = "live"
    from_: str = ""
    to: str = ""
    last_four: str = ""
    rrn: str = ""
    stan: str = ""
    approval_code: str = ""
    figure: str = ""
    cursor: str = ""
    before: str = ""
    columns: tuple[str, ...] = ()
    view: str = ""
    problems: tuple[str, ...] = ()

    @property
    def is_live(self) -> bool:
        """Whether new rows belong in this list."""
        past = self.cursor or self.before or any(getattr(self, name) for name in EXACT)
        return self.period == "live" and not past

    @property
    def is_live_period(self) -> bool:
        """Whether figures are those of the last minutes: no period and no identifier asks for the past."""
        return self.period == "live" and not any(getattr(self, name) for name in EXACT)

    @property
    def first_page(self) -> Filters:
        """The same rows from the newest one on."""
        return msgspec.structs.replace(self, cursor="")

    @property
    def count(self) -> int:
        """How many filters narrow the list, the period left out."""
        return sum(bool(getattr(self, name)) for name in (*_PLAIN, *EXACT, "state", "min", "max"))

    @property
    def hidden(self) -> list[str]:
        """Columns that the choice leaves out; none when there is no choice."""
        return [name for name in COLUMNS if name not in self.columns] if self.columns else []

    @property
    def more(self) -> list[str]:
        """Columns that the choice adds to the usual ones."""
        return [name for name in MORE_COLUMNS if name in self.columns]

    def kept_in_view(self, *, with_dates: bool) -> dict[str, list[str]]:
        """Return what a saved view holds: the filters, and the dates only when they belong to it."""
        pairs = {name: [getattr(self, name)] for name in KEPT_IN_VIEWS if getattr(self, name)}
        if self.state:
            pairs["state"] = list(self.state)
        if with_dates:
            pairs["period"] = [self.period]
            if self.period == "custom":
                pairs |= {"from": [self.from_], "to": [self.to]}
        return pairs

    def query(self, **changes: str | tuple[str, ...]) -> str:
        """Return the address's query for these filters with some changed; always from the first page."""
        wanted = msgspec.structs.replace(self, **{"cursor": "", "before": "", **changes})
        pairs = [(name, str(getattr(wanted, name))) for name in (*_PLAIN, "min", "max", *EXACT)]
        pairs += [("state", state) for state in wanted.state]
        if wanted.period != "live":
            pairs.append(("period", wanted.period))
        if wanted.period == "custom":
            pairs += [("from", wanted.from_), ("to", wanted.to)]
        pairs += [("cursor", wanted.cursor), ("before", wanted.before)]
        pairs += [("columns", ",".join(wanted.columns)), ("view", wanted.view)]
        return urlencode([(name, value) for name, value in pairs if value])

    def live_parameters(self) -> list[tuple[str, str]]:
        """Return what the gateway's event stream takes."""
        pairs = [(name, getattr(self, name)) for name in _PLAIN if name not in self.problems]
        pairs.append(("state", ",".join(self.state)))
        for name, field in (("amount_min", "min"), ("amount_max", "max")):
            amount = self._amount(field)
            pairs.append((name, "" if amount is None else str(amount)))
        return [(name, value) for name, value in pairs if value]

    def list_parameters(self, *, now: datetime, limit: int) -> list[tuple[str, str]]:
        """Return what the gateway's list takes."""
        pairs = self.live_parameters()
        pairs += [(name, getattr(self, name)) for name in (*EXACT, "cursor")]
        start, end = self._bounds(now)
        pairs += [("from", _utc(start)), ("to", self.before or _utc(end)), ("limit", str(limit))]
        return [(name, value) for name, value in pairs if value]

    def figure_parameters(self, *, now: datetime, minutes: int) -> list[tuple[str, str]]:
        """Return what the gateway's figures take: the filters of the list, over its times or the last minutes."""
        taken = ("cursor", "limit", "to") if self.before else ("cursor", "limit")
        pairs = [pair for pair in self.list_parameters(now=now, limit=1) if pair[0] not in taken]
        return [*pairs, ("minutes", str(minutes))] if self.is_live_period else pairs

    def rows_of(self, start: datetime | None, end: datetime, figure: str, **changes: str) -> str:
        """Return the query of the list that shows the rows of a figure between two moments."""
        return self.query(
            figure=figure,
            period="custom",
            from_="" if start is None else _typed(start),
            to=_typed(end),
            **changes,
        )

    def _amount(self, field: str) -> int | None:
        text = getattr(self, field)
        return parse_amount(text) if text and field not in self.problems else None

    def _bounds(self, now: datetime) -> tuple[datetime | None, datetime | None]:
        midnight = now.astimezone(PARIS).replace(hour=0, minute=0, second=0, microsecond=0)
        match self.period:
            case "today":
                return midnight, None
            case "yesterday":
                return midnight - timedelta(days=1), midnight
            case "7d":
                return midnight - timedelta(days=6), None
            case "30d":
                return midnight - timedelta(days=29), None
            case "custom":
                return _local(self.from_), _local(self.to)
            case _:
                return None, None


def read_filters(pairs: Iterable[tuple[str, str]]) -> Filters:
    """Return the filters of a query; what cannot be read is named in `problems` and left out."""
    single: dict[str, str] = {}
    states: list[str] = []
    columns: list[str] = []
    for name, value in pairs:
        value = value.strip()[: CURSOR_CHARACTERS_MAX if name in ("cursor", "columns") else _LENGTH_MAX]
        if name == "state":
            states += [state for state in value.split(",") if state in TRANSACTION and state not in states]
        elif name == "columns":
            columns += [column for column in value.split(",") if column not in columns]
        else:
            single[name] = value
    problems = [name for name in ("min", "max") if single.get(name) and not _is_amount(single[name])]
    problems += [name for name in ("from", "to") if single.get(name) and _local(single[name]) is None]
    before = parse_time(single.get("before"))
    if before is None or not FIRST_YEAR <= before.year <= LAST_YEAR:
        single.pop("before", None)
    # A mistyped terminal is named on the page; a store, reason or brand comes from a list, so is just dropped.
    if single.get("terminal") and not _TERMINAL.fullmatch(single["terminal"]):
        problems.append("terminal")
    for name, shape in (("store", _STORE), ("reason", _CODE), ("brand", _CODE), ("view", _VIEW)):
        if not shape.fullmatch(single.get(name, "")):
            single.pop(name, None)
    if single.get("figure", "") not in FIGURES:
        single.pop("figure", None)
    period = single.get("period", "live")
    return Filters(
        **{name: single.get(name, "") for name in (*_PLAIN, "min", "max", *EXACT, "to", "cursor", "before")},
        from_=single.get("from", ""),
        state=tuple(states),
        columns=tuple(column for column in COLUMNS if column in columns),
        view=single.get("view", ""),
        period=period if period in PERIODS else "live",
        problems=tuple(problems),
    )


def _is_amount(text: str) -> bool:
    try:
        parse_amount(text)
    except AmountMalformed:
        return False
    return True


def _local(text: str) -> datetime | None:
    """Return the moment of a date-time field, which holds Paris time without saying so; None when it is none of ours.

    The years at the ends of the calendar have no moment in UTC.
    """
    try:
        moment = datetime.fromisoformat(text).replace(tzinfo=PARIS)
    except ValueError:
        return None
    return moment if FIRST_YEAR <= moment.year <= LAST_YEAR else None


def _typed(moment: datetime) -> str:
    """Return a moment as a date-time field holds it: Paris time without saying so."""
    return moment.astimezone(PARIS).strftime("%Y-%m-%dT%H:%M")


def _utc(moment: datetime | None) -> str:
    if moment is None:
        return ""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
