"""What becomes of a customer's conversations when their access is joined into another one of theirs."""

from datetime import datetime

from core.conversations.talks import store
from core.db.rows import Connection


async def follow_join(connection: Connection, *, joined: bytes, customer_id: bytes, now: datetime) -> None:
    """Give all of them to the other access: whoever wrote finds them, and who answers knows where to.

    A customer talks in one place at a time. Where both do, what was said with the assistant alone ends, and a chat with
    people is answered by mail.
    """
    theirs = await store.lock_open_talk(connection, joined)
    if theirs is not None and await store.lock_open_talk(connection, customer_id) is not None:
        talk = theirs["id"].bytes
        if theirs["state"] == "assistant" or not theirs["messages"]:
            await store.end(connection, talk, "customer", now)
        else:
            await store.answer_by_mail(connection, talk)
    await store.give_conversations(connection, joined=joined, customer_id=customer_id)
