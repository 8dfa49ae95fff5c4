"""A brand can be read in both themes and its logo can do nothing but be looked at."""

from __future__ import annotations

import struct
import zlib

import pytest

from core.contracts.notifications import SaveBrand
from core.notifications.brands.rules import (
    CONTRAST_MIN,
    LOGO_BYTES_MAX,
    contrast,
    logo_type_of,
    palette_of,
    problems_of,
)

SVG = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 8">{}</svg>'


def png(width: int = 1, height: int = 1) -> bytes:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b"\0\0"))
        + chunk(b"IEND", b"")
    )


def test_contrast_is_that_of_the_guidelines() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


def test_an_accent_that_cannot_be_read_is_refused_with_its_ratio() -> None:
    (problem,) = problems_of(
        SaveBrand(revision=0, name="Banque", accent_light="#ffcc00", accent_dark="#ffcc00")
    )
    assert (problem.field, problem.code) == ("accent_light", "contrast_low")
    assert problem.detail.endswith(f"< {CONTRAST_MIN}:1")


def test_the_product_s_own_accents_pass_and_every_derived_pair_is_readable() -> None:
    assert (
        problems_of(SaveBrand(revision=0, name="Banque", accent_light="#14595a", accent_dark="#6cc4bf")) == []
    )
    for theme, accent in (("light", "#14595a"), ("dark", "#6cc4bf")):
        palette = palette_of(theme, accent)
        assert contrast(palette.accent, palette.on_accent) >= CONTRAST_MIN
        assert contrast(palette.strong, palette.soft) >= CONTRAST_MIN


def test_one_colour_without_the_other_theme_s_is_refused() -> None:
    (problem,) = problems_of(SaveBrand(revision=0, name="Banque", accent_light="#14595a"))
    assert (problem.field, problem.code) == ("accent_dark", "required")


@pytest.mark.parametrize(
    "inside",
    [
        "<script>alert(1)</script>",
        '<rect onload="alert(1)" width="8" height="8"/>',
        '<a href="https://elsewhere.example"><rect/></a>',
        '<use href="https://elsewhere.example/x.svg#y"/>',
        '<image href="data:image/png;base64,AAAA"/>',
        "<foreignObject><body/></foreignObject>",
        "<style>@import url(https://elsewhere.example)</style>",
        '<rect style="fill:url(https://elsewhere.example/x)"/>',
        '<animate attributeName="href" to="javascript:alert(1)"/>',
    ],
)
def test_an_svg_that_could_do_something_is_no_logo(inside: str) -> None:
    assert logo_type_of(SVG.format(inside).encode()) is None


def test_a_document_type_never_reaches_the_parser() -> None:
    bomb = '<!DOCTYPE svg [<!ENTITY a "aaaaaaaaaa">]>' + SVG.format("<title>&a;</title>")
    assert logo_type_of(bomb.encode()) is None
    assert logo_type_of(b'<?xml-stylesheet href="x.css"?>' + SVG.format("").encode()) is None


def test_shapes_and_whole_pictures_are_logos() -> None:
    drawn = SVG.format('<defs><linearGradient id="g"/></defs><rect fill="url(#g)"/><path d="M0 0h8"/>')
    assert logo_type_of(drawn.encode()) == "image/svg+xml"
    assert logo_type_of(png()) == "image/png"


def test_a_picture_that_is_cut_too_big_or_followed_by_something_is_refused() -> None:
    assert logo_type_of(png()[:-6]) is None
    assert logo_type_of(png() + b"<script>") is None
    assert logo_type_of(png(width=4_000)) is None
    assert logo_type_of(b"x" * (LOGO_BYTES_MAX + 1)) is None
    assert logo_type_of(b"GIF89a") is None


@pytest.mark.parametrize("name", ["Ondine\nBcc: x@evil.example", "On\u202edine", "On\x00dine"])
def test_a_name_is_one_line_because_it_sends_mail(name: str) -> None:
    (problem,) = problems_of(SaveBrand(revision=0, name=name))
    assert (problem.field, problem.code) == ("name", "malformed")
