"""Cheaper array arguments for asyncpg.

For every element of every array argument asyncpg asks whether it is itself an array, by isinstance with two abstract
base classes: a fifth of the engine's CPU with thirty columns a payment. Concrete containers answer the same question
much faster. The two names are globals of asyncpg's protocol module; a release without them is left as it is.
"""

from asyncpg.protocol import protocol

_CONTAINERS = (list, tuple, set, frozenset, dict, type({}.keys()), type({}.values()))


def expect_flat_lists() -> bool:
    """Let asyncpg test elements against concrete containers; return whether this release could be told so."""
    if not hasattr(protocol, "IterableABC") or not hasattr(protocol, "SizedABC"):
        return False
    protocol.IterableABC = _CONTAINERS  # pyright: ignore[reportAttributeAccessIssue]
    protocol.SizedABC = _CONTAINERS  # pyright: ignore[reportAttributeAccessIssue]
    return True
