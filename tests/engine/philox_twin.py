"""Philox4x32-10 and the numbering of words in plain NumPy, written from the paper, to compare the kernels with."""

import numpy as np
from numpy.typing import NDArray

MASK = np.uint64(0xFFFFFFFF)


def philox(counter: NDArray[np.uint64], key: tuple[int, int]) -> NDArray[np.uint64]:
    """Ten rounds on counters of shape (4, n)."""
    x = counter.astype(np.uint64).copy()
    k = np.array(key, dtype=np.uint64)
    for _ in range(10):
        p0, p1 = np.uint64(0xD2511F53) * x[0], np.uint64(0xCD9E8D57) * x[2]
        x = np.stack([(p1 >> np.uint64(32)) ^ x[1] ^ k[0], p1 & MASK, (p0 >> np.uint64(32)) ^ x[3] ^ k[1], p0 & MASK])
        k = (k + np.array([0x9E3779B9, 0xBB67AE85], dtype=np.uint64)) & MASK
    return x


def words(*, seed: int, draws: NDArray[np.int64], stream: int, year: int, word: int) -> NDArray[np.uint32]:
    counter = np.empty((4, draws.size), dtype=np.uint64)
    counter[0] = draws
    counter[1] = year * 65536 + word // 4
    counter[2] = stream & 0xFFFFFFFF
    counter[3] = stream >> 32
    return philox(counter, (seed & 0xFFFFFFFF, seed >> 32))[word % 4].astype(np.uint32)
