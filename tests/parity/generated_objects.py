"""Random markets, countries, reforms and hazards for generated networks, and the drawn parameters they name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from simmodel.inputs import marginals
from simmodel.inputs.marginals import Marginal
from simmodel.inputs.model_inputs import BORDER, CHANNELS, COUNTRY, EFFECT, HAZARD, MARKET

T = TypeVar("T")


class Draws:
    """A source of random settings, and the list of parameters that the engine will draw."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.rng = rng
        self.slots: list[tuple[str, Marginal]] = []

    def between(self, low: float, high: float) -> float:
        """A number between two bounds."""
        return float(self.rng.uniform(low, high))

    def chance(self, probability: float) -> bool:
        """True with a probability."""
        return bool(self.rng.uniform() < probability)

    def choose(self, options: Sequence[T]) -> T:
        """One of the options."""
        return options[int(self.rng.integers(0, len(options)))]

    def some(self, options: Sequence[T], least: int, most: int) -> list[T]:
        """Between `least` and `most` of the options, each at most once, in random order."""
        count = min(int(self.rng.integers(least, most + 1)), len(options))
        return [options[i] for i in self.rng.permutation(len(options))[:count]]

    def slot(self, name: str, kind: str, *parameters: float) -> int:
        """A drawn parameter: fixed(value), uniform(low, high), normal(mean, sd), lognormal(median); returns its row."""
        self.slots.append((name, new_marginal(kind, parameters)))
        return len(self.slots) - 1

    def common_factors(self) -> tuple[tuple[str, tuple[str, ...], float], ...]:
        """Overruns share a part of their variance."""
        overruns = tuple(name for name, _ in self.slots if name.endswith("/overrun"))
        return (("overrun", overruns, 0.3),) if len(overruns) > 1 else ()


def rows_of(kind: np.dtype[Any], rows: Sequence[dict[str, Any]]) -> NDArray[np.void]:
    """An array of records from mappings that give every field."""
    result = np.zeros(len(rows), dtype=kind)
    names = set(kind.names or ())
    for index, row in enumerate(rows):
        if set(row) != names:
            raise ValueError(f"fields differ: {sorted(set(row) ^ names)}")
        for name, value in row.items():
            result[index][name] = value
    return result


MARKET_SLOTS: dict[str, tuple[Any, ...]] = {
    "theta_slot": ("uniform", 3.0, 6.0),
    "theta_transit_slot": ("uniform", 4.0, 8.0),
    "value_of_latency_slot": ("uniform", 0.001, 0.01),
    "value_of_reliability_slot": ("uniform", 1.0, 8.0),
    "border_fee_slot": ("uniform", 0.05, 0.4),
    "new_route_constant_slot": ("lognormal", 0.1),
    "switching_slot": ("uniform", 0.15, 0.35),
    "usage_elasticity_slot": ("uniform", 0.0, 0.9),
    "usage_max_slot": ("uniform", 8000.0, 20000.0),
    "relevance_slot": ("uniform", 0.01, 0.04),
    "growth0_slot": ("normal", 0.3, 0.03),
    "growth_terminal_slot": ("uniform", 0.05, 0.09),
    "growth_mid_slot": ("uniform", 4.0, 8.0),
    "growth_width_slot": ("uniform", 1.5, 4.0),
    "pass_through_incumbent_slot": ("uniform", 0.05, 0.15),
    "pass_through_competitive_slot": ("uniform", 0.15, 0.3),
    "outside_decline_slot": ("uniform", 0.05, 0.2),
    "equipment_decline_slot": ("uniform", 0.03, 0.1),
    "climate_slot": ("uniform", 0.5, 1.5),
    "gateway_elasticity_slot": ("uniform", 1.5, 2.5),
    "headroom_slot": ("uniform", 0.2, 0.6),
    "digital_uplift_slot": ("uniform", 0.0, 0.1),
}


def new_market(draws: Draws) -> NDArray[np.void]:
    """The one record of parameters that hold everywhere."""
    row: dict[str, Any] = {}
    for name, spread in MARKET_SLOTS.items():
        row[name] = draws.slot(f"parameters/{name[:-5]}", *spread)
    row |= {
        "expected_events": 0,
        "review_years": draws.choose((3, 5)),
        "life_wave": draws.choose((3, 4, 7)),
        "life_terminal": draws.choose((3, 5)),
        "gdp_rho": 0.3,
        "traffic_rho": 0.5,
        "traffic_sigma": 0.06,
        "traffic_common_share": 0.4,
        "fx_reversion": 0.8,
        "fx_jump_sigma": 0.4,
        "fx_catch_up": 0.3,
        "outside_decline_sigma": 0.05,
        "affordability_target": 0.02,
        "bass_churn": 0.05,
        "digital_share0": 0.02,
        "delay_share_permits": 0.4,
        "max_wait_years": 2.0,
        "glide": 0.4,
        "wave_gbps": draws.choose((10.0, 100.0)),
        "common_cost_share": 0.15,
        "utilisation_floor": 0.3,
        "price_cap_x": 0.08,
        "retail_minus_margin": 0.2,
        "benchmark_decline": 0.12,
        "gateway_phase_years": draws.choose((1.0, 3.0)),
        "gateway_cost_share_cap": 0.3,
        "mea_trend_civil": 0.02,
        "mea_trend_optics": -0.06,
        "life_cable": 20.0,
        "opex_active_share": 0.06,
        "opex_usd_share": 0.5,
        "usd_revenue_share": 0.6,
        "fx_indexation": 0.7,
        "sla_target": 0.999,
        "sla_credit_multiple": 3.0,
        "restoration": draws.between(0.2, 0.9),
        "receivable_days": 45.0,
        "payable_days": 30.0,
        "revocation_cost_share": 0.1,
        "revocation_years": draws.choose((0.5, 1.5)),
    }
    return rows_of(MARKET, [row])


def new_countries(
    draws: Draws, names: tuple[str, ...], years: int
) -> tuple[NDArray[np.void], NDArray[np.float64], NDArray[np.void]]:
    """Countries (the last is outside), the channels' base values and the effects of reforms."""
    rows: list[dict[str, Any]] = []
    effects: list[dict[str, Any]] = []
    channel_base = np.zeros((len(names), len(CHANNELS)))
    for country, name in enumerate(names):
        outside = country == len(names) - 1
        row = new_country(draws, name, outside)
        row["first_effect"] = len(effects)
        if not outside:
            effects.extend(new_effects(draws, name, years))
        row["last_effect"] = len(effects)
        rows.append(row)
        channel_base[country] = new_channel_base(draws, outside)
    return rows_of(COUNTRY, rows), channel_base, rows_of(EFFECT, effects)


def new_channel_base(draws: Draws, outside: bool) -> list[float]:
    """Base values of the channels, in order."""
    base = dict.fromkeys(CHANNELS, 1.0)
    base |= {"gateways": draws.choose((1.0, 1.0, 2.0, 4.0)), "pass_through": draws.between(0.0, 0.5)}
    base |= {"markup": draws.between(0.0, 0.5), "localisation": draws.between(0.02, 0.1), "debt_spread_add": 0.0}
    base |= {"open_access": 0.0 if outside else draws.choose((0.0, 0.0, 0.0, 0.4, 1.0))}
    base |= {"codeploy_add": 0.0, "row_saved": draws.between(0.0, 0.3)}
    return [base[channel] for channel in CHANNELS]


def new_country(draws: Draws, name: str, outside: bool) -> dict[str, Any]:
    """One country; the outside has taxes and a cost of capital but no people."""
    slot = draws.slot
    return {
        "growth_shift_slot": slot(f"countries/{name}/growth_shift", "normal", 0.0, 0.005),
        "wholesale_slot": slot(f"countries/{name}/wholesale", "lognormal", draws.between(2, 20)),
        "traffic_slot": slot(f"countries/{name}/traffic", "lognormal", draws.between(80, 400)),
        "first_region": 0,
        "last_region": 0,
        "nat_years": int(draws.rng.integers(1, 5)),
        "gdp_sigma": draws.between(0.01, 0.04),
        "fx_sigma": draws.between(0.02, 0.1),
        "fx_jump_rate": draws.between(0.02, 0.2),
        "fx_jump_median": draws.between(0.1, 0.4),
        "retail_trend": draws.between(0.93, 1.0),
        "reference_decline": draws.between(0.03, 0.11),
        "gini_sd": draws.between(0.5, 0.8),
        "bass_p": draws.between(0.005, 0.03),
        "bass_q": draws.between(0.2, 0.5),
        "growth0_divisor": draws.between(0.98, 1.08),
        "international_share0": draws.between(0.6, 0.95),
        "international_share_end": draws.between(0.2, 0.5),
        "tourist_years": draws.between(0, 2e5),
        "tourist_use": draws.between(0.5, 2.0),
        "access_cost": draws.between(0.5, 2.0),
        "efficient_retail_cost": draws.between(0.3, 1.5),
        "basket_kbps": 30.0,
        "gateway_cost": draws.between(0.1, 2.0),
        "gateway_decline": draws.between(0.0, 0.1),
        "bill_ref0": draws.between(8, 60),
        "wacc_nominal": draws.between(0.08, 0.16),
        "tax_rate": draws.between(0.1, 0.3),
        "usf_levy": 0.0 if outside else draws.between(0.0, 0.03),
        "shutdown_rate": draws.between(0.0, 0.3),
        "shutdown_effect": draws.between(0.3, 1.0),
        "shutdown_days_median": draws.between(1, 10),
        "shutdown_days_sigma": 0.8,
        "nationalisation_rate": draws.between(0.02, 0.2),
        "revocation_rate": 0.0 if outside else draws.between(0.01, 0.2),
        "tax_loss_years": float(draws.rng.integers(0, 8)),
        "civil_tax_life": draws.choose((0.0, 4.0, 20.0)),
        "civil_tax_rate": draws.between(0.05, 0.15),
        "equipment_tax_life": draws.choose((0.0, 3.0, 5.0)),
        "equipment_tax_rate": draws.between(0.2, 0.4),
    }


# What a reform may do to a channel: operation (0 set, 1 multiply, 2 add) and the range of the effect.
EFFECTS: dict[str, tuple[int, float, float]] = {
    "gateways": (2, 1.0, 3.0),
    "pass_through": (0, 0.7, 1.0),
    "open_access": (0, 1.0, 1.0),
    "markup": (1, 0.0, 0.5),
    "codeploy_add": (2, 0.1, 0.4),
    "row_saved": (2, 0.1, 0.5),
    "row_fee_ratio": (1, 0.3, 0.8),
    "permit_ratio": (1, 0.3, 0.8),
    "overrun_ratio": (1, 0.5, 0.9),
    "terminal_ratio": (1, 0.8, 0.95),
    "digital_ratio": (1, 1.1, 1.6),
    "localisation": (2, 0.01, 0.1),
    "smart_cost_ratio": (1, 0.8, 0.95),
    "debt_spread_add": (2, -0.02, -0.005),
    "arrivals_ratio": (1, 1.1, 1.5),
    "fx_jump_ratio": (1, 0.5, 0.9),
}


def new_effects(draws: Draws, country: str, years: int) -> list[dict[str, Any]]:
    """Two or three reforms of one country; together they may act on any channel, some twice."""
    effects = []
    for reform in range(int(draws.rng.integers(2, 4))):
        success = draws.slot(f"reforms/{reform}/{country}/success", "uniform", 0.0, 1.0)
        start_t, probability = draws.choose((0.0, 1.0, 3.0, float(years))), draws.choose((0.3, 0.5, 0.8, 1.0))
        for channel in draws.some(list(EFFECTS), 3, 8):
            operation, low, high = EFFECTS[channel]
            if operation == 1 and draws.chance(0.2):
                operation = 0  # the same value set instead of multiplied: the channel's base is 1
            name = f"reforms/{reform}/{country}/{channel}"
            effects.append(
                {
                    "channel": CHANNELS.index(channel),
                    "operation": operation,
                    "effect_slot": draws.slot(name, *(("uniform", low, high) if high > low else ("fixed", low))),
                    "lag_slot": draws.slot(f"{name}/lag", "uniform", 0.0, 2.0),
                    "success_slot": success,
                    "start_t": start_t,
                    "probability": probability,
                }
            )
    return effects


def new_hazards(
    draws: Draws, *, tight: bool
) -> tuple[NDArray[np.int64], NDArray[np.void], NDArray[np.void], tuple[str, ...]]:
    """Two or three zones of two or three kinds of event each (`tight`: severe ones), and two borders."""
    zones, rows, names = [], [], []
    scale = 3.0 if tight else 1.0
    for zone in range(int(draws.rng.integers(2, 4))):
        first = len(rows)
        for kind in ("flood", "earthquake", "heat")[: int(draws.rng.integers(2, 4))]:
            names.append(f"zone_{zone}/{kind}")
            rows.append(
                {
                    "rate_slot": draws.slot(f"zones/{zone}/{kind}/rate", "lognormal", scale * draws.between(0.05, 0.6)),
                    "zone": zone,
                    "trend": draws.between(0.0, 0.03),
                    "damage_mean": scale * draws.between(0.02, 0.3),
                    "damage_sigma": draws.between(0.3, 1.0),
                    "outage_median": scale * draws.between(20, 500),
                    "outage_sigma": draws.between(0.3, 1.0),
                }
            )
        zones.append((first, len(rows)))
    borders = [{"closure_rate": draws.between(0.0, 1.0), "closure_hours": draws.between(10, 400)} for _ in range(2)]
    return np.array(zones, dtype=np.int64), rows_of(HAZARD, rows), rows_of(BORDER, borders), tuple(names)


def new_marginal(kind: str, parameters: Sequence[float]) -> Marginal:
    """A marginal of one of the four kinds used here; a lognormal's p90 is 1.4 times its median."""
    first, second = parameters[0], parameters[-1]
    if kind == "fixed":
        return marginals.fixed(first)
    if kind == "uniform":
        return marginals.uniform(minimum=first, maximum=second)
    if kind == "normal":
        return marginals.normal(mean=first, sd=second)
    return marginals.lognormal_from_median(median=first, p90=1.4 * first)
