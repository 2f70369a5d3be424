"""The same bits for any threads, shards, block lengths, order of the scenario's rows, and whatever else is built."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from simmodel.engine.block import B
from simmodel.engine.engine_output import EngineOutput, join_outputs
from simmodel.engine.keep_plan import KeepPlan
from simmodel.engine.monte_carlo import RunMembers, simulate
from simmodel.engine.point_sets import Sampling
from simmodel.inputs.build import build_inputs
from simmodel.inputs.model_inputs import COUNTRY_VARIABLES, LINK_VARIABLES, RUNS, ModelInputs
from simmodel.scenario.load import load_with_provenance
from simmodel.scenario.schema import Scenario
from tests.parity.generated_networks import generate_inputs

DRAWS = 1192
MOST_KEPT = 391
MOMENTS = (
    *(f"{table}_{kind}" for table in ("link", "region", "country", "market") for kind in ("mean", "m2")),
    *("path_flow_mean", "base_demand", "base_wholesale", "base_margin", "base_exit_share", "base_link_flow"),
)
KEPT = ("links", "regions", "countries", "markets", "open_t", "works_start", "completed")
SMALL = ("study.years=3", "selection.regions=[ALA, TAS, DYU]", "selection.candidates=[trans_caspian, casa_1000]")


@pytest.fixture(scope="module")
def inputs() -> ModelInputs:
    return generate_inputs(3, links=6, regions=4, years=4)


def keep_some(inputs: ModelInputs) -> KeepPlan:
    """Rows of the first draws, and histograms of two variables of the links in the run `with`."""
    plan = KeepPlan.default(inputs.network)
    cell = np.full_like(plan.link_row, -1)
    for variable in ("cfads", "flow"):
        cell[RUNS.index("with"), LINK_VARIABLES.index(variable)] = 0
    cell[cell == 0] = np.arange(np.count_nonzero(cell == 0))
    return replace(plan, link_cell=cell, most_draws=MOST_KEPT)


def run(inputs: ModelInputs, **options: int) -> EngineOutput:
    return simulate(inputs, draws=DRAWS, keep=keep_some(inputs), **options)  # type: ignore[arg-type]


def assert_same(one: EngineOutput, other: EngineOutput) -> None:
    for name in (*MOMENTS, *KEPT):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name), err_msg=name)
    assert one.histograms is not None and other.histograms is not None
    for name in ("ranges", "counts", "below", "above"):
        np.testing.assert_array_equal(getattr(one.histograms, name), getattr(other.histograms, name), err_msg=name)


@pytest.mark.parametrize("sampling", Sampling)
def test_threads_and_shards_change_no_bit(inputs: ModelInputs, sampling: Sampling) -> None:
    inputs = inputs._replace(sampling=sampling.value)
    whole = run(inputs, threads=1)
    for threads in (2, 4):
        assert_same(whole, run(inputs, threads=threads))
    keep = keep_some(inputs)
    for cuts in ([384], [128, 256, 896], [768, 1024, 1152]):
        ends = [*cuts, DRAWS]
        parts = [
            simulate(inputs, draws=end - start, first_draw=start, of_draws=DRAWS, keep=keep, threads=1)
            for start, end in zip([0, *cuts], ends, strict=True)
        ]
        assert_same(whole, join_outputs(inputs.network, parts[::-1]))


PART = """
import pickle, sys
from simmodel.engine.monte_carlo import simulate
from tests.engine.test_same_bits import DRAWS, keep_some
from tests.parity.generated_networks import generate_inputs
first, last, threads = map(int, sys.argv[2:])
inputs = generate_inputs(3, links=6, regions=4, years=4)
part = simulate(
    inputs, draws=last - first, first_draw=first, of_draws=DRAWS, keep=keep_some(inputs), threads=threads
)
with open(sys.argv[1], "wb") as file:
    pickle.dump(part, file)
"""


def test_parts_of_other_processes_are_joined_to_the_bits_of_one(
    inputs: ModelInputs, tmp_path: Path, repository_root: Path
) -> None:
    parts = []
    for first, last, threads in ((0, 448, 1), (448, DRAWS, 3)):
        path = tmp_path / f"{first}.pickle"
        arguments = [str(path), str(first), str(last), str(threads)]
        environment = {**os.environ, "PYTHONPATH": str(repository_root)}
        subprocess.run([sys.executable, "-c", PART, *arguments], check=True, env=environment)
        parts.append(pickle.loads(path.read_bytes()))
    whole = run(inputs, threads=2)
    for order in (parts, parts[::-1]):
        joined = join_outputs(inputs.network, order)
        assert_same(whole, joined)
        assert (joined.first_draw, joined.draws, joined.origin) == (0, DRAWS, whole.origin)


def test_joined_parts_are_joined_again(inputs: ModelInputs) -> None:
    keep = keep_some(inputs)
    ends = [0, 192, 512, DRAWS]
    parts = [
        simulate(inputs, draws=end - start, first_draw=start, of_draws=DRAWS, keep=keep)
        for start, end in pairwise(ends)
    ]
    later = join_outputs(inputs.network, parts[1:])
    assert (later.first_draw, later.draws) == (192, DRAWS - 192)
    assert_same(run(inputs), join_outputs(inputs.network, [later, parts[0]]))


def test_parts_that_do_not_fit_are_refused_in_words(inputs: ModelInputs) -> None:
    network, keep = inputs.network, KeepPlan.nothing(inputs.network)

    def part(first: int, draws: int = B, of: ModelInputs = inputs, **options: Any) -> EngineOutput:
        return simulate(of, draws=draws, first_draw=first, **{"keep": keep, **options})

    def refused(*parts: EngineOutput) -> str:
        with pytest.raises(ValueError, match="the parts cannot be joined: ") as problem:
            join_outputs(network, parts)
        return str(problem.value).partition(": ")[2]

    one = part(0)
    assert refused() == "there is none"
    assert refused(part(3 * B), one) == f"no part has draws {B} to {3 * B - 1}"
    assert refused(one, one) == f"draws 0 to {B - 1} overlap those before, which end with {B - 1}"
    overlap = f"draws {B} to {2 * B - 1} overlap those before, which end with {3 * B - 1}"
    assert refused(part(B), part(0, 3 * B)) == refused(part(3 * B), part(B), part(0, 3 * B)) == overlap
    assert "do not meet at a multiple" in refused(part(0, B + 1), part(B + 1))
    differ = f"draws {B} to {2 * B - 1} differ from draws 0 to {B - 1}: "
    assert refused(one, part(B, seed=7)) == f"{differ}seed 7 and not {inputs.seed}"
    other = part(B, of=inputs._replace(sampling="sobol"), seed=7)
    assert refused(one, other) == f"{differ}seed 7 and not {inputs.seed}, sampling sobol and not monte_carlo"
    latin = inputs._replace(sampling="latin_hypercube")
    assert refused(part(0, of=latin), part(B, of=latin)) == f"{differ}of_draws {2 * B} and not {B}"
    countries = network.countries.copy()
    countries["wacc_nominal"] += 0.01
    others = inputs._replace(network=network._replace(countries=countries))
    assert refused(one, part(B, of=others)).startswith(f"{differ}network ")
    assert refused(part(0, of=others), part(B, of=others)) == f"draws 0 to {B - 1} are of another network"
    members = RunMembers(*(np.zeros((len(network.runs), len(network.links)), dtype=kind) for kind in "qdq"))
    assert refused(one, part(B, members=members)).startswith(f"{differ}members ")
    assert refused(one, replace(part(B), origin=replace(one.origin, strict=not one.origin.strict))).startswith(differ)


@pytest.mark.parametrize(
    ("first", "draws", "whole"), [(0, B + 1, B), (B, B, B), (B, 2 * B, 2 * B), (0, 1, 0), (0, 1, -1), (2**32, 1, None)]
)
def test_a_part_beyond_the_end_of_the_whole_is_refused(
    inputs: ModelInputs, first: int, draws: int, whole: int | None
) -> None:
    keep = KeepPlan.nothing(inputs.network)
    for sampling in Sampling:
        with pytest.raises(ValueError, match=rf"draws {first} to {first + draws - 1} of a simulation of"):
            simulate(inputs._replace(sampling=sampling.value), draws=draws, first_draw=first, of_draws=whole, keep=keep)


def test_parts_that_keep_or_count_other_things_are_refused(inputs: ModelInputs) -> None:
    keep = keep_some(inputs)
    one, other = (simulate(inputs, draws=B, first_draw=first, of_draws=2 * B, keep=keep) for first in (0, B))
    assert one.histograms is not None
    moved = replace(one.histograms, ranges=one.histograms.ranges + 1.0)
    for part, words in (
        (replace(other, histograms=None), "histograms in one alone"),
        (replace(other, histograms=moved), "other ranges of the histograms"),
        (replace(other, keep=replace(keep, most_draws=None)), "other rows kept or cells counted"),
        (replace(other, keep=replace(keep, section_row=np.zeros((1, 1), np.int64))), "other rows kept"),
    ):
        with pytest.raises(ValueError, match=words):
            join_outputs(inputs.network, [part, one])


def test_histograms_give_the_quantiles_and_tails_of_all_draws(inputs: ModelInputs) -> None:
    draws = 40 * B
    plan = keep_some(inputs)
    counted = simulate(inputs, draws=draws, keep=plan).histograms
    assert counted is not None
    full = simulate(inputs, draws=draws, keep=KeepPlan.full(inputs.network))
    cells = plan.cells() >= 0
    values = full.links[full.keep.link_row[cells]]  # cells, years, draws
    deviation = values.std(axis=-1) + 1e-300
    for probability in (0.1, 0.5, 0.9):
        error = np.abs(counted.quantile(probability) - np.quantile(values, probability, axis=-1))
        assert np.max(np.where(deviation > 1e-12, error / deviation, error)) < 0.01
    ordered, bin_width = np.sort(values, axis=-1), 1.0 / counted.ranges[..., 2]
    for is_lowest, tail in ((True, ordered[..., : draws // 10]), (False, ordered[..., -draws // 10 :])):
        error = np.abs(counted.tail_mean(0.1, lowest=is_lowest) - tail.mean(axis=-1))
        assert np.all(error <= bin_width + 1e-12 * np.abs(ordered).max(axis=-1))
        assert np.max(error / np.maximum(deviation, 1e-9)) < 0.01
    few = counted.of_cells(np.array([3, 0]))
    for is_lowest in (True, False):
        whole = counted.tail_mean(0.1, lowest=is_lowest)
        np.testing.assert_array_equal(few.tail_mean(0.1, lowest=is_lowest), whole[[3, 0]])
    np.testing.assert_array_equal(few.quantile(0.5), counted.quantile(0.5)[[3, 0]])
    assert np.array_equal(counted.counts.sum(axis=-1), np.full(counted.counts.shape[:2], draws))


PROGRAM = """
import sys, numpy as np
from tests.engine.test_same_bits import KEPT, MOMENTS, run
from tests.parity.generated_networks import generate_inputs
output = run(generate_inputs(3, links=6, regions=4, years=4), threads=2)
arrays = {name: getattr(output, name) for name in (*KEPT, *MOMENTS)}
np.savez(sys.argv[1], counts=output.histograms.counts, above=output.histograms.above, **arrays)
"""


@pytest.mark.slow
def test_the_block_length_changes_no_bit(inputs: ModelInputs, tmp_path: Path, repository_root: Path) -> None:
    target = tmp_path / "other.npz"
    environment = {**os.environ, "PYTHONPATH": str(repository_root), "SIMMODEL_BLOCK": str(2 * B)}
    subprocess.run([sys.executable, "-c", PROGRAM, str(target)], check=True, env=environment)
    here = run(inputs)
    assert here.histograms is not None
    with np.load(target) as there:
        for name in (*MOMENTS, *KEPT):
            np.testing.assert_array_equal(getattr(here, name), there[name], err_msg=name)
        np.testing.assert_array_equal(here.histograms.counts, there["counts"])
        np.testing.assert_array_equal(here.histograms.above, there["above"])


# ------------------------------------------------------------------------------------------------- the scenario's rows


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    return load_with_provenance("almaty", overrides=SMALL).scenario


def turn_round(mapping: dict[str, Any]) -> dict[str, Any]:
    """The mapping, and those in it, as the hazards of a zone and the exits of a country, from the last to the first."""
    return {name: turn_round(value) if isinstance(value, dict) else value for name, value in reversed(mapping.items())}


@pytest.mark.parametrize("sampling", [Sampling.MONTE_CARLO, Sampling.SOBOL])
def test_the_order_of_the_rows_changes_no_bit(scenario: Scenario, sampling: Sampling) -> None:
    turned = scenario.model_copy(
        update={
            name: turn_round(value)
            for name in type(scenario).model_fields
            if isinstance(value := getattr(scenario, name), dict)
        }
    )
    assert list(turned.links) != list(scenario.links) and list(turned.countries) != list(scenario.countries)
    one, other = (build_inputs(order).inputs._replace(sampling=sampling.value) for order in (scenario, turned))
    outputs = [simulate(inputs, draws=100, keep=KeepPlan.full(inputs.network)) for inputs in (one, other)]
    assert one.names == other.names
    for name in (*MOMENTS, *KEPT):
        np.testing.assert_array_equal(getattr(outputs[0], name), getattr(outputs[1], name), err_msg=name)


def test_another_link_leaves_every_other_link_its_shocks(scenario: Scenario) -> None:
    alone = scenario.model_copy(
        update={"links": {name: link for name, link in scenario.links.items() if name != "casa_1000"}}
    )
    both, one = (build_inputs(rows).inputs for rows in (scenario, alone))
    outputs = [simulate(inputs, draws=200, keep=KeepPlan.full(inputs.network)) for inputs in (both, one)]
    link = [inputs.names.links.index("trans_caspian") for inputs in (both, one)]
    for name in ("open_t", "works_start", "completed"):
        np.testing.assert_array_equal(getattr(outputs[0], name)[link[0]], getattr(outputs[1], name)[link[1]])
    for name in ("capex", "capex_economic"):
        rows = [
            output.keep.link_row[RUNS.index("with"), LINK_VARIABLES.index(name), number]
            for output, number in zip(outputs, link, strict=True)
        ]
        np.testing.assert_array_equal(outputs[0].links[rows[0]], outputs[1].links[rows[1]], err_msg=name)
        assert outputs[0].links[rows[0]].std() > 0.0
    without = RUNS.index("without")
    for name in ("gdp_index", "exchange_rate"):
        rows = [output.keep.country_row[without, COUNTRY_VARIABLES.index(name)] for output in outputs]
        np.testing.assert_array_equal(outputs[0].countries[rows[0]], outputs[1].countries[rows[1]], err_msg=name)
