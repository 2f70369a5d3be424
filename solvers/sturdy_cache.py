"""Compiled kernels kept on disk by numba, where damaged or unwritable files cost time and never a result."""

from __future__ import annotations

import hashlib
import pickle
import warnings
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from numba.core.caching import FunctionCache, IndexDataCacheFile

CHECKSUM_BYTES = hashlib.sha256().digest_size


class _CheckedFiles(IndexDataCacheFile):
    """numba's files of a kernel, with a checksum before the machine code: running damaged code cannot be survived."""

    def _load_data(self, name: str) -> Any:
        content = Path(self._data_path(name)).read_bytes()
        if hashlib.sha256(content[CHECKSUM_BYTES:]).digest() != content[:CHECKSUM_BYTES]:
            raise ValueError(f"checksum of {name} does not fit")
        return pickle.loads(content[CHECKSUM_BYTES:])

    def _save_data(self, name: str, data: Any) -> None:
        content = self._dump(data)
        with self._open_for_write(self._data_path(name)) as file:
            file.write(hashlib.sha256(content).digest() + content)


class SturdyCache(FunctionCache):
    """numba's cache of one function; what cannot be read is compiled again, what cannot be written is not kept.

    Raises
    ------
    RuntimeError   no folder can be written, when it is made
    """

    def __init__(self, function: Callable[..., Any]) -> None:
        super().__init__(function)
        self._cache_file: Any = _CheckedFiles(
            cache_path=self._cache_path,
            filename_base=self._impl.filename_base,
            source_stamp=self._impl.locator.get_source_stamp(),
        )

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        """Load the code for a signature; None where there is none that is whole."""
        try:
            return super().load_overload(sig, target_context)
        except Exception as problem:  # unpickling damaged bytes raises almost anything
            name = self._py_func.__name__
            warnings.warn(f"compiled kernel {name} is damaged ({problem}); compiling it again", stacklevel=2)
            with suppress(OSError):
                self.flush()
            return None

    def save_overload(self, sig: Any, data: Any) -> None:
        """Keep the code for a signature, if that can be."""
        try:
            super().save_overload(sig, data)
        except Exception as problem:  # it cannot be written, or what is there cannot be read
            warnings.warn(f"compiled kernel {self._py_func.__name__} cannot be kept ({problem})", stacklevel=2)
