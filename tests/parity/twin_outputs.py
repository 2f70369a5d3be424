"""Section 11: what the twin reports by region, country and market."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from simmodel.inputs.model_inputs import (
    COUNTRY_TOTALS,
    COUNTRY_VARIABLES,
    LINK_VARIABLES,
    MARKET_VARIABLES,
    REGION_VARIABLES,
)
from tests.parity.twin_base import external_charges
from tests.parity.twin_network import Rows, Setting
from tests.parity.twin_shocks import World
from tests.parity.twin_state import Outputs, Run, Year


def empty_outputs(setting: Setting) -> Outputs:
    """Zeros for every output."""
    net = setting.net
    kinds: Mapping[str, tuple[tuple[str, ...], int]] = {
        "links": (LINK_VARIABLES, len(net.links)),
        "regions": (REGION_VARIABLES, len(net.regions)),
        "countries": (COUNTRY_VARIABLES, len(net.countries)),
        "markets": (MARKET_VARIABLES, len(net.transits) + 1),
    }
    outputs = {
        (kind, name): np.zeros((len(net.runs), count, setting.years, setting.draws))
        for kind, (names, count) in kinds.items()
        for name in names
    }
    for name in ("open_t", "works_start"):
        outputs["construction", name] = np.zeros((len(net.runs), len(net.links), setting.draws))
    for name in ("path_flow", "path_money"):
        outputs["paths", name] = np.zeros((len(net.runs), len(net.paths), setting.years, setting.draws))
    outputs["sections", "profit"] = np.zeros((len(net.runs), len(net.sections), setting.years, setting.draws))
    outputs["segments", "flow"] = np.zeros((len(net.runs), len(net.segments), setting.years, setting.draws))
    outputs["links", "anchor_billing"] = np.zeros((len(net.runs), len(net.links), setting.years, setting.draws))
    return outputs


def record_regions(
    setting: Setting, run: Run, year: Year, outputs: Outputs, buyers: dict[tuple[int, int], tuple[Rows, Rows]]
) -> None:
    """Outputs of the regions (section 11)."""
    net, base, people = setting.net, run.base, run.people
    regions, country = slice(0, len(net.regions)), net.regions["country"]
    kind = net.paths["kind"][:, None]
    land = (setting.of_demand @ (year.flow * (kind == 0)))[regions]
    paid = (setting.of_demand @ (year.flow * year.money))[regions]
    international = people.international[country]
    price = international * (base.mean_g[regions] * year.index_ratio[regions] + year.margin[country])
    quantity = 1000.0 * year.demand[regions] / international
    buyers[run.number, year.t] = (price, quantity)
    surplus, trapezoid = np.zeros_like(price), np.zeros_like(price)
    if run.reference not in (-1, run.number):
        surplus, trapezoid = surplus_change(*buyers[run.reference, year.t], price, quantity)
    values = {
        "users": net.region_years["population"][:, year.t][:, None] * people.users,
        "retail_price": people.retail,
        "affordable_share": people.affordable,
        "demand": year.demand[regions],
        "unserved": year.unserved[regions],
        "wholesale_price": people.wholesale,
        "price_index": year.index_ratio[regions],
        "satellite_flow": (setting.of_demand @ (year.flow * (kind == 1)))[regions],
        "payment": 0.012 * (paid + year.margin[country] * land),
        "surplus_change": surplus,
        "trapezoid": trapezoid,
    }
    for name, value in values.items():
        outputs["regions", name][run.number, :, year.t] = value


def surplus_change(p0: Rows, q0: Rows, p1: Rows, q1: Rows) -> tuple[Rows, Rows]:
    """Buyers' surplus change along the isoelastic curve through two points [musd], and where a trapezoid stood in."""
    with np.errstate(divide="ignore", invalid="ignore"):
        e = np.log(q1 / q0) / np.log(p1 / p0)
        curve = (p0 * q0 - p1 * q1) / (1.0 + e)
        unit = p0 * q0 * np.log(p0 / p1)
    flat = np.abs(p1 / p0 - 1.0) < 1e-6
    trapezoid = flat | (np.where(flat, 0.0, e) > 1e-9)
    area = np.where(np.abs(1.0 + e) < 1e-9, unit, curve)
    area = np.where(trapezoid, 0.5 * (p0 - p1) * (q0 + q1), area)
    return area * 12.0 / 1e6, trapezoid.astype(np.float64)


def record_countries(setting: Setting, world: World, run: Run, year: Year, outputs: Outputs) -> None:
    """Outputs of the countries (section 11) besides the sums that :func:`run_links` adds up."""
    net, t, us_index = setting.net, year.t, setting.net.years[year.t]["us_index"]
    land = setting.of_demand @ (year.flow * (net.paths["kind"] == 0)[:, None])
    fees = setting.crossings * setting.regional[:, None]
    border = setting.parameter("border_fee") * year.x * (fees.T @ year.flow)
    out = {name: outputs["countries", name][run.number, :, t] for name in COUNTRY_VARIABLES}
    out["gdp_index"][:] = world.gdp[:, t]
    out["exchange_rate"][:] = year.e
    out["discrimination_ratio"][:] = 1.0
    for c, country in enumerate(net.countries[:-1]):
        inside = slice(country["first_region"], country["last_region"])
        if country["last_region"] <= country["first_region"]:
            continue
        own_land = land[inside].sum(axis=0)
        out["demand"][c] = year.demand[inside].sum(axis=0)
        out["surplus_change"][c] = outputs["regions", "surplus_change"][run.number, inside, t].sum(axis=0)
        out["gateway_margin"][c] = year.margin[c]
        out["gateway_revenue"][c] = 0.012 * (year.margin[c] * own_land + border[c])
        out["gateway_cost"][c] = 0.012 * country["gateway_cost"] * us_index * own_land
        demand = year.demand[inside]
        p = (demand * run.base.money[inside] * year.index_ratio[inside]).sum(axis=0) / demand.sum(axis=0)
        wholesale = (demand * run.people.wholesale[inside]).sum(axis=0) / demand.sum(axis=0)
        out["wholesale_price"][c] = wholesale
        population = net.region_years["population"][inside, t]
        retail = (population / population.sum()) @ run.people.retail[inside]
        closed = 1.0 - setting.channel(run.reforms, c, "open_access", t)
        markup = setting.channel(run.reforms, c, "markup", t)
        out["discrimination_ratio"][c] = (p + year.margin[c] * (1.0 + markup * closed)) / p
        per_mbps = country["basket_kbps"] * run.people.international[c] / 1000.0 / us_index
        kept = retail - country["access_cost"] - country["efficient_retail_cost"]
        out["squeeze_headroom"][c] = kept - wholesale * per_mbps


def record_markets(setting: Setting, run: Run, year: Year, outputs: Outputs) -> None:
    """Outputs of the transit markets; the last row is of all demands."""
    net, t, first = setting.net, year.t, len(setting.net.regions)
    kind = net.paths["kind"][:, None]
    external = 0.012 * external_charges(setting, year.x, t + 1) * year.flow
    by_demand = setting.of_demand @ external
    options = setting.of_demand @ (year.flow * (kind == 2))
    elsewhere = (year.flow * (kind > 0)).sum(axis=0)
    out = {name: outputs["markets", name][run.number, :, t] for name in MARKET_VARIABLES}
    out["demand"][:-1] = year.demand[first:]
    out["demand"][-1] = year.demand.sum(axis=0)
    out["outside_share"][:-1] = options[first:] / year.demand[first:]
    out["outside_share"][-1] = elsewhere / year.demand.sum(axis=0)
    out["external_payment"][:-1] = by_demand[first:]
    out["external_payment"][-1] = by_demand.sum(axis=0)
    out["outside_price_index"][:] = year.x
    for name in COUNTRY_TOTALS:
        out[name][-1] = outputs["countries", name][run.number, :-1, t].sum(axis=0)
