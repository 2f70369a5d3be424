"""What draws depend on beside their numbers: parts of one simulation have it in common, wherever they were made."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from simmodel import __version__
from simmodel.engine.block import B
from simmodel.engine.jit import STRICT
from simmodel.engine.point_sets import Sampling
from simmodel.inputs.model_inputs import ModelInputs, Network

__all__ = ["Origin", "digest_network", "find_origin"]


@dataclass(frozen=True, slots=True)
class Origin:
    """The simulation that draws belong to.

    Attributes
    ----------
    version, strict, block : of the engine
    seed, sampling, deterministic : how it was drawn
    of_draws : draws of the whole simulation, where a draw depends on them: of a Latin hypercube; else None
    network, names, distributions, members : digests of what was simulated, so that two processes can compare it
    """

    version: str
    strict: bool
    block: int
    seed: int
    sampling: str
    deterministic: bool
    of_draws: int | None
    network: str
    names: str
    distributions: str
    members: str

    def differences(self, other: Origin) -> Iterator[str]:
        """Say in which attributes another origin differs."""
        for field in fields(self):
            own, its = getattr(self, field.name), getattr(other, field.name)
            if own != its:
                yield f"{field.name} {its} and not {own}"


def find_origin(
    inputs: ModelInputs, *, seed: int, of_draws: int, deterministic: bool, members: Sequence[Any] | None
) -> Origin:
    """Describe a simulation of some inputs; `members` are the links of its runs, None for the scenario's."""
    return Origin(
        version=__version__,
        strict=STRICT,
        block=B,
        seed=seed,
        sampling=inputs.sampling,
        deterministic=deterministic,
        of_draws=of_draws if Sampling(inputs.sampling) is Sampling.LATIN_HYPERCUBE else None,
        network=digest_network(inputs.network),
        names=_digest(inputs.names),
        distributions=_digest((inputs.slots, inputs.correlations, inputs.common_factors)),
        members=_digest(members or ()),
    )


def digest_network(network: Network) -> str:
    """Digest of all parameters of a network, the same in every process."""
    return _digest(network)


def _digest(parts: Sequence[Any]) -> str:
    """Digest of arrays, and of what Python writes down exactly."""
    digest = hashlib.blake2b(digest_size=8)
    for part in parts:
        for words in _array_words(part) if isinstance(part, np.ndarray) else (repr(part).encode() + b"\0",):
            digest.update(words)
    return digest.hexdigest()


def _array_words(array: np.ndarray[Any, Any]) -> Iterator[bytes]:
    """Values of an array field by field: what lies between the fields of a record is nobody's."""
    if array.dtype.names is None:
        yield f"{array.dtype.str}{array.shape}".encode()
        yield np.ascontiguousarray(array).tobytes()
    for name in array.dtype.names or ():
        yield name.encode()
        yield from _array_words(array[name])
