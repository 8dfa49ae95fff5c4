"""Accounts, companies, stores, contacts, onboarding."""

from litestar.types import ControllerRouterHandler

HANDLERS: tuple[ControllerRouterHandler, ...] = ()
