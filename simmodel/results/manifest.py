"""What a run was made of: version, hashes, seed, draws, libraries, seconds by stage, every warning and fallback."""

from __future__ import annotations

import hashlib
import platform
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from simmodel import __version__

LIBRARIES = (
    "numpy",
    "scipy",
    "numba",
    "llvmlite",
    "pyomo",
    "highspy",
    "matplotlib",
    "netCDF4",
    "pydantic",
    "ruamel.yaml",
    "networkx",
)


@dataclass(frozen=True, slots=True)
class Manifest:
    """Record of a run, written as manifest.json.

    Attributes
    ----------
    version : of simmodel;  scenario : its name;  scenario_file, overrides : as given
    sha256 : file name -> hash, of the scenario files, of every table read and of the resolved scenario
    seed, first_draw, draws, sampling, deterministic, keep, threads : how it was run; threads change no number
    strict : every operation of the engine was rounded by itself, none fused
    draws_kept : draws whose whole paths were kept, the first; financing and link returns rest on them
    libraries : name -> version;  python, platform : where it ran
    seconds : stage -> seconds, in order;  compiled : kernels were compiled in this run
    warnings : every warning and fallback, in order
    """

    version: str
    scenario: str
    scenario_file: str
    overrides: tuple[str, ...]
    sha256: dict[str, str]
    seed: int
    first_draw: int
    draws: int
    draws_kept: int
    sampling: str
    deterministic: bool
    keep: str
    threads: int
    strict: bool
    libraries: dict[str, str]
    python: str
    platform: str
    seconds: dict[str, float]
    compiled: bool
    warnings: tuple[str, ...]


def sha256_of_file(path: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def hashes_of(files: Iterable[Path], tables: Path | None) -> dict[str, str]:
    """Return the hashes of the scenario files and of every table, by name."""
    hashes = {path.name: sha256_of_file(path) for path in files}
    if tables is not None:
        hashes.update({f"tables/{path.name}": sha256_of_file(path) for path in sorted(tables.glob("*.csv"))})
    return hashes


def library_versions() -> dict[str, str]:
    """Return the versions of the libraries whose code reaches the numbers; those not installed are left out."""
    versions = {}
    for name in LIBRARIES:
        try:
            versions[name] = version(name)
        except PackageNotFoundError:
            continue
    return versions


def describe_machine() -> tuple[str, str]:
    """Return the Python version and the platform."""
    return sys.version.split()[0], platform.platform()


def program_version() -> str:
    """Return the version of simmodel."""
    return __version__
