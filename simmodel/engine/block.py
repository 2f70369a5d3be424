"""The one size fixed when kernels are compiled."""

import os
from typing import Final

from simmodel.errors import ScenarioError

__all__ = ["B"]

DEFAULT_BLOCK: Final = 64


def chosen_block() -> int:
    """Return the draws in a block: 64, or ``SIMMODEL_BLOCK``, a power of two (for tests and benchmarks)."""
    text = os.environ.get("SIMMODEL_BLOCK", "")
    if not text:
        return DEFAULT_BLOCK
    if not text.isdecimal() or int(text).bit_count() != 1 or int(text) > 4096:
        raise ScenarioError([f"SIMMODEL_BLOCK={text}: the draws in a block are a power of two, at most 4096; unset it"])
    return int(text)


# Draws in a block: 64 lanes of 8 bytes are 512 bytes a row.  Longer rows cost fewer address calculations,
# shorter ones keep more of the network in the second-level cache.  No draw depends on it.
B: Final = chosen_block()
