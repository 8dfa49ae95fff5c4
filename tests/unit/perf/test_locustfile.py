"""The load never leaves this machine."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

LOCUSTFILE = Path(__file__).resolve().parents[3] / "perf" / "locustfile.py"


@pytest.mark.parametrize(
    "address", ["http://192.0.2.7:80", "http://127.0.0.1", "", "http://127.0.0.1.example:80"]
)
def test_an_address_that_is_not_loopback_is_refused(address: str) -> None:
    done = subprocess.run(
        [sys.executable, str(LOCUSTFILE)],
        env={**os.environ, "GUICHET_LOAD_API": address, "PYTHONPATH": str(LOCUSTFILE.parents[1])},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    assert "GUICHET_LOAD_API must name a port on loopback" in done.stderr
