"""Pure decisions on a brand: can its colours be read, is its logo a harmless picture."""

import re
import struct
import zlib
from typing import Final
from xml.etree.ElementTree import Element, ParseError  # nosec B405 - their names only.

from defusedxml.ElementTree import fromstring

from core.contracts.desk import FieldProblem
from core.contracts.notifications import LogoType, Palette, SaveBrand

CONTRAST_MIN: Final = 4.5
"""Source: WCAG 2.2, success criterion 1.4.3, for text of any size."""
LOGO_BYTES_MAX: Final = 40 * 1024
LOGO_PIXELS_MAX: Final = 1024

# The grounds that an accent stands on: portals/assets/src/css/1-tokens.css says the same.
_GROUNDS: Final = {"light": ("#ffffff", "#f5f5f3"), "dark": ("#1b1d1c", "#131413")}
_ON_ACCENT: Final = {"light": "#ffffff", "dark": "#06120f"}
_SOFT_SHARE: Final = {"light": 0.10, "dark": 0.16}

_PNG_SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
_PNG_HEADER: Final = struct.Struct(">II")
_SVG: Final = "{http://www.w3.org/2000/svg}"
_SVG_ELEMENTS: Final = frozenset(
    [
        "svg",
        "g",
        "path",
        "rect",
        "circle",
        "ellipse",
        "line",
        "polyline",
        "polygon",
        "title",
        "desc",
        "defs",
        "linearGradient",
        "radialGradient",
        "stop",
        "clipPath",
        "mask",
        "text",
        "tspan",
        "symbol",
        "use",
    ]
)
_HARMLESS_REFERENCE: Final = re.compile(r"#[A-Za-z_][\w.-]*")
_URL: Final = re.compile(r"url\(\s*['\"]?(?!#)", re.IGNORECASE)
_HOST: Final = re.compile(r"(?=.{1,253}$)[a-z0-9]([a-z0-9-]{0,62})(\.[a-z0-9]([a-z0-9-]{0,62}))*")
_EMAIL: Final = re.compile(r"[^@\s]{1,64}@[^@\s]{3,190}")


def problems_of(wish: SaveBrand) -> list[FieldProblem]:
    """Return what keeps a brand from being taken, by field; empty when nothing does."""
    found: list[FieldProblem] = []
    if not 1 <= len(wish.name.strip()) <= 60:
        found.append(FieldProblem("name", "length", "1 to 60 characters"))
    elif not wish.name.strip().isprintable():
        # It stands in the sender of every mail, where a second line would be another header.
        found.append(FieldProblem("name", "malformed", "one line"))
    if wish.host is not None and not _HOST.fullmatch(wish.host):
        found.append(FieldProblem("host", "malformed", "a host name, such as partner.example"))
    if (wish.accent_light is None) != (wish.accent_dark is None):
        missing = "accent_light" if wish.accent_light is None else "accent_dark"
        found.append(FieldProblem(missing, "required", "both themes have a colour, or neither"))
    for field, theme, colour in (
        ("accent_light", "light", wish.accent_light),
        ("accent_dark", "dark", wish.accent_dark),
    ):
        if colour is not None:
            found += _contrast_problem(field, theme, colour)
    if wish.logo and logo_type_of(wish.logo) is None:
        found.append(FieldProblem("logo", *_logo_problem(wish.logo)))
    if wish.contact_email and not _EMAIL.fullmatch(wish.contact_email):
        found.append(FieldProblem("contact_email", "malformed", "name@domain"))
    if wish.space_url and not wish.space_url.startswith(("https://", "http://")):
        found.append(FieldProblem("space_url", "malformed", "https://…"))
    return found


def palette_of(theme: str, accent: str) -> Palette:
    """Return the colours that follow from an accent in a theme."""
    accent = accent.lower()
    ground = _GROUNDS[theme][0]
    return Palette(
        accent=accent,
        strong=_mix(accent, "#000000" if theme == "light" else "#ffffff", 0.2),
        soft=_mix(ground, accent, _SOFT_SHARE[theme]),
        on_accent=_ON_ACCENT[theme],
    )


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two colours, 1 to 21. Source: WCAG 2.2, relative luminance."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def logo_type_of(logo: bytes) -> LogoType | None:
    """Return what a logo is, None when it is no picture that we show."""
    if len(logo) > LOGO_BYTES_MAX:
        return None
    if logo.startswith(_PNG_SIGNATURE):
        return "image/png" if _is_good_png(logo) else None
    return "image/svg+xml" if _is_harmless_svg(logo) else None


def _contrast_problem(field: str, theme: str, colour: str) -> list[FieldProblem]:
    if not re.fullmatch("#[0-9a-fA-F]{6}", colour):
        return [FieldProblem(field, "malformed", "#rrggbb")]
    palette = palette_of(theme, colour)
    grounds = (*_GROUNDS[theme], palette.soft, palette.on_accent)
    worst = min(contrast(colour, ground) for ground in grounds)
    if worst >= CONTRAST_MIN:
        return []
    # Cut, not rounded: 4.49 must not read as the bound itself.
    shown = f"{int(worst * 100) / 100:.2f}"
    return [FieldProblem(field, "contrast_low", f"{shown}:1 < {CONTRAST_MIN}:1")]


def _logo_problem(logo: bytes) -> tuple[str, str]:
    if len(logo) > LOGO_BYTES_MAX:
        return "too_large", f"at most {LOGO_BYTES_MAX // 1024} KiB"
    if logo.startswith(_PNG_SIGNATURE):
        return "malformed", f"a whole PNG of at most {LOGO_PIXELS_MAX} x {LOGO_PIXELS_MAX} pixels"
    return "malformed", "PNG, or SVG of shapes and text only: no script, link, style sheet or outside file"


def _is_good_png(logo: bytes) -> bool:
    """Walk the chunks: each whole and true to its checksum, sane dimensions, nothing after the end."""
    place, first = len(_PNG_SIGNATURE), True
    while place + 12 <= len(logo):
        size = int.from_bytes(logo[place : place + 4], "big")
        body_end = place + 8 + size
        if body_end + 4 > len(logo):
            return False
        kind = logo[place + 4 : place + 8]
        if zlib.crc32(logo[place + 4 : body_end]) != int.from_bytes(logo[body_end : body_end + 4], "big"):
            return False
        if first:
            if kind != b"IHDR" or size != 13:
                return False
            width, height = _PNG_HEADER.unpack_from(logo, place + 8)
            if not (1 <= width <= LOGO_PIXELS_MAX and 1 <= height <= LOGO_PIXELS_MAX):
                return False
            first = False
        place = body_end + 4
        if kind == b"IEND":
            return place == len(logo)
    return False


def _is_harmless_svg(logo: bytes) -> bool:
    try:
        text = logo.decode("utf-8")
    except UnicodeDecodeError:
        return False
    # Before any parser reads it: a document type may define entities that grow without end.
    if "<!" in text.replace("<!--", "") or "<?xml-stylesheet" in text:
        return False
    try:
        root = fromstring(text, forbid_dtd=True)
    except (ParseError, ValueError):
        return False
    return root.tag == f"{_SVG}svg" and all(_is_harmless_element(element) for element in root.iter())


def _is_harmless_element(element: Element) -> bool:
    tag = str(element.tag)
    if not tag.startswith(_SVG) or tag.removeprefix(_SVG) not in _SVG_ELEMENTS:
        return False
    for name, value in element.attrib.items():
        local = name.rpartition("}")[2].lower()
        if local.startswith("on") or _URL.search(value):
            return False
        if local in {"href", "src"} and not _HARMLESS_REFERENCE.fullmatch(value):
            return False
    return True


def _luminance(colour: str) -> float:
    red, green, blue = (_linear(part / 255) for part in _parts(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4


def _mix(one: str, other: str, share: float) -> str:
    mixed = (round(a + (b - a) * share) for a, b in zip(_parts(one), _parts(other), strict=True))
    return "#" + "".join(f"{part:02x}" for part in mixed)


def _parts(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)
