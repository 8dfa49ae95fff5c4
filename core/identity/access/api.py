"""What access offers other slices and the processes."""

from core.identity.access.agents import agents_realm
from core.identity.access.inviting import InvitationHandlers, invite
from core.identity.access.logging_in import LogInHandlers
from core.identity.access.own_access import OwnAccessHandlers
from core.identity.access.sign_on import SignOnHandlers

__all__ = [
    "InvitationHandlers",
    "LogInHandlers",
    "OwnAccessHandlers",
    "SignOnHandlers",
    "agents_realm",
    "invite",
]
