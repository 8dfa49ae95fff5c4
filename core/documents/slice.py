"""What documents bring to the processes: files of companies, and the end of uploads that nobody finished."""

from typing import Final

from core.contracts import documents as ask
from core.db.queries import load_beside
from core.documents.blobs import blobs_from
from core.documents.handlers import DocumentHandlers, forget_unfinished
from core.runtime.jobs import Job
from core.runtime.manifest import Names, Parts, Served, Slice, serves

FORGET_EVERY_S: Final = 900.0
_SQL: Final = load_beside(__file__)


def _jobs(parts: Parts) -> list[Job]:
    return [
        Job("uploads_forgotten", FORGET_EVERY_S, lambda: forget_unfinished(parts.pool, parts.clock.now()))
    ]


def _operations(parts: Parts) -> list[Served]:
    documents = DocumentHandlers(parts.pool, parts.clock, blobs_from(parts.environment))
    return [
        serves(ask.LIST, documents.documents),
        serves(ask.ONE, documents.document),
        serves(ask.READ, documents.read),
        serves(ask.PUT_PART, documents.put_part),
        serves(ask.FINISH, documents.finish),
    ]


SLICE: Final = Slice(
    "documents", operations=_operations, jobs=_jobs, names=Names(frozenset({"document"}), _SQL.record_names)
)
