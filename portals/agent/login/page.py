"""Log in with the password, or through the identity provider, and out."""

from __future__ import annotations

from portals.agent.login import sign_on
from portals.kit.access import logging_in, second

HANDLERS = (*logging_in.HANDLERS, *second.HANDLERS, *sign_on.HANDLERS)
