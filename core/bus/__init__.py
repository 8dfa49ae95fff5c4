"""The bus: NATS as the product uses it.

    bus = await Bus.connect(url, name="edge1", inbox_prefix="_INBOX.edge1")
    bus.subscribe(subject, callback, queue="")       # callback(subject, reply, payload), called directly
    bus.publish(subject, payload, reply="")          # never waits; raises BusRefused at the named bounds
    payload = await bus.request(subject, payload, timeout_s=2.0)
    bus.request_soon(subject, payload, timeout_s=2.0, answered=callback)   # hot paths: no future, no task
    bus.connected; bus.on_state(callback)
    await bus.close()

    batcher = Batcher(publish, count_max=512, waiting_max=8192)
    batcher.add(item) -> bool                        # False: the queue is full, refuse the item
    publish_batch(bus, encode, subject, items, reply)   # splits what is above the server's largest payload

`control.connect_control` hands out a nats-py client, for JetStream and everything that is not a hot path.
"""

from core.bus.batcher import Batcher, publish_batch
from core.bus.bus import Bus, Subscription
from core.bus.control import connect_control
from core.bus.errors import BusError, BusRefused, BusUnreachable, NoResponders, RequestTimedOut, WireMalformed
from core.bus.items import ItemsReader, Unread, unread_of

__all__ = [
    "Batcher",
    "Bus",
    "BusError",
    "BusRefused",
    "BusUnreachable",
    "ItemsReader",
    "NoResponders",
    "RequestTimedOut",
    "Subscription",
    "Unread",
    "WireMalformed",
    "connect_control",
    "publish_batch",
    "unread_of",
]
