"""The process that compiles the kernels computes the bits of those that load them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

PROGRAM = """
import hashlib
import numpy as np
from solvers.recourse_kernel import run_backward, run_forward, weigh_draws
random = np.random.default_rng(1)
cost, cash, lost = random.random((5, 12, 1024)), random.normal(size=(5, 12, 1024)), random.random((5, 12, 1024))
plan, weight, last, end = random.random((5, 12)), random.random(12), np.full(5, 4), np.full(5, 5)
gap, marks = np.empty((5, 1024)), np.zeros((2, 5, 12, 1024), np.uint8)
run_forward(
    cost, cash, lost, plan, 0.1 * plan, 0.3 * plan, random.random(5), np.ones(5), last, end, weight, gap, *marks
)
tail, *means = weigh_draws(gap, 1 / 102.4, 103)
years, links, leases = np.zeros((3, 2, 5, 12)), np.zeros((2, 2, 5)), np.ones((5, 12), bool)
run_backward(cost, cash, lost, last, end, weight, *marks, tail, years, links, leases, True)
print(hashlib.sha256(b"".join(each.tobytes() for each in (gap, tail, *means, years, links))).hexdigest())
"""


def test_compiled_and_loaded_kernels_give_the_same_bits(repository_root: Path, tmp_path: Path) -> None:
    environment = os.environ | {"NUMBA_CACHE_DIR": str(tmp_path), "PYTHONPATH": str(repository_root)}
    answers = [
        subprocess.run(
            [sys.executable, "-c", PROGRAM], env=environment, capture_output=True, text=True, check=True
        ).stdout
        for _ in range(2)
    ]
    assert list(tmp_path.rglob("*.nbc")), "nothing was stored: the second process loaded nothing"
    assert answers[0] == answers[1] and len(answers[0].strip()) == 64
