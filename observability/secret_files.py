"""A process's secret in a file of its own: made where it is missing, refused where others could read it."""

import os
import secrets
from pathlib import Path
from typing import Final

from observability.process import SettingRefused

SECRET_BYTES: Final = 32


class SecretUnusable(SettingRefused):
    """The file is too short or open to others; the message names it and never what it holds."""


def load_or_make_secret(file: Path, *, mend: str = "remove it to have it made again") -> bytes:
    """Return the secret of `file`, made with mode 0600 when missing. `mend`: what to do about one that is too short.

    Two processes that start at once agree: the first link wins and both read it.
    Raises: SecretUnusable.
    """
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        draft = file.with_name(f"{file.name}.{os.getpid()}")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as handle:
            handle.write(secrets.token_bytes(SECRET_BYTES))
            handle.flush()
            os.fsync(handle.fileno())
        try:
            os.link(draft, file)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    if file.stat().st_mode & 0o077:
        raise SecretUnusable(f"{file} can be read by others: chmod 600 it")
    secret = file.read_bytes()
    if len(secret) < SECRET_BYTES:
        raise SecretUnusable(f"{file} holds fewer than {SECRET_BYTES} bytes: {mend}")
    return secret
