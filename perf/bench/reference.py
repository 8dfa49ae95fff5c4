"""The reference: pgbench writing the same facts, one payment a transaction, on the same PostgreSQL.

Two forms are run and the faster one counts: the statements that a careful application would send (BEGIN, three
inserts, COMMIT), and one statement that does all of it in one round trip. Their windows stand between those of the
path, so that a machine whose speed moves is slow for both.
"""

import asyncio
import re
import tempfile
from collections.abc import Sequence
from itertools import count
from pathlib import Path
from statistics import fmean
from typing import NamedTuple

CLIENTS = 32
THREADS = 2
PAYMENTS_PER_CLIENT_MAX = 1_000_000
"""Of one run: each payment has a trace number of its own, scattered as terminals' are. Drawn by lot, two were alike in
one benchmark of eleven, and pgbench stopped."""


class FactSizes(NamedTuple):
    """Bytes of the variable columns as the product wrote them, so that the reference writes as much."""

    request: int
    card_ciphertext: int
    summary: int
    detail: int


class ReferenceResult(NamedTuple):
    """Transactions a second of each form, in one window or as the mean of several."""

    statements_per_s: float
    one_statement_per_s: float

    @property
    def per_s(self) -> float:
        """The faster form."""
        return max(self.statements_per_s, self.one_statement_per_s)


class Reference:
    """Both forms, ready to run on the database at `dsn`."""

    def __init__(self, *, pgbench: Path, dsn: str, sizes: FactSizes) -> None:
        self._pgbench = pgbench
        self._dsn = dsn
        self._forms = (_statements(sizes), _one_statement(sizes))
        self._runs = count()

    async def window(self, *, seconds: int) -> ReferenceResult:
        """Run both forms, `seconds` each. Raises: RuntimeError with pgbench's own words."""
        return ReferenceResult(*[await self._run(form, seconds=seconds) for form in self._forms])

    async def _run(self, script: str, *, seconds: int) -> float:
        with tempfile.NamedTemporaryFile("w", suffix=".sql") as file:
            file.write(script)
            file.flush()
            process = await asyncio.create_subprocess_exec(
                str(self._pgbench),
                "--no-vacuum",
                "--protocol=prepared",
                f"--client={CLIENTS}",
                f"--jobs={THREADS}",
                f"--time={seconds}",
                f"--define=number={next(self._runs) * CLIENTS * PAYMENTS_PER_CLIENT_MAX}",
                f"--file={file.name}",
                self._dsn,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
            )
            out, err = await process.communicate()
        match = re.search(rb"tps = ([0-9.]+)", out)
        if process.returncode != 0 or match is None:
            raise RuntimeError(f"pgbench: {err.decode(errors='replace')[-400:]}")
        return float(match[1])


def mean_of(windows: Sequence[ReferenceResult]) -> ReferenceResult:
    """Return each form's mean rate over windows of equal length."""
    return ReferenceResult(
        fmean(window.statements_per_s for window in windows),
        fmean(window.one_statement_per_s for window in windows),
    )


# One order of numbers in every run: with a seed of its own each, two runs draw one number, and the key refuses it.
_VARIABLES = """\\set terminal random(1, 500)
\\set number :number + 1
\\set stan permute(:number + :client_id * 1000000, 2000000000, 1) + 1
\\set amount random(100, 20000)
\\set card random(1, 9000000000000000000)
"""

_ATTEMPT_COLUMNS = """INSERT INTO attempt (
    id, business_date, terminal_id, store_id, company_id, received_at, sent_at, reverse_after, decided_at, body_hash,
    amount_minor, approved_minor, card_fingerprint, stan, host_sent_us, host_replied_us, kind, message_class,
    acquirer_id, state, reason, card_brand, partial_ok, currency, card_bin, card_last_four, card_expiry, entry_mode,
    transmitted_at, local_time, host_code, approval_code, card_ciphertext, request
) VALUES (
    uuidv7(), current_date, lpad(:terminal::text, 32, '0')::uuid, '00000000-0000-7000-8000-000000000001',
    '00000000-0000-7000-8000-000000000002', now(), now(), now(), now(), :card, :amount, :amount, :card, :stan, 900,
    1900, 2, 2, 1, 3, 100, 2, false, 'EUR', '497010', '0014', '2912', '051', '1122041500', '1122041500', '00',
    'A12345', {card_ciphertext}, {request}
)"""


def _attempt(sizes: FactSizes) -> str:
    return _ATTEMPT_COLUMNS.format(
        card_ciphertext=_bytes(sizes.card_ciphertext), request=_bytes(sizes.request)
    )


def _statements(sizes: FactSizes) -> str:
    return f"""{_VARIABLES}BEGIN;
{_attempt(sizes)} RETURNING id AS attempt \\gset
INSERT INTO ledger_entry (
    attempt_id, business_date, owner_id, amount_minor, operation, leg, layer, account, currency
) VALUES
    (:attempt, current_date, '00000000-0000-7000-8000-000000000003', :amount, 1, 1, 1, 1, 'EUR'),
    (:attempt, current_date, '00000000-0000-7000-8000-000000000001', -(:amount::bigint), 1, 2, 1, 2, 'EUR');
INSERT INTO event (attempt_id, business_date, kind, state, reason, summary, detail)
VALUES (:attempt, current_date, 2, 3, 100, {_bytes(sizes.summary)}, {_bytes(sizes.detail)});
COMMIT;
"""


def _one_statement(sizes: FactSizes) -> str:
    return f"""{_VARIABLES}WITH a AS (
{_attempt(sizes)} RETURNING id, approved_minor
), l AS (
    INSERT INTO ledger_entry (
        attempt_id, business_date, owner_id, amount_minor, operation, leg, layer, account, currency
    )
    SELECT a.id, current_date, '00000000-0000-7000-8000-000000000001'::uuid, a.approved_minor * s.sign, 1, s.leg, 1,
        s.leg, 'EUR'
    FROM a CROSS JOIN (VALUES (1::smallint, 1), (2::smallint, -1)) AS s (leg, sign)
)
INSERT INTO event (attempt_id, business_date, kind, state, reason, summary, detail)
SELECT a.id, current_date, 2, 3, 100, {_bytes(sizes.summary)}, {_bytes(sizes.detail)} FROM a;
"""


def _bytes(count: int) -> str:
    """Return a bytea literal that no page compression can shrink to nothing."""
    digits = "".join(f"{(7 * place + 13) % 256:02x}" for place in range(count))
    return f"'\\x{digits}'::bytea"
