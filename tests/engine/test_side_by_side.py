"""Two processes compile together; whatever becomes of the second, the first has its code and its answers."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

KERNELS = """
from simmodel.engine import jit

@jit.kernel_step
def scale(row, factor):
    for i in range(row.size):
        row[i] *= factor

@jit.kernel_entry
def double(row):
    scale(row, 2.0)

@jit.kernel_entry
def halve(row):
    scale(row, 0.5)
"""
PROGRAM = """
import json, sys, warnings
import numpy as np
from simmodel.engine import jit, side_by_side
warnings.simplefilter("ignore")
side_by_side.available_threads = lambda: 2
exec(sys.argv[1])
import two_kernels
row = np.arange(4.0)
side_by_side.compile_side_by_side([(two_kernels.double, (row,))], [(two_kernels.halve, (row,))])
two_kernels.double(row)
assert row.tolist() == [0.0, 2.0, 4.0, 6.0]
two_kernels.halve(row)
assert row.tolist() == [0.0, 1.0, 2.0, 3.0]
found = [sum(kernel.stats.cache_hits.values()) for kernel in (two_kernels.double, two_kernels.halve)]
print(json.dumps([found, jit.cache_warnings(), str(jit.cache_folder())]))
"""
BOTH_COMPILED_HERE, SECOND_COMPILED_BESIDE, BOTH_FOUND = [0, 0], [0, 1], [1, 1]


@pytest.fixture
def begin(tmp_path: Path, repository_root: Path) -> Any:
    """Start a process that compiles into `cache`, after some preparation."""
    (tmp_path / "two_kernels.py").write_text(KERNELS)
    (tmp_path / "program.py").write_text(PROGRAM)

    def start(cache: Path, preparation: str = "") -> subprocess.Popen[str]:
        environment = {**os.environ, "PYTHONPATH": str(repository_root), "SIMMODEL_CACHE_DIR": str(cache)}
        command = [sys.executable, str(tmp_path / "program.py"), preparation]
        pipe = subprocess.PIPE
        return subprocess.Popen(command, env=environment, cwd=tmp_path, stdout=pipe, stderr=pipe, text=True)

    return start


def end(process: subprocess.Popen[str]) -> tuple[list[int], list[str], Path]:
    """(which kernels were found in the cache, warnings, folder) of a process that must have succeeded."""
    said, errors = process.communicate()
    assert process.returncode == 0, errors
    found, warned, folder = json.loads(said)
    return found, warned, Path(folder)


def test_second_process_compiles_its_part_and_damage_is_survived(begin: Any, tmp_path: Path) -> None:
    found, warned, folder = end(begin(tmp_path / "cache"))
    assert (found, warned) == (SECOND_COMPILED_BESIDE, [])
    assert end(begin(tmp_path / "cache"))[:2] == (BOTH_FOUND, [])
    for index in folder.rglob("*.nbi"):
        index.write_bytes(b"\x80damaged")
    found, warned, _ = end(begin(tmp_path / "cache"))
    assert found == SECOND_COMPILED_BESIDE
    assert len(warned) == 1 and "double is damaged" in warned[0]
    assert end(begin(tmp_path / "cache"))[:2] == (BOTH_FOUND, [])


def test_a_cache_that_cannot_be_written_serves_both_processes_of_one_run(begin: Any, tmp_path: Path) -> None:
    (tmp_path / "a_file").write_text("")
    found, warned, folder = end(begin(tmp_path / "a_file" / "cache"))
    assert found == SECOND_COMPILED_BESIDE
    assert len(warned) == 1 and "cannot be kept" in warned[0]
    assert not folder.exists()


def test_two_starts_at_once_do_not_disturb_each_other(begin: Any, tmp_path: Path) -> None:
    for process in [begin(tmp_path / "cache"), begin(tmp_path / "cache")]:
        assert end(process)[1] == []
    assert end(begin(tmp_path / "cache"))[:2] == (BOTH_FOUND, [])


TROUBLE = {
    "exit code -9": "side_by_side.PROGRAM = 'import os; os.kill(os.getpid(), 9)'",
    "timed out": "side_by_side.PROGRAM = 'import time; time.sleep(100)'; side_by_side.PATIENCE_SECONDS = 0.1",
    "No such file": "sys.executable = '/nowhere/python'",
    "interpreter of its own": "sys.frozen = True",
    "other sources or settings": "jit.KERNEL_OPTIONS['boundscheck'] = True",
    "cannot be kept": "side_by_side.PROGRAM = side_by_side.PROGRAM.replace('import pickle', 'import resource; "
    "resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000)); import pickle')",
}


@pytest.mark.parametrize("reason", TROUBLE)
def test_a_second_process_in_trouble_costs_only_time(begin: Any, tmp_path: Path, reason: str) -> None:
    found, warned, _ = end(begin(tmp_path / "cache", TROUBLE[reason]))
    assert found == BOTH_COMPILED_HERE
    assert len(warned) == 1 and reason in warned[0] and "this one compiles everything" in warned[0]
    assert end(begin(tmp_path / "cache", TROUBLE[reason]))[:2] == (BOTH_FOUND, [])


def test_one_processor_compiles_alone(begin: Any, tmp_path: Path) -> None:
    found, warned, _ = end(begin(tmp_path / "cache", "side_by_side.available_threads = lambda: 1"))
    assert (found, warned) == (BOTH_COMPILED_HERE, [])
