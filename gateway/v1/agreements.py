"""Contracts and their templates, services at stores."""

from litestar.types import ControllerRouterHandler

HANDLERS: tuple[ControllerRouterHandler, ...] = ()
