"""How agents get in: invitations, second factors, devices, single sign-on."""

from litestar.types import ControllerRouterHandler

HANDLERS: tuple[ControllerRouterHandler, ...] = ()
