"""Passwords and keys made at first start and kept in one folder that only the owner can read."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

_PASSWORD_BYTES = 24


class SecretFiles:
    """DATA/secrets: one file of mode 0600 per secret, in a folder of mode 0700."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def reveal(self, name: str) -> str:
        """Return the secret called `name`, made at random the first time it is asked for.

        Shape: 32 characters of the URL-safe base64 alphabet, so it needs no escaping in a URL.
        """
        path = self.path(name)
        if path.exists():
            return path.read_text().strip()
        return self._create(path, secrets.token_urlsafe(_PASSWORD_BYTES))

    def path(self, name: str) -> Path:
        """Return where the secret is kept; the file may not exist yet."""
        return self._folder / name

    def _create(self, path: Path, value: str) -> str:
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._folder.chmod(0o700)
        write_private(path, value + "\n")
        return value


def write_private(path: Path, text: str, *, durable: bool = True) -> None:
    """Write the file whole or not at all, readable by its owner only.

    What may be lost with the machine's power, because it describes running processes, is not `durable`.
    """
    temporary = path.with_name(path.name + ".new")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
        if durable:
            file.flush()
            os.fsync(file.fileno())
    temporary.replace(path)
