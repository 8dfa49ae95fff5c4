"""How agents get in: invitations, second factors, devices, single sign-on."""

from litestar.types import ControllerRouterHandler

from gateway.v1 import sessions

HANDLERS: tuple[ControllerRouterHandler, ...] = (sessions.second_factor, sessions.passkey_options)
