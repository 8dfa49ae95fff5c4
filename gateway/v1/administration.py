"""Agents, roles, grants, the audit, who looks at what."""

from litestar.types import ControllerRouterHandler

HANDLERS: tuple[ControllerRouterHandler, ...] = ()
