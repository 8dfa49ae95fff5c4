"""Every metric name of the product, in one table. Processes take the children that they use.

Names: guichet_<zone>_<what>_<unit>. Labels take values of closed sets only, never an identifier from outside.
"""

from typing import Final

from prometheus_client import CollectorRegistry, GCCollector, PlatformCollector, ProcessCollector

from observability.instruments import SIZE_BOUNDS, CounterFamily, GaugeFamily, HistogramFamily, HotCollector

# Bus, in every process.
BUS_CONNECTED: Final = GaugeFamily("guichet_bus_connected", "Whether NATS is reached")
BUS_MESSAGES: Final = CounterFamily("guichet_bus_messages", "NATS messages", ("direction",))
BUS_RECONNECTS: Final = CounterFamily("guichet_bus_reconnects", "Connections made anew")
BUS_REFUSED: Final = CounterFamily("guichet_bus_refused", "Messages refused at a bound")
BUS_CALLBACK_ERRORS: Final = CounterFamily("guichet_bus_callback_errors", "Exceptions of message callbacks")
BATCH_ITEMS: Final = HistogramFamily(
    "guichet_batch_items", "Items in one batch", ("queue",), bounds=SIZE_BOUNDS
)
QUEUE_WAITING: Final = GaugeFamily("guichet_queue_waiting", "Items that wait in a queue", ("queue",))
QUEUE_REFUSED: Final = CounterFamily("guichet_queue_refused", "Items refused by a full queue", ("queue",))

# Logs, in every process.
LOG_LINES_LEFT_OUT: Final = CounterFamily(
    "guichet_log_lines_left_out", "Lines of a log above the rate of their event", ("event",)
)

# Edge, terminals.
EDGE_CONNECTIONS: Final = GaugeFamily("guichet_edge_connections", "Open terminal sockets", ("transport",))
EDGE_SESSIONS: Final = GaugeFamily("guichet_edge_sessions", "Terminals signed on")
EDGE_CONNECTIONS_OPENED: Final = CounterFamily(
    "guichet_edge_connections_opened", "Terminal sockets accepted", ("transport",)
)
EDGE_CONNECTIONS_CLOSED: Final = CounterFamily(
    "guichet_edge_connections_closed", "Terminal sockets that we closed, by limit or problem", ("cause",)
)
EDGE_FRAMES: Final = CounterFamily("guichet_edge_frames", "Frames of terminals", ("direction",))
EDGE_MESSAGES: Final = CounterFamily("guichet_edge_messages", "Requests of terminals", ("kind",))
EDGE_REPEATS: Final = CounterFamily("guichet_edge_repeats", "Repeats of what core has not answered yet")
EDGE_REFUSED: Final = CounterFamily("guichet_edge_refused", "Requests refused by edge itself", ("cause",))
EDGE_ANSWERS: Final = CounterFamily("guichet_edge_answers", "Answers to terminals", ("outcome",))
EDGE_PENDING: Final = GaugeFamily("guichet_edge_pending", "Requests of terminals without an answer yet")
EDGE_UNANSWERED: Final = CounterFamily("guichet_edge_unanswered", "Requests given up, by cause", ("cause",))
EDGE_SECONDS: Final = HistogramFamily(
    "guichet_edge_seconds", "From a terminal's request to its answer", ("kind",)
)
EDGE_SIGN_ON: Final = CounterFamily("guichet_edge_sign_on", "Sign-ons, by result", ("result",))

# Edge, card frame.
FRAME_CARDS: Final = CounterFamily("guichet_frame_cards", "Cards that were typed, by outcome", ("outcome",))

FRAME_RETURNS: Final = CounterFamily(
    "guichet_frame_returns", "Words of issuers on challenges, by path and outcome", ("path", "outcome")
)

# Edge, acquirer hosts.
HOST_LINKS_UP: Final = GaugeFamily("guichet_host_links_up", "Links signed on", ("acquirer", "role"))
HOST_REQUESTS: Final = CounterFamily("guichet_host_requests", "Requests to a host", ("acquirer", "result"))
HOST_LATE: Final = CounterFamily("guichet_host_late_replies", "Replies after the deadline", ("acquirer",))
HOST_IN_FLIGHT: Final = GaugeFamily("guichet_host_in_flight", "Requests without a reply yet", ("acquirer",))
HOST_SECONDS: Final = HistogramFamily(
    "guichet_host_seconds", "From sending to the host's reply", ("acquirer",)
)
HOST_SIGN_ONS: Final = CounterFamily(
    "guichet_host_sign_ons", "Sign-ons at a host, by result", ("acquirer", "role", "result")
)
HOST_UNCLEAR: Final = CounterFamily(
    "guichet_host_answers_unclear",
    "Answers that settle nothing: they differ, or have no known code",
    ("acquirer", "cause"),
)
HOST_ASKED: Final = CounterFamily(
    "guichet_host_asked", "Requests that a host made of us, by what became of them", ("acquirer", "result")
)
HOST_RECONNECTS: Final = CounterFamily(
    "guichet_host_reconnects", "Link connections lost", ("acquirer", "role")
)

# Core, engine.
ENGINE_SECONDS: Final = HistogramFamily("guichet_engine_seconds", "One step of the engine", ("step",))
ENGINE_ATTEMPTS: Final = CounterFamily("guichet_engine_attempts", "Attempts by outcome", ("outcome",))
ENGINE_IN_FLIGHT: Final = GaugeFamily("guichet_engine_in_flight", "Attempts between their two commits")
ENGINE_TRANSACTIONS: Final = CounterFamily(
    "guichet_engine_database_transactions", "Database transactions by step and result", ("step", "result")
)
ENGINE_DUPLICATES: Final = CounterFamily(
    "guichet_engine_duplicates", "Repeats, same or differing", ("result",)
)

# Core, worker.
REVERSAL_BACKLOG: Final = GaugeFamily("guichet_reversal_backlog", "Reversals that no host has accepted yet")
REVERSAL_OLDEST_SECONDS: Final = GaugeFamily("guichet_reversal_oldest_seconds", "Age of the oldest of them")
DELIVERIES: Final = CounterFamily("guichet_deliveries", "Deliveries to hosts", ("kind", "result"))
OUTBOX_BACKLOG: Final = GaugeFamily("guichet_outbox_backlog", "Events that no relay has published yet")
OUTBOX_EVENTS: Final = CounterFamily("guichet_outbox_events", "Events published by the relay")
OUTBOX_SECONDS: Final = HistogramFamily("guichet_outbox_seconds", "From commit to publication")
PRUNED_ROWS: Final = CounterFamily("guichet_pruned_rows", "Rows removed after their keeping time", ("table",))
DEAD_LETTERS: Final = GaugeFamily("guichet_dead_letters", "Messages put aside")

# Core, desk; gateway; portals.
DESK_SECONDS: Final = HistogramFamily("guichet_desk_seconds", "One query or command", ("subject",))
DESK_PROBLEMS: Final = CounterFamily("guichet_desk_problems", "Refusals by code", ("code",))
HTTP_SECONDS: Final = HistogramFamily(
    "guichet_http_seconds", "One HTTP request", ("process", "route", "status")
)
HTTP_UNDER_WAY: Final = GaugeFamily(
    "guichet_http_under_way", "Requests and live pages that are being answered", ("process", "what")
)
HTTP_REFUSED: Final = CounterFamily(
    "guichet_http_refused",
    "Requests refused because too many were under way, by whose bound",
    ("process", "by"),
)
SSE_LISTENERS: Final = GaugeFamily("guichet_sse_listeners", "Open live feeds")
SSE_DROPPED: Final = CounterFamily("guichet_sse_dropped", "Slow listeners disconnected")
SSE_LAG_SECONDS: Final = HistogramFamily("guichet_sse_lag_seconds", "From commit to the listener's socket")

PORTAL_STREAMS: Final = GaugeFamily("guichet_portal_streams", "Live feeds that browsers hold open")
PORTAL_STREAM_BYTES: Final = CounterFamily("guichet_portal_stream_bytes", "Bytes of live streams passed on")

# Event loop, in every process.
LOOP_LAG_SECONDS: Final = HistogramFamily("guichet_loop_lag_seconds", "How late the event loop wakes")


def make_registry() -> CollectorRegistry:
    """Return what `/metrics` of this process shows: the table above and the process's own memory and CPU."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(HotCollector())
    ProcessCollector(registry=registry)
    PlatformCollector(registry=registry)
    GCCollector(registry=registry)
    return registry
