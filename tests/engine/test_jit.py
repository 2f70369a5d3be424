"""The compilation cache: found again, survived when unwritable or damaged, renewed when the engine's source changes."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numba
import numpy as np
import pytest

from simmodel.engine import elementary, jit, lean_compilation, random_streams
from simmodel.engine.block import B

KERNEL = """
import sys, warnings
warnings.simplefilter("ignore")
import numpy as np
from simmodel.engine import jit

@jit.kernel_entry
def double(row):
    for i in range(row.size):
        row[i] *= 2.0

row = np.ones(4)
before = jit.entry_points_compiled()
double(row)
assert row.tolist() == [2.0] * 4
print(before, jit.entry_points_compiled(double), len(jit.cache_warnings()), jit.cache_folder())
"""


@pytest.fixture
def package(tmp_path, repository_root):
    """A folder with a copy of the package, which nobody edits while a test runs."""
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(repository_root / "simmodel", tmp_path / "copy" / "simmodel", ignore=ignored)
    return tmp_path / "copy"


@pytest.fixture
def start(tmp_path, package):
    """Run the kernel in a process of its own; returns (compiled before, compiled after, warnings, folder)."""
    (tmp_path / "double_kernel.py").write_text(KERNEL)

    def run(cache: Path, **extra: str) -> tuple[bool, bool, int, Path]:
        environment = {**os.environ, "PYTHONPATH": str(package), "SIMMODEL_CACHE_DIR": str(cache), **extra}
        command = [sys.executable, str(tmp_path / "double_kernel.py")]
        done = subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        before, after, warned, folder = done.stdout.split(maxsplit=3)
        return before == "True", after == "True", int(warned), Path(folder.strip())

    return run


def test_second_process_finds_the_code_and_survives_damage(start, tmp_path):
    before, after, warned, folder = start(tmp_path / "cache")
    assert (before, after, warned) == (False, True, 0)
    assert folder.parent == tmp_path / "cache"
    assert start(tmp_path / "cache") == (True, True, 0, folder)
    (code,) = folder.rglob("*.nbc")
    whole = code.read_bytes()
    code.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    assert start(tmp_path / "cache")[:3] == (False, True, 1)
    assert start(tmp_path / "cache") == (True, True, 0, folder)
    (index,) = folder.rglob("*.nbi")
    index.write_bytes(b"\x80damaged")
    assert start(tmp_path / "cache")[:2] == (False, True)
    assert start(tmp_path / "cache") == (True, True, 0, folder)


def test_a_folder_that_cannot_be_made_costs_only_the_cache(start, tmp_path):
    (tmp_path / "a_file").write_text("")
    before, after, warned, folder = start(tmp_path / "a_file" / "cache")
    assert (before, after, warned) == (False, True, 1)
    assert not folder.exists()  # a private folder, removed at the end of the process


@pytest.mark.parametrize("length", ["48", "0", "8192", "many"])
def test_a_block_of_an_impossible_length_is_refused_in_words(length, repository_root):
    environment = {**os.environ, "PYTHONPATH": str(repository_root), "SIMMODEL_BLOCK": length}
    command = [sys.executable, "-m", "simmodel", "run", "almaty", "--draws", "64"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 2 and "Traceback" not in done.stderr
    assert f"SIMMODEL_BLOCK={length}: the draws in a block are a power of two" in done.stdout + done.stderr


@pytest.mark.parametrize("module", ["engine/elementary.py", "inputs/marginals.py", "inputs/model_inputs.py"])
def test_folder_changes_with_the_source_of_any_module_kernels_contain(start, tmp_path, package, module):
    first = start(tmp_path / "cache")[3]
    assert first == start(tmp_path / "cache")[3]
    with (package / "simmodel" / module).open("a") as source:
        source.write("\n# edited\n")
    before, _, _, second = start(tmp_path / "cache")
    assert second != first
    assert not before


def test_without_the_compiler(start, tmp_path):
    before, after, warned, _ = start(tmp_path / "cache", NUMBA_DISABLE_JIT="1")
    assert (before, after, warned) == (True, True, 0)


def kernel_of_three_layers():
    """An entry point that calls a step that calls a scalar; new ones, with nothing compiled."""

    @jit.kernel_scalar
    def blend(a, b):
        return 0.25 * a + max(b, 0.0)

    @jit.kernel_step
    def blend_rows(target, source):
        for i in range(target.size):
            target[i] = blend(target[i], source[i])

    @jit.kernel_entry
    def blend_twice(target, source):
        blend_rows(target, source)
        blend_rows(target, source)

    return blend_rows, blend_twice


def test_only_the_entry_point_becomes_code_and_its_steps_compile_again_when_called():
    step, entry = kernel_of_three_layers()
    row, other = np.linspace(-1.0, 1.0, B), np.linspace(-1.0, 1.0, B)
    entry(row, row[::-1].copy())
    assert entry.signatures
    assert not step.signatures  # what was compiled for the entry point has no code of its own
    source = other[::-1].copy()
    step(other, source)
    step(other, source)
    np.testing.assert_array_equal(row, other)
    assert numba.core.codegen.CPUCodeLibrary._finalize_final_module.__name__ == "_finalize_final_module"


def test_everything_compiles_the_long_way_where_numba_is_not_as_expected(monkeypatch):
    row, other = np.linspace(-1.0, 1.0, B), np.linspace(-1.0, 1.0, B)
    kernel_of_three_layers()[1](row, row[::-1].copy())
    monkeypatch.setattr(lean_compilation, "_one_executable", lambda entry: numba.core.not_there)
    step, entry = kernel_of_three_layers()
    monkeypatch.setattr(entry, "_cache", numba.core.caching.NullCache())
    entry(other, other[::-1].copy())
    np.testing.assert_array_equal(row, other)


PLAIN = """
import numpy as np
from simmodel.engine import sampling
from simmodel.inputs import marginals as m
slots = [("a", m.lognormal_from_mean(mean=2, cv=0.5)), ("b", m.pert(minimum=0, mode=1, maximum=5)),
         ("c", m.triangular(minimum=0, mode=1, maximum=5)), ("d", m.empirical(values=[1, 2, 5])),
         ("e", m.discrete(values=[1, 2], probabilities=[0.4, 0.6])), ("f", m.logit_normal(median=0.2, p90_shift=1))]
plan = sampling.plan_sampling(slots, correlations=[("a", "b", 0.5)])
values = sampling.draw_static_values(plan, seed=3, first_draw=100, last_draw=160)
print(values.astype("<f8").tobytes().hex())
"""


def test_plain_python_computes_what_the_compiled_kernels_do(repository_root):
    answers = []
    for disabled in ("0", "1"):
        environment = {**os.environ, "PYTHONPATH": str(repository_root), "NUMBA_DISABLE_JIT": disabled}
        done = subprocess.run(
            [sys.executable, "-W", "error", "-c", PLAIN], env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        answers.append(np.frombuffer(bytes.fromhex(done.stdout.strip())))
    np.testing.assert_allclose(answers[0], answers[1], rtol=1e-14)


LANE_LOOPS = [
    ("fill_normal_quantile", 3, r"fdiv [^<]*<\d+ x double>"),
    ("fill_normal_quantile", 3, r"sqrt\.v\d+f64"),
    ("turn_uniforms_into_normals", 2, r"fdiv [^<]*<\d+ x double>"),
    ("fill_normal_cdf", 2, r"fdiv [^<]*<\d+ x double>"),
    ("turn_normals_into_uniforms", 1, r"fdiv [^<]*<\d+ x double>"),
]


@pytest.mark.parametrize(("name", "rows", "vector_instruction"), LANE_LOOPS)
def test_lane_loops_become_simd_code(name, rows, vector_instruction):
    function = getattr(elementary, name)
    function(*(np.full(B, 0.3) for _ in range(rows)))
    assert re.search(vector_instruction, function.inspect_llvm(function.signatures[0]))


@pytest.mark.parametrize("name", ["fill_words", "fill_uniforms", "fill_four_words"])
def test_philox_becomes_simd_code(name):
    row = {"fill_words": np.zeros(B, np.uint32), "fill_uniforms": np.zeros(B)}.get(name, np.zeros((4, B), np.uint32))
    function = getattr(random_streams, name)
    function(row, np.uint64(1), 0, np.uint64(2), 3, 0)
    assert re.search(r"mul [^<]*<\d+ x i64>", function.inspect_llvm(function.signatures[0]))


@pytest.mark.parametrize("strict", ["1", "0"])
def test_strict_mode_gives_the_bits_of_a_processor_without_fused_operations(repository_root, strict):
    answers = []
    for processor in ({}, {"NUMBA_CPU_NAME": "generic", "NUMBA_CPU_FEATURES": ""}):
        environment = {**os.environ, "PYTHONPATH": str(repository_root), "SIMMODEL_STRICT": strict, **processor}
        done = subprocess.run(
            [sys.executable, "-c", PLAIN], env=environment, capture_output=True, text=True, check=True
        )
        answers.append(done.stdout)
    if strict == "1":
        assert answers[0] == answers[1]
    elif "fma" in llvm_features():
        assert answers[0] != answers[1]  # the mode is needed, and this test can tell


def llvm_features():
    from llvmlite import binding

    return [name for name, has in binding.get_host_cpu_features().items() if has]
