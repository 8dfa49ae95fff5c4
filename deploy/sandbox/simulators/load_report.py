"""What a load measured, and what that says."""

from array import array

import msgspec


class LoadReport(msgspec.Struct):
    """What a run did. Latencies are of payments sent and answered after the warm-up, in milliseconds."""

    terminals: int
    seconds: float  # measured, without warm-up
    sent: int
    answered: int
    approved: int
    no_answer: int
    stray_answers: int  # nobody waited for them: doubles, or later than ANSWER_TIMEOUT_S
    connections_lost: int
    per_s: float  # answered in the measured window
    approved_per_s: float
    p50_ms: float
    p99_ms: float
    p99_9_ms: float
    max_ms: float
    cpu_us_per_payment: float
    codes: dict[str, int]
    stan_from: int
    stan_next: int
    rate_per_s: float | None = None
    in_flight: int | None = None


class Measured(msgspec.Struct):
    """The raw material: one element a payment, in order of sending; a latency below zero is no answer."""

    terminals: int
    sent_at: array
    latency_s: array
    codes: dict[str, int]
    stray: int
    lost: int
    cpu_s: float
    stans: tuple[int, int]  # first used, next free


def summarise(
    measured: Measured,
    *,
    measured_from: float,
    end: float,
    rate_per_s: float | None,
    in_flight: int | None,
) -> LoadReport:
    """Return the report of the window between the two instants, of the clock that `sent_at` has."""
    pairs = [
        (began, took) for began, took in zip(measured.sent_at, measured.latency_s, strict=True) if took >= 0
    ]
    latencies = sorted(took for began, took in pairs if began >= measured_from)
    in_window = sum(1 for began, took in pairs if measured_from <= began + took <= end)
    sent, answered = len(measured.sent_at), len(pairs)
    approved = measured.codes.get("00", 0) + measured.codes.get("10", 0)
    seconds = end - measured_from
    return LoadReport(
        terminals=measured.terminals,
        seconds=round(seconds, 3),
        sent=sent,
        answered=answered,
        approved=approved,
        no_answer=sent - answered,
        stray_answers=measured.stray,
        connections_lost=measured.lost,
        per_s=round(in_window / seconds, 1),
        approved_per_s=round(in_window / seconds * approved / max(answered, 1), 1),
        p50_ms=percentile_ms(latencies, 0.5),
        p99_ms=percentile_ms(latencies, 0.99),
        p99_9_ms=percentile_ms(latencies, 0.999),
        max_ms=percentile_ms(latencies, 1.0),
        cpu_us_per_payment=round(measured.cpu_s / max(sent, 1) * 1e6, 2),
        codes=measured.codes,
        stan_from=measured.stans[0],
        stan_next=measured.stans[1],
        rate_per_s=rate_per_s,
        in_flight=in_flight,
    )


def percentile_ms(ordered_s: list[float], share: float) -> float:
    """Return the value below which this share of the ordered seconds lies, in milliseconds; 0 of nothing."""
    if not ordered_s:
        return 0.0
    return round(ordered_s[min(len(ordered_s) - 1, int(share * len(ordered_s)))] * 1000, 3)
