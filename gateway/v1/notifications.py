"""Mail and its journal, the bell, the home page, branding."""

import base64
import binascii
from typing import Annotated, Any

import msgspec
from litestar import Request, Response, delete, get, post
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import QueryParameter
from litestar.types import ControllerRouterHandler

from core.contracts import notifications as ask
from core.contracts.desk_requests import ById, Nothing
from core.contracts.texts import OPAQUE
from core.values.ids import PREFIXES
from gateway.auth import anonymous
from gateway.core_client import Caller, CoreClient
from gateway.problems import Problem
from gateway.v1.reading import Cursor, Limit, Revision, Words, body_id, cursor_id, path_id
from gateway.v1.writing import IdempotencyKey, optional_key, write

_KINDS = {prefix: kind for kind, prefix in PREFIXES.items()}
Line = Annotated[str, msgspec.Meta(max_length=200)]


class ReadBody(msgspec.Struct, forbid_unknown_fields=True):
    """Ids of notices; null: all of them."""

    ids: Annotated[list[Annotated[str, msgspec.Meta(max_length=40)]], msgspec.Meta(max_length=200)] | None


class BrandBody(msgspec.Struct, forbid_unknown_fields=True):
    """A face: of a partner's host or account, of the institution where both are null.

    The logo is base64 of a PNG or an SVG of at most 40 KiB: null keeps the one there is, empty takes it away. Both
    accents reach 4.5:1 against what they stand on, or are refused with the ratio that they reach. A revision of 0 says
    that there was no such face.
    """

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=60)]
    host: Annotated[str, msgspec.Meta(max_length=253)] | None = None
    account: Annotated[str, msgspec.Meta(max_length=40)] | None = None
    accent_light: ask.Colour | None = None
    accent_dark: ask.Colour | None = None
    logo: Annotated[str, msgspec.Meta(max_length=56_000), OPAQUE] | None = None
    contact_email: Line = ""
    contact_phone: Line = ""
    contact_hours_fr: Line = ""
    contact_hours_en: Line = ""
    space_url: Line = ""
    revision: Revision | None = None


@get(
    "/mail",
    summary="List mail, newest first",
    tags=["Mail"],
    opt={"query": frozenset({"state", "template", "query", "about", "limit", "cursor"})},
)
async def list_mail(
    caller: Caller,
    core: CoreClient,
    mail_state: Annotated[ask.MailStateName | None, QueryParameter(name="state")] = None,
    template: Annotated[str | None, QueryParameter(max_length=40)] = None,
    words: Words = "",
    about: Annotated[str | None, QueryParameter(description="The id of what it is about")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> ask.MailPage:
    """Return a page of the journal; recipients are masked but for their domain."""
    about_id = None
    if about is not None:
        kind = _KINDS.get(about.partition("_")[0])
        if kind is None:
            raise Problem.of_field("about")
        about_id = body_id(kind, about, "about")
    body = ask.ListMail(mail_state, template, words, about_id, limit, cursor_id("mail", cursor))
    return await core.ask(ask.MAIL_LIST, body, ask.MailPage, caller=caller)


@get("/mail/{mail_id:str}", summary="One mail", tags=["Mail"])
async def one_mail(mail_id: str, caller: Caller, core: CoreClient) -> ask.MailDetail:
    """Return a mail with its words; one-time links are hidden."""
    return await core.ask(ask.MAIL_ONE, ById(path_id("mail", mail_id)), ask.MailDetail, caller=caller)


@post(
    "/mail/{mail_id:str}/resend",
    summary="Send again",
    tags=["Mail"],
    status_code=202,
    responses={202: ResponseSpec(ask.MailView, description="The mail; what is sent again stands beside it")},
)
async def resend_mail(
    mail_id: str, caller: Caller, core: CoreClient, idempotency_key: IdempotencyKey = None
) -> Response[bytes]:
    """Queue the mail once more. One that held a one-time link cannot be: make a new link instead."""
    body = ask.ResendMail(path_id("mail", mail_id), optional_key(idempotency_key))
    return await write(core, caller, ask.MAIL_RESEND, body, 202)


@get(
    "/notices",
    summary="The caller’s notices, newest first",
    tags=["Notices"],
    opt={"query": frozenset({"unread", "limit", "cursor"})},
)
async def list_notices(
    caller: Caller, core: CoreClient, unread: bool = False, limit: Limit = 50, cursor: Cursor = None
) -> ask.NoticePage:
    """Return a page of the caller's own notices, and how many are not read."""
    body = ask.ListNotices(unread, limit, cursor_id("notice", cursor))
    return await core.ask(ask.NOTICES, body, ask.NoticePage, caller=caller)


@get("/notices/unread", summary="How many notices are not read", tags=["Notices"])
async def unread_notices(caller: Caller, core: CoreClient) -> ask.NoticesLeft:
    """Count the caller's own, for a bell that asks again and again: asking does not keep the session alive."""
    body = ask.UnreadOf(caller.session or b"")
    return await core.ask(ask.NOTICES_UNREAD, body, ask.NoticesLeft, caller=None)


@post("/notices/read", summary="Mark notices as read", tags=["Notices"], status_code=200)
async def read_notices(data: ReadBody, caller: Caller, core: CoreClient) -> ask.NoticesLeft:
    """Mark the caller's own notices as read and say how many are left."""
    ids = None if data.ids is None else [body_id("notice", one, "ids") for one in data.ids]
    return await core.ask(ask.NOTICES_READ, ask.ReadNotices(ids), ask.NoticesLeft, caller=caller)


@get("/home", summary="What needs the caller now", tags=["Home"], opt={"query": frozenset({"section"})})
async def home(caller: Caller, core: CoreClient, section: ask.HomeSectionName | None = None) -> ask.HomeView:
    """Return the first of each sort of thing that waits for the caller; with `section`, all of one sort."""
    return await core.ask(ask.HOME, ask.ShowHome(section), ask.HomeView, caller=caller)


@get(
    "/brand",
    summary="The face of a host",
    tags=["Branding"],
    security=[{}],
    opt={"query": frozenset({"host"})},
)
async def brand_of_host(
    request: Request[Any, Any, Any],
    core: CoreClient,
    host: Annotated[str, QueryParameter(max_length=260, description="As the browser named it")] = "",
) -> ask.BrandView:
    """Return what a log in page shows of an institution or its partner: name, logo, colours, contact."""
    return await core.ask(ask.BRAND, ask.BrandOfHost(host), ask.BrandView, caller=anonymous(request))


@get("/brands", summary="Every face", tags=["Branding"])
async def list_brands(caller: Caller, core: CoreClient) -> ask.BrandList:
    """Return the institution's face and those of its partners."""
    return await core.ask(ask.BRANDS, Nothing(), ask.BrandList, caller=caller)


@post(
    "/brands",
    summary="Make or replace a face",
    tags=["Branding"],
    status_code=200,
    responses={200: ResponseSpec(ask.BrandView, description="The face as it stands now")},
)
async def put_brand(
    data: BrandBody, caller: Caller, core: CoreClient, idempotency_key: IdempotencyKey = None
) -> Response[bytes]:
    """Write the face of the host or account that is named; refused when somebody else wrote after `revision`."""
    body = ask.PutBrand(
        name=data.name,
        host=None if data.host is None else data.host.strip().lower(),
        account_id=None if data.account is None else body_id("account", data.account, "account"),
        accent_light=data.accent_light,
        accent_dark=data.accent_dark,
        logo=_logo(data.logo),
        contact_email=data.contact_email.strip(),
        contact_phone=data.contact_phone.strip(),
        contact_hours_fr=data.contact_hours_fr.strip(),
        contact_hours_en=data.contact_hours_en.strip(),
        space_url=data.space_url.strip(),
        revision=data.revision,
        idempotency_key=optional_key(idempotency_key),
    )
    return await write(core, caller, ask.BRAND_PUT, body, 200)


@delete("/brands/{brand_id:str}", summary="Remove a partner’s face", tags=["Branding"])
async def remove_brand(brand_id: str, caller: Caller, core: CoreClient) -> None:
    """Take a partner's face away; the institution's own is only ever changed."""
    await core.ask(ask.BRAND_REMOVE, ById(path_id("brand", brand_id)), Nothing, caller=caller)


def _logo(text: str | None) -> bytes | None:
    if text is None:
        return None
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise Problem.of_field("logo", "malformed", "base64") from error


HANDLERS: tuple[ControllerRouterHandler, ...] = (
    list_mail,
    one_mail,
    resend_mail,
    list_notices,
    unread_notices,
    read_notices,
    home,
    brand_of_host,
    list_brands,
    put_brand,
    remove_brand,
)
