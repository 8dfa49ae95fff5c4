"""Frames on a stream: a big-endian length, an optional TPDU, a message. Bytes in, frames out.

A reader of an idle connection holds no buffer: only the bytes of a frame that has begun.
"""

from edge.protocol.errors import FrameRefused
from edge.protocol.limits import FRAME_BYTES_MAX

TPDU_BYTES = 5


class FrameReader:
    """Cut a stream into frames.

    With `tpdu=True` each frame starts with five bytes of routing (a protocol id, destination, source). They are cut
    off, and `tpdus` then holds those of the frames that the last `feed` returned, index by index, so that each
    answer can carry the mirror of its own request's.
    """

    __slots__ = ("_frame_bytes_max", "_header_bytes", "_partial", "tpdus")

    def __init__(
        self, max_frame_bytes: int = FRAME_BYTES_MAX, header_bytes: int = 2, *, tpdu: bool = False
    ) -> None:
        if header_bytes not in {2, 4}:
            raise ValueError("a length header has 2 or 4 bytes")
        self._frame_bytes_max = max_frame_bytes
        self._header_bytes = header_bytes
        self._partial = b""
        self.tpdus: list[bytes] | None = [] if tpdu else None

    @property
    def mid_frame(self) -> bool:
        """Whether a frame has begun and not ended: the time when the read deadline runs."""
        return self._partial != b""

    def feed(self, data: bytes) -> list[bytes]:
        """Return the frames that these bytes complete, without header nor TPDU; often one, possibly none.

        Raises: FrameRefused for a length of 0, above the limit, or too short for the TPDU, as soon as its header is
        read. Close the connection then: nothing after it can be understood.
        """
        # Nearly always the network hands over exactly one whole frame.
        if self._header_bytes == 2 and not self._partial and self.tpdus is None and len(data) > 2:
            size = data[0] << 8 | data[1]
            if size == len(data) - 2 and size <= self._frame_bytes_max:
                return [data[2:]]
        return self._feed_slowly(data)

    def _feed_slowly(self, data: bytes) -> list[bytes]:
        data = self._partial + data if self._partial else bytes(data)
        header = self._header_bytes
        frames: list[bytes] = []
        position = 0
        end = len(data)
        while end - position >= header:
            size = int.from_bytes(data[position : position + header], "big")
            if size == 0 or size > self._frame_bytes_max:
                self._partial = b""
                limit = "frame_bytes_max" if size else "frame_bytes_min"
                raise FrameRefused(limit, announced_bytes=size, frames=self._without_tpdu(frames))
            if self.tpdus is not None and size <= TPDU_BYTES:
                self._partial = b""
                raise FrameRefused("tpdu_bytes", announced_bytes=size, frames=self._without_tpdu(frames))
            start = position + header
            if end - start < size:
                break
            position = start + size
            frames.append(data[start:position])
        self._partial = data[position:]
        return self._without_tpdu(frames)

    def _without_tpdu(self, frames: list[bytes]) -> list[bytes]:
        if self.tpdus is None:
            return frames
        self.tpdus = [frame[:TPDU_BYTES] for frame in frames]
        return [frame[TPDU_BYTES:] for frame in frames]


def frame(payload: bytes, tpdu: bytes | None = None, *, header_bytes: int = 2) -> bytes:
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
    if size >> (8 * header_bytes):
        raise FrameRefused("frame_bytes_max", announced_bytes=size)
    return size.to_bytes(header_bytes, "big") + payload


def mirror_tpdu(tpdu: bytes) -> bytes:
    """Return the TPDU of the answer: same protocol id, destination and source exchanged."""
    return tpdu[:1] + tpdu[3:5] + tpdu[1:3]
