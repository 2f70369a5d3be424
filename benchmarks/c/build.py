"""Compile the C version and put it in the place of the engine's entry point."""

from __future__ import annotations

import ctypes
import hashlib
import os
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.c.layout import address_table, header_text
from simmodel.engine.block import B
from simmodel.engine.elementary import fill_normal_cdf
from simmodel.engine.jit import cache_folder

HERE = Path(__file__).resolve().parent
FLAGS = ("-O3", "-march=native", "-ffast-math", "-fopenmp-simd", "-std=gnu11", "-fPIC")


def vector_bytes() -> int:
    """Width of the vectors in the engine's own code on this machine, which the C version is given as well."""
    rows = (np.full(B, 0.5), np.full(B, 0.5))
    fill_normal_cdf(*rows)
    code = fill_normal_cdf.inspect_llvm(fill_normal_cdf.signatures[0])  # type: ignore[attr-defined]
    return 8 * max(int(lanes) for lanes in re.findall(r"<(\d+) x double>", code))


def compile_library(header: str) -> ctypes.CDLL:
    """Compile the sources with this header, unless that was done before."""
    compiler = os.environ.get("CC", "gcc")
    flags = [*FLAGS, f"-mprefer-vector-width={8 * vector_bytes()}", f"-DVECTOR_BYTES={vector_bytes()}"]
    sources = sorted(HERE.glob("*.[ch]"))
    digest = hashlib.blake2b(repr((compiler, flags, header, "linked apart")).encode(), digest_size=12)
    for source in sources:
        digest.update(source.read_bytes())
    folder = cache_folder() / f"c-{digest.hexdigest()}"
    library = folder / "block.so"
    if not library.exists():
        unfinished = folder.with_name(f"{folder.name}-{os.getpid()}")
        unfinished.mkdir()
        try:
            (unfinished / "layout.h").write_text(header, encoding="utf-8")
            code, target = unfinished / "block.o", unfinished / "block.so"
            command = [compiler, *flags, f"-I{unfinished}", "-c", str(HERE / "block.c"), "-o", str(code)]
            subprocess.run(command, check=True)
            # Linked with -ffast-math, a library makes the process that loads it flush subnormal numbers to zero.
            subprocess.run([compiler, "-shared", str(code), "-o", str(target), "-lm"], check=True)
            folder.mkdir(exist_ok=True)
            target.replace(library)
        finally:
            shutil.rmtree(unfinished, ignore_errors=True)
    return ctypes.CDLL(str(library))


def load_run_block() -> Callable[..., None]:
    """What takes the arguments of `simmodel.engine.draw_block.run_block` and calls C.

    Bundles are taken apart again: C is handed the addresses of their arrays.
    """
    library: ctypes.CDLL | None = None

    def run_block(*arguments: Any) -> None:
        nonlocal library
        groups = [bundle._arrays for bundle in arguments[:5]]
        if library is None:
            library = compile_library(header_text(*groups))
        tables = [address_table(group) for group in groups]
        seed, first_draw = arguments[5:]
        library.run_block(
            *(ctypes.c_void_p(table.ctypes.data) for table in tables),
            ctypes.c_uint64(int(seed)),
            ctypes.c_int64(int(first_draw)),
        )

    return run_block
