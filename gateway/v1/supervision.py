"""Saved views, exports, alerts, activity."""

from litestar.types import ControllerRouterHandler

from gateway.v1 import activity, alerts, exports, saved_views

HANDLERS: tuple[ControllerRouterHandler, ...] = (
    *exports.HANDLERS,
    *saved_views.HANDLERS,
    *alerts.HANDLERS,
    *activity.HANDLERS,
)
