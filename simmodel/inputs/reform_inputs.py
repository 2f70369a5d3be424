"""Reforms as effects on the channels of a country."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from simmodel.errors import DataError
from simmodel.inputs.calendar import Calendar
from simmodel.inputs.marginals import Marginal
from simmodel.inputs.model_inputs import CHANNELS, EFFECT, OPERATIONS
from simmodel.inputs.network import PhysicalNetwork
from simmodel.inputs.slots import UNIT_INTERVAL, SlotBook, clip_marginal, scale_marginal
from simmodel.scenario.schema import Scenario
from simmodel.scenario.schema_policy import ReformEffect

EVERYWHERE = "ALL"


@dataclass(frozen=True, slots=True)
class ChannelTarget:
    """The channel a row of the table of reforms acts on.

    Attributes
    ----------
    channel : name in CHANNELS
    is_ratio : the channel is a ratio to today, so that a row that sets or adds in the unit of the value cannot be used
    lower, upper : bounds of the effect
    """

    channel: str
    is_ratio: bool
    lower: float = -np.inf
    upper: float = np.inf


TARGETS: dict[tuple[str, str], ChannelTarget] = {
    ("gateways", "operators_today"): ChannelTarget("gateways", False, lower=1.0),
    ("countries", "gateway_operators_today"): ChannelTarget("gateways", False, lower=1.0),
    ("countries", "pass_through_today"): ChannelTarget("pass_through", False, lower=0.0, upper=1.0),
    ("link_parameters", "regime_today"): ChannelTarget("open_access", False, lower=0.0, upper=1.0),
    ("link_parameters", "markup_to_rivals"): ChannelTarget("markup", False),
    ("gateways", "markup_to_rivals"): ChannelTarget("markup", False),
    ("segments", "codeployable_share"): ChannelTarget("codeploy_add", False, lower=-1.0, upper=1.0),
    ("parameters", "codeploy_row_saved"): ChannelTarget("row_saved", False, lower=0.0, upper=1.0),
    ("parameters", "row_usd_per_km"): ChannelTarget("row_fee_ratio", True, lower=0.0),
    ("borders", "permit_delay_months"): ChannelTarget("permit_ratio", True, lower=0.0),
    ("parameters", "overrun_p90"): ChannelTarget("overrun_ratio", True, lower=0.0),
    ("parameters", "terminal_usd"): ChannelTarget("terminal_ratio", True, lower=0.0),
    ("parameters", "digital_trade_uplift"): ChannelTarget("digital_ratio", True, lower=0.0),
    ("countries", "localisation_rate_today"): ChannelTarget("localisation", False, lower=0.0),
    ("smart_cities", "capex_musd_per_100k_people"): ChannelTarget("smart_cost_ratio", True, lower=0.0),
    ("countries", "project_debt_spread"): ChannelTarget("debt_spread_add", False),
    ("countries", "tourist_arrivals"): ChannelTarget("arrivals_ratio", True, lower=0.0),
    ("countries", "fx_jump_rate"): ChannelTarget("fx_jump_ratio", True, lower=0.0),
}
REPLACED: dict[tuple[str, str], str] = {
    ("gateways", "price_t0_usd_per_mbps_month"): "the gateway margin follows from the number of operators",
}
"""Rows the equations do not use, and why."""


@dataclass(frozen=True, slots=True)
class ReformArrays:
    """Effects and channels.

    Attributes
    ----------
    effects : (effects,) EFFECT, those of a country together
    bounds : (countries + 1, 2) first and last effect of each country
    channel_base : (countries + 1, channels)
    warnings : rows of the table that have no effect, and why
    """

    effects: NDArray[np.void]
    bounds: NDArray[np.int64]
    channel_base: NDArray[np.float64]
    warnings: tuple[str, ...]


def build_reforms(scenario: Scenario, network: PhysicalNetwork, calendar: Calendar, slots: SlotBook) -> ReformArrays:
    """Return the effects of the enabled reforms by country.

    Raises
    ------
    DataError : a row acts on a value that no channel carries, or in a way the channel does not know
    """
    records: list[tuple[float, ...]] = []
    bounds = np.zeros((len(network.countries), 2), dtype=np.int64)
    unused: dict[str, None] = {}
    for number, iso3 in enumerate(network.countries[:-1]):
        bounds[number, 0] = len(records)
        for name, reform in scenario.reforms.items():
            if not reform.enabled:
                continue
            for row, effect in enumerate(reform.effects):
                if effect.iso3 not in (iso3, EVERYWHERE):
                    continue
                key = (effect.target_table, effect.parameter)
                if key in REPLACED:
                    unused[f"reform {name}: {'.'.join(key)} is not used: {REPLACED[key]}"] = None
                    continue
                start = calendar.start_of(reform.start_year)
                records.append(effect_record(slots, name, row, effect, start))
        bounds[number, 1] = len(records)
    bounds[-1] = len(records)
    effects = np.array(records, dtype=EFFECT)
    return ReformArrays(effects, bounds, channel_base(scenario, network), tuple(unused))


def effect_record(slots: SlotBook, name: str, row: int, effect: ReformEffect, start_t: float) -> tuple[float, ...]:
    """Return a record EFFECT; success is drawn once for a reform and country, for all its effects together.

    An effect that sets words (a regime) happens or does not: its size is not drawn.
    """
    key = (effect.target_table, effect.parameter)
    target = TARGETS.get(key)
    if target is None:
        raise DataError(f"reform {name}: the simulation has no channel for {'.'.join(key)}")
    operation = "set" if effect.operation.startswith("set_text") else effect.operation
    if operation not in OPERATIONS or (target.is_ratio and operation != "multiply"):
        raise DataError(f"reform {name}: {'.'.join(key)} cannot be changed by {effect.operation!r}; multiply it")
    path = f"reforms.{name}.effects.{row}"
    base = f"reforms/{name}/{effect.iso3}"
    label = f"{base}/{effect.target_table}.{effect.parameter}"
    if effect.operation.startswith("set_text"):
        size = slots.draw_fixed_leaf(f"{label}/effect", f"{path}.effect", effect.effect.value)
    else:
        size = slots.draw_leaf(f"{label}/effect", f"{path}.effect", effect_change(target, operation))
    return (
        CHANNELS.index(target.channel),
        OPERATIONS.index(operation),
        size,
        slots.draw_leaf(f"{label}/lag", f"{path}.lag_years", partial(clip_marginal, lower=0.0)),
        slots.draw(f"{base}/success", UNIT_INTERVAL),
        start_t,
        effect.success_probability.value,
    )


def effect_change(target: ChannelTarget, operation: str) -> Callable[[Marginal], Marginal]:
    """Return what turns the effect in the table into that on the channel: the channel's bounds."""
    if operation == "set" or target.is_ratio:
        return partial(clip_marginal, lower=target.lower, upper=target.upper)
    return partial(scale_marginal, factor=1.0)


def channel_base(scenario: Scenario, network: PhysicalNetwork) -> NDArray[np.float64]:
    """Return the channels without reform, shape (countries + 1, channels)."""
    base = np.zeros((len(network.countries), len(CHANNELS)))
    for channel in CHANNELS:
        if channel.endswith("_ratio"):
            base[:, CHANNELS.index(channel)] = 1.0
    base[:, CHANNELS.index("row_saved")] = scenario.parameters.codeploy_row_saved.value
    base[:, CHANNELS.index("gateways")] = 1.0
    for number, iso3 in enumerate(network.countries[:-1]):
        country, gateway = scenario.countries[iso3], scenario.gateways[iso3]
        base[number, CHANNELS.index("gateways")] = gateway.operators_today.value
        base[number, CHANNELS.index("pass_through")] = country.pass_through_today.value
        base[number, CHANNELS.index("markup")] = gateway.markup_to_rivals.value
        base[number, CHANNELS.index("localisation")] = country.localisation_rate_today.value
    return base
