"""What reforms do: the channels of a country in a year (docs/model.md, section 2)."""

from __future__ import annotations

from typing import Final

import numpy as np

from simmodel.engine.block import B
from simmodel.engine.jit import kernel_step
from simmodel.engine.rows_kernel import set_row
from simmodel.engine.state import State
from simmodel.inputs.model_inputs import CHANNELS, OPERATIONS, Network

N_CHANNELS: Final = len(CHANNELS)
GATEWAYS: Final = CHANNELS.index("gateways")
PASS_THROUGH: Final = CHANNELS.index("pass_through")
OPEN_ACCESS: Final = CHANNELS.index("open_access")
MARKUP: Final = CHANNELS.index("markup")
CODEPLOY_ADD: Final = CHANNELS.index("codeploy_add")
ROW_SAVED: Final = CHANNELS.index("row_saved")
ROW_FEE_RATIO: Final = CHANNELS.index("row_fee_ratio")
PERMIT_RATIO: Final = CHANNELS.index("permit_ratio")
OVERRUN_RATIO: Final = CHANNELS.index("overrun_ratio")
TERMINAL_RATIO: Final = CHANNELS.index("terminal_ratio")
DIGITAL_RATIO: Final = CHANNELS.index("digital_ratio")
LOCALISATION: Final = CHANNELS.index("localisation")
ARRIVALS_RATIO: Final = CHANNELS.index("arrivals_ratio")
FX_JUMP_RATIO: Final = CHANNELS.index("fx_jump_ratio")
SET: Final = OPERATIONS.index("set")
MULTIPLY: Final = OPERATIONS.index("multiply")


@kernel_step
def reform_step(s: State, net: Network, run: int, t: int) -> None:
    """All channels of all countries in year t; they stay as they were where there are no reforms."""
    if t > 0 and net.runs[run].has_reforms == 0:
        return
    for c in range(len(net.countries)):
        for channel in range(N_CHANNELS):
            set_row(s.countries[c].channel[channel], net.channel_base[c, channel])
        if net.runs[run].has_reforms == 1:
            for m in range(net.countries[c].first_effect, net.countries[c].last_effect):
                effect_step(s, net, s.countries[c].channel[net.effects[m].channel], m, float(t))
        s.open_access[c] = limit_share(s.countries[c].channel[OPEN_ACCESS])


@kernel_step
def evaluate_channel(s: State, net: Network, run: int, row: np.ndarray, c: int, channel: int, t: float) -> None:
    """One channel at the time works on a link start; a start before the study meets no reform."""
    set_row(row, net.channel_base[c, channel])
    if net.runs[run].has_reforms == 1 and t >= 0.0:
        for m in range(net.countries[c].first_effect, net.countries[c].last_effect):
            if net.effects[m].channel == channel:
                effect_step(s, net, row, m, t)


@kernel_step
def effect_step(s: State, net: Network, row: np.ndarray, m: int, t: float) -> None:
    """Apply one effect where its reform has succeeded and its lag has passed."""
    effect = net.effects[m]
    start, probability, operation = effect.start_t, effect.probability, effect.operation
    success, lag, size = s.drawn[effect.success_slot], s.drawn[effect.lag_slot], s.drawn[effect.effect_slot]
    certain = net.market[0].expected_events == 1
    chance = 2.0 if certain and probability >= 0.5 else (-1.0 if certain else probability)
    if operation == SET:
        for i in range(B):
            active = 1.0 if (success[i] < chance) & (t >= start + lag[i]) else 0.0
            row[i] += active * (size[i] - row[i])
    elif operation == MULTIPLY:
        for i in range(B):
            active = 1.0 if (success[i] < chance) & (t >= start + lag[i]) else 0.0
            row[i] *= 1.0 + active * (size[i] - 1.0)
    else:
        for i in range(B):
            active = 1.0 if (success[i] < chance) & (t >= start + lag[i]) else 0.0
            row[i] += active * size[i]


@kernel_step
def limit_share(row: np.ndarray) -> int:
    """Keep a degree between 0 and 1; the number of draws in which it is above 0."""
    above = 0
    for i in range(B):
        row[i] = min(max(row[i], 0.0), 1.0)
        above += 1 if row[i] > 0.0 else 0
    return above
