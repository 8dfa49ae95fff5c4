"""What an estate counts."""

from array import array

import msgspec

from deploy.sandbox.simulators.load_report import percentile_ms

LATENCIES_KEPT_MAX = 2_000_000


class Summary(msgspec.Struct):
    """The estate's own account of a run. Milliseconds are from request to answer, of answered payments."""

    terminals: int
    seconds: float
    sent: int
    approved: int
    partially_approved: int
    declined: int
    unknown: int  # no answer came
    reversed: int  # reversals and cancellations that were acknowledged
    advices: int  # approved offline or completions
    advices_acknowledged: int
    waiting: int  # reversals and advices that nobody has answered yet
    refused_offline: int
    reconnections: int
    sign_ons_refused: int
    echoes: int
    unexpected_answers: int
    p50_ms: float
    p99_ms: float
    codes: dict[str, int]


class Tally:
    """Counters that the members share."""

    def __init__(self) -> None:
        self.sent = 0
        self.approved = 0
        self.partially_approved = 0
        self.unknown = 0
        self.reversed = 0
        self.advices = 0
        self.advices_acknowledged = 0
        self.refused_offline = 0
        self.connections = 0
        self.sign_ons_refused = 0
        self.echoes = 0
        self.unexpected = 0
        self.codes: dict[str, int] = {}
        self.latencies_s = array("d")

    @property
    def declined(self) -> int:
        """Payments answered with anything but approval."""
        return sum(count for code, count in self.codes.items() if code not in {"00", "10"})

    def answered(self, code: str, elapsed_ms: float) -> None:
        """Count one answered payment."""
        self.codes[code] = self.codes.get(code, 0) + 1
        self.approved += code == "00"
        self.partially_approved += code == "10"
        if len(self.latencies_s) < LATENCIES_KEPT_MAX:
            self.latencies_s.append(elapsed_ms / 1000)

    def summary(self, *, terminals: int, seconds: float, waiting: int) -> Summary:
        """Return the figures at this moment."""
        ordered = sorted(self.latencies_s)
        return Summary(
            terminals=terminals,
            seconds=round(seconds, 1),
            sent=self.sent,
            approved=self.approved,
            partially_approved=self.partially_approved,
            declined=self.declined,
            unknown=self.unknown,
            reversed=self.reversed,
            advices=self.advices,
            advices_acknowledged=self.advices_acknowledged,
            waiting=waiting,
            refused_offline=self.refused_offline,
            reconnections=max(0, self.connections - terminals),
            sign_ons_refused=self.sign_ons_refused,
            echoes=self.echoes,
            unexpected_answers=self.unexpected,
            p50_ms=percentile_ms(ordered, 0.5),
            p99_ms=percentile_ms(ordered, 0.99),
            codes=dict(sorted(self.codes.items())),
        )
