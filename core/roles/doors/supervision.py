"""Saved views, exports, alerts, activity."""

import os

from core.contracts import supervision as ask
from core.contracts.desk_requests import ById
from core.roles.doors.door import Door, Doors, Parts
from core.supervision.exports.folder import exports_folder
from core.supervision.exports.handlers import ExportHandlers


def doors(parts: Parts) -> Doors:
    """Return the subjects of this topic."""
    exports = ExportHandlers(parts.pool, parts.clock, exports_folder(os.environ))
    return {
        ask.EXPORT_ASK: Door(ask.AskExport, True, lambda who, body, _locale: exports.ask(who, body)),
        ask.EXPORTS: Door(ask.ListExports, True, lambda who, body, _locale: exports.exports(who, body)),
        ask.EXPORT: Door(ById, True, lambda who, body, _locale: exports.export(who, body)),
        ask.EXPORT_CANCEL: Door(ById, True, lambda who, body, _locale: exports.cancel(who, body)),
        ask.EXPORT_CHUNK: Door(ask.ReadChunk, True, lambda who, body, _locale: exports.chunk(who, body)),
    }
