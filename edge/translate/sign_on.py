"""0800 and 0804 with the code of a sign-on. All other network management is answered without core."""

from core.contracts.payment import SignOn
from edge.protocol.field import Message
from edge.translate.fields import text_of


def to_sign_on(message: Message, *, certificate_name: str, edge: str, address: str, at_us: int) -> SignOn:
    """Return the request to core. Field 48 names the terminal's firmware where it sends one."""
    return SignOn(
        terminal=text_of(message, 41),
        acceptor=text_of(message, 42),
        certificate_name=certificate_name,
        edge=edge,
        address=address,
        firmware=text_of(message, 48)[:40],
        at_us=at_us,
    )
