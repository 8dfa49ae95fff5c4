"""PDF by typst: the same facts and the same moment give the same bytes."""

import asyncio
from datetime import datetime
from pathlib import Path
from typing import Final

import msgspec
import typst

_NO_GLYPH: Final = "could not be displayed"


class TypesettingFailed(Exception):
    """The template and its facts do not go together: a defect of ours."""


async def typeset(template: Path, facts: msgspec.Struct, *, made_at: datetime) -> bytes:
    """Return a tagged PDF/A-3b of a template that reads `sys.inputs.facts` as JSON.

    System fonts are left out, so that every machine sets the same lines. Where a name has letters that no font of ours
    draws, it is a plain PDF, which shows a box for each: PDF/A would be none at all. Raises: TypesettingFailed.
    """
    return await asyncio.to_thread(_typeset, template, msgspec.json.encode(facts).decode(), made_at)


def _typeset(template: Path, facts: str, made_at: datetime) -> bytes:
    try:
        try:
            made = _compile(template, facts, made_at, is_archival=True)
        except typst.TypstError as error:
            if _NO_GLYPH not in str(error):
                raise
            made = _compile(template, facts, made_at, is_archival=False)
    except typst.TypstError as error:
        raise TypesettingFailed(str(error)) from error
    if not isinstance(made, bytes):
        raise TypesettingFailed("the template gave no single PDF")
    return made


def _compile(template: Path, facts: str, made_at: datetime, *, is_archival: bool) -> object:
    return typst.compile(
        template,
        root=template.parent,
        ignore_system_fonts=True,
        format="pdf",
        sys_inputs={"facts": facts},
        pdf_standards=["a-3b"] if is_archival else [],
        timestamp=int(made_at.timestamp()),
    )
