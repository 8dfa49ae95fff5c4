"""Secrets in files of their own."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from observability.secret_files import SecretUnusable, load_or_make_secret


def test_the_secret_is_made_once_for_the_owner_only(tmp_path: Path) -> None:
    file = tmp_path / "deep" / "secret"
    secret = load_or_make_secret(file)
    assert load_or_make_secret(file) == secret
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert list(file.parent.iterdir()) == [file]


def test_a_secret_that_others_can_read_or_that_is_short_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    load_or_make_secret(file)
    file.chmod(0o644)
    with pytest.raises(SecretUnusable):
        load_or_make_secret(file)
    file.write_bytes(b"short")
    file.chmod(0o600)
    with pytest.raises(SecretUnusable, match="fewer than 32 bytes: bring it back"):
        load_or_make_secret(file, mend="bring it back")
