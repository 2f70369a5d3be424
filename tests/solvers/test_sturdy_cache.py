"""Damaged files of compiled kernels cost time to compile again, and are said; they cost no result."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

PROGRAM = """
import warnings
import numpy as np
from solvers.recourse_kernel import weigh_tail
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    weights = weigh_tail(np.array([1.0, 4.0, 2.0, 3.0]), 0.4, 3)
assert np.allclose(weights, [0.0, 0.4, 0.2, 0.4])
print(len(weigh_tail.stats.cache_hits), *(warning.message for warning in caught), sep="|")
"""


def flip_last_byte(path: Path) -> None:
    content = path.read_bytes()
    path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:40])


def test_damage_is_said_and_survived(repository_root: Path, tmp_path: Path) -> None:
    environment = os.environ | {"NUMBA_CACHE_DIR": str(tmp_path), "PYTHONPATH": str(repository_root)}

    def start() -> tuple[str, str]:
        command = [sys.executable, "-c", PROGRAM]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
        hits, _, said = done.stdout.strip().partition("|")
        return hits, said

    assert start() == ("0", "")
    for suffix, damage in (("nbc", flip_last_byte), ("nbc", cut), ("nbi", cut)):
        (file,) = tmp_path.rglob(f"*weigh_tail*.{suffix}")
        damage(file)
        hits, said = start()
        assert hits == "0" and "weigh_tail is damaged" in said and "compiling it again" in said
    assert start() == ("1", "")
