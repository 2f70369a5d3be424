"""The 64-bit numbers of random streams, from their names alone."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

__all__ = ["stream_number", "stream_numbers"]


def stream_number(name: str) -> int:
    """Return the number of a stream such as "link/trans_caspian/overrun": BLAKE2b of its UTF-8 bytes, little end first.

    Raises
    ------
    ValueError
        for an empty name.
    """
    if not name:
        raise ValueError("a random stream needs a name")
    return int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest(), "little")


def stream_numbers(names: Iterable[str]) -> NDArray[np.uint64]:
    """Return the numbers of many streams, in the order of their names.

    Raises
    ------
    ValueError
        for a name given twice, or two names with one number: their draws would be the same.
    """
    seen: dict[int, str] = {}
    for name in names:
        number = stream_number(name)
        if number in seen:
            raise ValueError(f"random streams {seen[number]!r} and {name!r} would draw the same numbers")
        seen[number] = name
    return np.fromiter(seen, dtype=np.uint64, count=len(seen))
