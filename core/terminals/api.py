"""What terminals offer other slices and the processes."""

from core.terminals.administrative import keep_administrative_advice
from core.terminals.assigning.changes import activate_on, want_reload_on
from core.terminals.assigning.handlers import AssigningHandlers
from core.terminals.blocking import lift_on
from core.terminals.handlers import TerminalHandlers
from core.terminals.silence.handlers import silent_lately
from core.terminals.store import standing_blocks
from core.terminals.virtual import virtual_terminal_of
from core.terminals.wall.handlers import Levels, WallHandlers
from core.terminals.wall.rules import silence_at

__all__ = [
    "AssigningHandlers",
    "Levels",
    "TerminalHandlers",
    "WallHandlers",
    "activate_on",
    "keep_administrative_advice",
    "lift_on",
    "silence_at",
    "silent_lately",
    "standing_blocks",
    "virtual_terminal_of",
    "want_reload_on",
]
