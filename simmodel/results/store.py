"""Write a run as a folder that is complete or not there: made beside its place, then renamed into it."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from simmodel.errors import StorageError

MARK = "manifest.json"


def check_place(out: Path, *, overwrite: bool) -> None:
    """Refuse a place that cannot take a run, before anything is computed.

    Raises
    ------
    StorageError : the folder exists and `overwrite` is off; it exists and holds no run (nothing else is ever deleted);
        it is a file; or its parent cannot be written
    """
    if out.is_symlink() or (out.exists() and not out.is_dir()):
        raise StorageError(f"{out} exists and is no folder")
    if out.is_dir() and any(out.iterdir()):
        if not overwrite:
            raise StorageError(f"{out} exists: choose another --out, or say --overwrite to replace it")
        if not (out / MARK).is_file():
            raise StorageError(f"{out} exists and holds no run of simmodel: it is not replaced")
    parent = _existing_parent(out)
    if not os.access(parent, os.W_OK):
        raise StorageError(f"{parent} cannot be written")


@contextmanager
def new_folder(out: Path, *, overwrite: bool) -> Iterator[Path]:
    """Yield an empty folder beside `out` that becomes `out` when the block ends well, and vanishes otherwise.

    Raises
    ------
    StorageError : see `check_place`; or the disk is full, or a folder cannot be made or renamed
    """
    check_place(out, overwrite=overwrite)
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        beside = Path(tempfile.mkdtemp(prefix=f".{out.name}.", dir=out.parent))
        beside.chmod(0o755)
    except OSError as error:
        raise StorageError(f"{out} cannot be made: {error.strerror or error}") from error
    try:
        yield beside
        _put_in_place(beside, out)
    except OSError as error:
        raise StorageError(f"{out} cannot be written: {error.strerror or error}") from error
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def _put_in_place(beside: Path, out: Path) -> None:
    """Rename the new folder to its place; an old run steps aside first and comes back if that fails."""
    if not out.exists():
        beside.rename(out)
        return
    aside = Path(tempfile.mkdtemp(prefix=f".{out.name}.old.", dir=out.parent))
    out.rename(aside / out.name)
    try:
        beside.rename(out)
    except OSError:
        (aside / out.name).rename(out)
        raise
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _existing_parent(path: Path) -> Path:
    for parent in path.resolve().parents:
        if parent.is_dir():
            return parent
    return Path.cwd()
