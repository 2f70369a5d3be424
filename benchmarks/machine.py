"""Where the numbers come from."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from simmodel import __version__

LIBRARIES = ("numpy", "scipy", "numba", "llvmlite", "monaco", "ema_workbench", "NREL-PySAM", "ProFAST")


def describe_machine() -> dict[str, Any]:
    """Processor, threads, versions, load."""
    from simmodel.engine.executors import available_threads
    from simmodel.engine.jit import llvm, numba

    return {
        "when": datetime.now(UTC).isoformat(timespec="seconds"),
        "simmodel": __version__,
        "processor": processor_name(),
        "code for": numba.config.CPU_NAME or llvm.get_host_cpu_name(),
        "threads": available_threads(),
        "load": os.getloadavg() if hasattr(os, "getloadavg") else None,
        "platform": platform.platform(),
        "python": sys.version.split()[0],
        "libraries": library_versions(),
        "gcc": gcc_version(),
    }


def processor_name() -> str:
    """What the system calls its processor."""
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as lines:
            return next(line.split(":")[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def library_versions() -> dict[str, str]:
    """Versions of what is installed of the libraries that matter here."""
    found = {}
    for name in LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def gcc_version() -> str:
    """First line of `gcc --version`; empty without gcc."""
    compiler = shutil.which(os.environ.get("CC", "gcc"))
    if compiler is None:
        return ""
    answer = subprocess.run([compiler, "--version"], capture_output=True, text=True, check=False)
    return answer.stdout.partition("\n")[0]
