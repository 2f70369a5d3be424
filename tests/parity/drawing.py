"""The static parameters that kernel and twin share."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from simmodel.engine.sampling import draw_static_values, plan_sampling
from simmodel.inputs.model_inputs import ModelInputs

Rows = NDArray[np.float64]


def drawn_parameters(inputs: ModelInputs, *, draws: int, first_draw: int = 0, deterministic: bool = False) -> Rows:
    """(slots, draws) static parameters of some draws."""
    plan = plan_sampling(inputs.slots, correlations=inputs.correlations, common_factors=inputs.common_factors)
    return draw_static_values(
        plan, seed=inputs.seed, first_draw=first_draw, last_draw=first_draw + draws, deterministic=deterministic
    )
