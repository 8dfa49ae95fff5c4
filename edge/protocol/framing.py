"""Frames on a stream: two bytes of length, an optional TPDU, a message. Bytes in, frames out.

A reader of an idle connection holds no buffer: only the bytes of a frame that has begun.
"""

from edge.protocol.errors import FrameRefused
from edge.protocol.limits import FRAME_BYTES_MAX

HEADER_BYTES = 2
TPDU_BYTES = 5


class FrameReader:
    """Cut a stream into frames."""

    __slots__ = ("_frame_bytes_max", "_partial")

    def __init__(self, max_frame_bytes: int = FRAME_BYTES_MAX) -> None:
        self._frame_bytes_max = max_frame_bytes
        self._partial = b""

    @property
    def mid_frame(self) -> bool:
        """Whether a frame has begun and not ended: the time when the read deadline runs."""
        return self._partial != b""

    def feed(self, data: bytes) -> list[bytes]:
        """Return the frames that these bytes complete, without header; often one, possibly none.

        Raises: FrameRefused for a length of 0 or above the limit, as soon as its header is read. Close the connection
        then: nothing after it can be understood.
        """
        # Nearly always the network hands over exactly one whole frame.
        if not self._partial and len(data) > HEADER_BYTES:
            size = data[0] << 8 | data[1]
            if size == len(data) - HEADER_BYTES and size <= self._frame_bytes_max:
                return [data[HEADER_BYTES:]]
        return self._feed_slowly(data)

    def _feed_slowly(self, data: bytes) -> list[bytes]:
        data = self._partial + data if self._partial else bytes(data)
        frames: list[bytes] = []
        position = 0
        end = len(data)
        while end - position >= HEADER_BYTES:
            start = position + HEADER_BYTES
            size = int.from_bytes(data[position:start], "big")
            if size == 0 or size > self._frame_bytes_max:
                self._partial = b""
                limit = "frame_bytes_max" if size else "frame_bytes_min"
                raise FrameRefused(limit, announced_bytes=size, frames=frames)
            if end - start < size:
                break
            position = start + size
            frames.append(data[start:position])
        self._partial = data[position:]
        return frames


def frame(payload: bytes, tpdu: bytes | None = None) -> bytes:
    """Return the payload behind its length and, where given, its TPDU (5 bytes, as it must be sent).

    Raises: FrameRefused when the length does not fit the header or there is nothing to send.
    """
    if tpdu is not None:
        if len(tpdu) != TPDU_BYTES:
            raise FrameRefused("tpdu_bytes", announced_bytes=len(tpdu))
        payload = tpdu + payload
    size = len(payload)
    if size == 0:
        raise FrameRefused("frame_bytes_min", announced_bytes=0)
    if size >> (8 * HEADER_BYTES):
        raise FrameRefused("frame_bytes_max", announced_bytes=size)
    return size.to_bytes(HEADER_BYTES, "big") + payload


def mirror_tpdu(tpdu: bytes) -> bytes:
    """Return the TPDU of the answer: same protocol id, destination and source exchanged."""
    return tpdu[:1] + tpdu[3:5] + tpdu[1:3]
