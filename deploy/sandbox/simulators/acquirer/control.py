"""The control API: change the host while it runs, read its book, ask how it is."""

import time
from datetime import UTC, datetime

import msgspec

from deploy.sandbox.simulators.acquirer.links import Acquirer
from deploy.sandbox.simulators.book import STATES
from deploy.sandbox.simulators.cards import CardUnknown
from deploy.sandbox.simulators.script import BEHAVIOURS, Overrides
from observability.small_http import TEXT, Request, Response, problem

PAGE_MAX = 1_000
PAGE_DEFAULT = 100


class Control:
    """Routes of the control API over one acquirer."""

    def __init__(self, acquirer: Acquirer) -> None:
        self._acquirer = acquirer
        self.ready = False

    def __call__(self, request: Request) -> Response:
        """Answer one request."""
        match request.method, request.path.rstrip("/").split("/")[1:]:
            case "GET", ["health", "live"]:
                return Response(200, {"status": "live"})
            case "GET", ["health", "ready"]:
                return Response(200 if self.ready else 503, {"status": "ready" if self.ready else "starting"})
            case "GET", ["metrics"]:
                return Response(200, self._metrics(), TEXT)
            case "GET", ["stats"]:
                return Response(200, self._stats())
            case "GET", ["behaviour"]:
                return Response(200, {"behaviour": self._acquirer.overrides, "known": BEHAVIOURS})
            case "PUT", ["behaviour"]:
                return self._change(request.body)
            case "GET", ["book"]:
                return self._page(request.query)
            case "GET", ["book", rrn]:
                entry = self._acquirer.book.get(rrn)
                if entry is None:
                    return problem(404, "reference_unknown", "The book has no such reference.")
                return Response(200, entry)
            case "POST", ["book", "reset"]:
                return self._reset(request.query)
            case _:
                return problem(404, "not_found", "There is nothing here.")

    def _change(self, body: bytes) -> Response:
        """Merge the given fields into what stands; a default field means no change."""
        try:
            given = msgspec.json.decode(body, type=dict[str, object])
            standing = msgspec.to_builtins(self._acquirer.overrides)
            overrides = msgspec.convert(standing | given, Overrides)
            self._acquirer.apply(overrides)
        except CardUnknown as error:
            return problem(422, "card_unknown", f"cards: {error}")
        except msgspec.ValidationError as error:
            return problem(422, "behaviour_refused", str(error))
        except msgspec.DecodeError:
            return problem(400, "bad_request", "The body is not a JSON object.")
        return Response(200, {"behaviour": overrides})

    def _page(self, query: dict[str, str]) -> Response:
        state = query.get("state") or None
        if state is not None and state not in STATES:
            return problem(422, "state_unknown", f"state is one of {', '.join(STATES)}")
        try:
            limit = int(query.get("limit", PAGE_DEFAULT))
        except ValueError:
            limit = 0
        if not 1 <= limit <= PAGE_MAX:
            return problem(422, "limit_refused", f"limit is between 1 and {PAGE_MAX}")
        data: list[object] = []
        last = None
        for entry in self._acquirer.book.entries(state, after=query.get("cursor", "")):
            if len(data) == limit:
                return Response(200, {"data": data, "next_cursor": last})
            data.append(entry)
            last = entry.rrn
        return Response(200, {"data": data, "next_cursor": None})

    def _reset(self, query: dict[str, str]) -> Response:
        if query.get("confirm") != "empty":
            return problem(409, "not_confirmed", "Emptying the book needs ?confirm=empty.")
        stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%f")
        kept = self._acquirer.book.reset(stamp)
        return Response(200, {"kept_as": kept.name})

    def _stats(self) -> dict[str, object]:
        acquirer = self._acquirer
        return {
            "uptime_s": round(time.time() - acquirer.started_at, 1),
            "links": len(acquirer.links),
            "references": len(acquirer.book),
            "facts": acquirer.book.facts,
            "messages": dict(acquirer.counts),
            "totals": acquirer.book.totals,
        }

    def _metrics(self) -> bytes:
        acquirer = self._acquirer
        lines = [
            "# TYPE guichet_simulator_links gauge",
            f"guichet_simulator_links {len(acquirer.links)}",
            "# TYPE guichet_simulator_references gauge",
            f"guichet_simulator_references {len(acquirer.book)}",
            "# TYPE guichet_simulator_facts_total counter",
            f"guichet_simulator_facts_total {acquirer.book.facts}",
            "# TYPE guichet_simulator_messages_total counter",
        ]
        lines += [
            f'guichet_simulator_messages_total{{what="{what}"}} {count}'
            for what, count in sorted(acquirer.counts.items())
        ]
        return ("\n".join(lines) + "\n").encode()
