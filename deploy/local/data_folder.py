"""Whether this user may keep data in a folder, and whether its disk has room."""

from __future__ import annotations

import os
import pwd
import shutil
from pathlib import Path
from typing import Final

from deploy.local.errors import DiskNearlyFull, FolderOfAnother, FolderUnusable
from deploy.local.state_file import state_path

LOCK_NAME: Final = "supervisor.lock"
"""Whoever started the first copy there made it."""

ROOM_MIB_MIN: Final = 1024
"""What an hour of the bus's stream (512 MiB) and the write-ahead log of a small copy take."""

_MIB: Final = 1024 * 1024


def check_owner(data_dir: Path) -> None:
    """Refuse data that another user made, and a folder that this one cannot write to.

    Root is refused as well: it could write, and its files would lock the owner out of his own data.
    Raises: FolderOfAnother, FolderUnusable.
    """
    place = _nearest(data_dir)
    lock = data_dir / LOCK_NAME
    try:
        made_by = lock.stat().st_uid
    except FileNotFoundError:
        made_by = None
    except OSError:
        made_by = place.stat().st_uid
    if made_by is not None and made_by != os.geteuid():
        raise FolderOfAnother(data_dir=data_dir, owner=_name_of(made_by), user=_name_of(os.geteuid()))
    if not place.is_dir():
        raise FolderUnusable(data_dir=data_dir, place=place)
    if not os.access(place, os.W_OK | os.X_OK):
        owner = place.stat().st_uid
        if owner != os.geteuid():
            raise FolderOfAnother(data_dir=place, owner=_name_of(owner), user=_name_of(os.geteuid()))
        raise FolderUnusable(data_dir=data_dir, place=place)


def check_readable(data_dir: Path) -> None:
    """Refuse to say that nothing runs where this user may not look. Raises: FolderOfAnother."""
    try:
        state_path(data_dir).open("rb").close()
    except PermissionError:
        owner = _nearest(data_dir).stat().st_uid
        raise FolderOfAnother(data_dir=data_dir, owner=_name_of(owner), user=_name_of(os.geteuid())) from None
    except OSError:
        # Nothing has run there yet.
        return


def check_room(data_dir: Path, *, wanted_mib: int = ROOM_MIB_MIN) -> None:
    """Refuse a disk that is nearly full. Raises: DiskNearlyFull."""
    place = _nearest(data_dir)
    free_mib = shutil.disk_usage(place).free // _MIB
    if free_mib < wanted_mib:
        raise DiskNearlyFull(place=place, free_mib=free_mib, wanted_mib=wanted_mib)


def _nearest(folder: Path) -> Path:
    """Return the folder itself, or the nearest above it that exists."""
    folder = folder.absolute()
    return next((each for each in (folder, *folder.parents) if os.path.lexists(each)), Path("/"))


def _name_of(user_id: int) -> str:
    try:
        return pwd.getpwuid(user_id).pw_name
    except KeyError:
        return f"user {user_id}"
