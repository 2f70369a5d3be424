"""The networks that are timed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from simmodel.inputs.model_inputs import REGIMES, ModelInputs, Network

ROOT = Path(__file__).resolve().parent.parent

# Numbers of generated networks.  A unit of work counts a segment, a region and a segment on a path alike, but a segment
# takes as long as some fifteen segments on paths: only networks of like make-up can be compared by it.  These are, by
# segments, regions, links and paths a unit and by the share of candidates, near the middle of all networks generated.
SEEDS = {5: 158, 20: 5, 50: 95, 100: 29, 200: 2}
YEARS = (1, 5, 10, 25, 50)


@dataclass(frozen=True, slots=True)
class Case:
    """A network by name.

    Attributes
    ----------
    name, words : what it is called, what it is
    build : makes the engine's inputs
    """

    name: str
    words: str
    build: Callable[[], ModelInputs]


def build_flagship() -> ModelInputs:
    """The shipped study of Almaty and its neighbours."""
    from simmodel.inputs import build_model_inputs
    from simmodel.scenario import load_scenario

    return build_model_inputs(load_scenario(ROOT / "scenarios" / "almaty.yaml"))


def build_generated(links: int, years: int, regime: int | None = None) -> ModelInputs:
    """A random network; with `regime`, all its segments are under that one."""
    from tests.parity.generated_networks import generate_inputs

    inputs = generate_inputs(SEEDS[links], links=links, regions=max(3, links * 3 // 5), years=years)
    if regime is not None:
        inputs.network.segments["regime"] = regime
    return inputs


def all_cases() -> dict[str, Case]:
    """Every case by name."""
    cases = [Case("flagship", "Almaty: 65 links, 41 regions, 4 transit markets, 25 years", build_flagship)]
    for links in SEEDS:
        cases.append(
            Case(
                f"links_{links}", f"generated, {links} links, 25 years", lambda links=links: build_generated(links, 25)
            )
        )
    for years in YEARS:
        words = f"generated, 20 links, {years} year{'s' if years > 1 else ''}"
        cases.append(Case(f"years_{years}", words, lambda years=years: build_generated(20, years)))
    for number, regime in enumerate(REGIMES):
        words = f"generated, 20 links, 10 years, all segments under {regime}"
        cases.append(Case(f"regime_{regime}", words, lambda number=number: build_generated(20, 10, number)))
    return {case.name: case for case in cases}


@cache
def build_case(name: str) -> ModelInputs:
    """Inputs of a case."""
    return all_cases()[name].build()


def units_of_work(network: Network) -> int:
    """Segments on all paths, regions and segments: what a year of a draw has to go through."""
    pieces = int(np.sum(network.paths["last_piece"] - network.paths["first_piece"]))
    return pieces + len(network.regions) + len(network.segments)


def describe_network(network: Network) -> dict[str, int]:
    """Sizes of a network."""
    return {
        "links": len(network.links),
        "candidates": int(np.sum(network.links["candidate"] == 1)),
        "segments": len(network.segments),
        "regions": len(network.regions),
        "demands": len(network.demands),
        "paths": len(network.paths),
        "years": len(network.years),
        "runs": len(network.runs),
        "units_of_work": units_of_work(network),
    }
