"""The engine's answer worked out by the plain NumPy twin, so that results can be tested without compiling anything."""

from __future__ import annotations

from types import SimpleNamespace
from typing import cast

import numpy as np

from simmodel.engine.monte_carlo import EngineOutput
from simmodel.engine.sampling import draw_static_values, plan_sampling
from simmodel.inputs.model_inputs import (
    COUNTRY_VARIABLES,
    LINK_VARIABLES,
    MARKET_VARIABLES,
    REGION_VARIABLES,
    ModelInputs,
)
from simmodel.results.simulated_runs import Keep, SimulatedRuns, candidate_links, plan_keeping
from tests.parity.twin import simulate_twin

TABLES = (
    ("links", LINK_VARIABLES),
    ("regions", REGION_VARIABLES),
    ("countries", COUNTRY_VARIABLES),
    ("markets", MARKET_VARIABLES),
)


def simulate_by_twin(inputs: ModelInputs, draws: int, keep: Keep = Keep.SCALARS) -> SimulatedRuns:
    """Simulate a few draws; what the results stage reads of the engine's output is there, the rest is not."""
    plan = plan_sampling(inputs.slots, correlations=inputs.correlations, common_factors=inputs.common_factors)
    drawn = draw_static_values(plan, seed=inputs.seed, first_draw=0, last_draw=draws, deterministic=False)[:, :draws]
    outputs = simulate_twin(inputs, drawn, draws, 0, inputs.seed)
    rows = plan_keeping(inputs, keep, draws)
    kept, means = {}, {}
    for (table, variables), row in zip(
        TABLES, (rows.link_row, rows.region_row, rows.country_row, rows.market_row), strict=True
    ):
        full = np.stack([outputs[table, name] for name in variables], axis=1)  # run, variable, object, year, draw
        array = np.zeros((int(row.max(initial=-1)) + 1, *full.shape[3:]))
        array[row[row >= 0]] = full[row >= 0]
        kept[table], means[table] = array, full.mean(axis=-1)
    profits, row = outputs["sections", "profit"], rows.section_rows(inputs.network)
    kept["sections"] = np.zeros((int(row.max(initial=-1)) + 1, *profits.shape[2:]))
    kept["sections"][row[row >= 0]] = profits[row >= 0]
    share = outputs["base", "share"]
    exits = np.zeros(len(inputs.network.exits))
    np.add.at(exits, inputs.network.paths["exit"], share.mean(axis=1))
    base_flow = outputs["base", "flow"].mean(axis=1)  # the twin keeps no flows of later years
    output = SimpleNamespace(
        draws=draws,
        histograms=None,
        **kept,
        link_mean=means["links"],
        region_mean=means["regions"],
        country_mean=means["countries"],
        market_mean=means["markets"],
        path_flow_mean=np.broadcast_to(
            base_flow[None, :, None], (len(inputs.network.runs), len(base_flow), len(inputs.network.years))
        ),
        base_demand=outputs["base", "demand"].mean(axis=1),
        base_wholesale=outputs["base", "wholesale_price"].mean(axis=1),
        base_exit_share=exits,
    )
    return SimulatedRuns(inputs, rows, cast(EngineOutput, output), candidate_links(inputs), draws)
