"""Log in, in one or two steps, and out."""

from __future__ import annotations

from portals.kit.access import logging_in, second

HANDLERS = (*logging_in.HANDLERS, *second.HANDLERS)
