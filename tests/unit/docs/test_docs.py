"""The documents agree with what they describe: frames, allow-lists, links."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from deploy.local.subjects import rows_of_operators
from edge.dialects import DIALECTS
from edge.protocol.framing import FrameReader
from edge.protocol.limits import FRAME_BYTES_MAX

ROOT = Path(__file__).resolve().parents[3]
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
_PRIMER = (ROOT / "docs" / "primer.md").read_text()
_FRAMES = re.findall(r"```text\n(.+?)```", _PRIMER, re.DOTALL)
_HEX_LINE = re.compile(r"^((?:[0-9a-f]{2} )*[0-9a-f]{2})(?: {2,}F(\d+) +\"([^\"]*)\")?", re.MULTILINE)
_LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")


def frame_of(block: str) -> bytes:
    """Return the bytes of an annotated frame."""
    return bytes.fromhex("".join(match[1] for match in _HEX_LINE.finditer(block)))


def anchors_of(path: Path) -> set[str]:
    """Return the anchors of the headings, as GitHub makes them."""
    headings = re.findall(r"^#+ +(.+?)\s*$", path.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize(("block", "message_type"), list(zip(_FRAMES, ["0200", "0210"], strict=True)))
def test_the_frames_of_the_primer_are_what_the_codec_reads_and_writes(block: str, message_type: str) -> None:
    codec = DIALECTS["ascii1987"]
    (raw,) = FrameReader(FRAME_BYTES_MAX).feed(frame_of(block))
    message = codec.decode(raw)
    assert message[0] == message_type
    assert codec.encode(message) == raw


@pytest.mark.parametrize("block", _FRAMES)
def test_each_line_of_a_frame_says_what_its_bytes_are(block: str) -> None:
    (raw,) = FrameReader(FRAME_BYTES_MAX).feed(frame_of(block))
    message = DIALECTS["ascii1987"].decode(raw)
    noted = {int(match[2]): match[3] for match in _HEX_LINE.finditer(block) if match[2]}
    assert set(noted) == set(message) - {0}
    # The card number is shown masked, behind its length.
    noted.pop(2, None)
    assert noted == {number: message[number] for number in noted}


def test_the_packed_frame_is_as_long_as_the_primer_says() -> None:
    (raw,) = FrameReader(FRAME_BYTES_MAX).feed(frame_of(_FRAMES[0]))
    packed = DIALECTS["bcd1987"].encode(DIALECTS["ascii1987"].decode(raw))
    assert f"{len(packed)} bytes then, and not {len(raw)}" in _PRIMER


def test_the_allow_lists_are_those_of_the_bus() -> None:
    assert f"\n{rows_of_operators()}\n" in (ROOT / "docs" / "operations.md").read_text()


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(document: Path) -> None:
    for target in _LINK.findall(document.read_text()):
        if target.startswith(("http://", "https://")):
            continue
        name, _, anchor = target.partition("#")
        path = (document.parent / name).resolve() if name else document
        assert path.exists(), target
        if anchor and path.suffix == ".md":
            assert anchor in anchors_of(path), target
