"""PDF by typst: the same facts and the same moment give the same bytes."""

import asyncio
from datetime import datetime
from pathlib import Path

import msgspec
import typst


class TypesettingFailed(Exception):
    """The template and its facts do not go together: a defect of ours."""


async def typeset(template: Path, facts: msgspec.Struct, *, made_at: datetime) -> bytes:
    """Return a tagged PDF/A-3b of a template that reads `sys.inputs.facts` as JSON.

    System fonts are left out, so that every machine sets the same lines.
    Raises: TypesettingFailed.
    """
    return await asyncio.to_thread(_typeset, template, msgspec.json.encode(facts).decode(), made_at)


def _typeset(template: Path, facts: str, made_at: datetime) -> bytes:
    try:
        made = typst.compile(
            template,
            root=template.parent,
            ignore_system_fonts=True,
            format="pdf",
            sys_inputs={"facts": facts},
            pdf_standards=["a-3b"],
            timestamp=int(made_at.timestamp()),
        )
    except typst.TypstError as error:
        raise TypesettingFailed(str(error)) from error
    if not isinstance(made, bytes):
        raise TypesettingFailed("the template gave no single PDF")
    return made
