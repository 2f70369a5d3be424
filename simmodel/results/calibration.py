"""The base year: what was observed beside what the model makes of it, by country."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from simmodel.results.concentration import exit_label
from simmodel.results.country_results import CountryResults
from simmodel.results.simulated_runs import SimulatedRuns
from simmodel.scenario.schema import Scenario
from simmodel.scenario.schema_quantity import Quantity


@dataclass(frozen=True, slots=True)
class CalibrationRow:
    """One quantity of one country in the base year; `modelled` is a mean over draws.

    `fitted` : the model is made to reproduce this number draw by draw, so only the spread of the draws can show.
    """

    country: str
    quantity: str
    unit: str
    observed: float
    modelled: float
    fitted: bool
    quality: str
    source: str


def compare_base_year(scenario: Scenario, runs: SimulatedRuns, countries: CountryResults) -> tuple[CalibrationRow, ...]:
    """Return users, traffic, wholesale and retail price, affordability and exit shares of every country."""
    rows = []
    hub_shares = shares_by_hub(runs)
    for c, code in enumerate(countries.countries):
        given = scenario.countries[code]
        population = float(countries.population_base[c])
        checks: tuple[tuple[str, str, Quantity, float, float, bool], ...] = (
            ("users", "persons", given.users_share_t0, population, float(countries.base["users"][c]), False),
            ("traffic", "Gbit/s", given.international_demand_t0, 1.0, float(countries.base["demand"][c]), True),
            (
                "wholesale price",
                "USD/Mbps/month",
                given.wholesale_price_t0,
                1.0,
                float(countries.base["wholesale_price"][c]),
                True,
            ),
            (
                "retail price",
                "USD/month",
                given.entry_basket_usd_month,
                1.0,
                float(countries.base["retail_price"][c]),
                False,
            ),
            (
                "affordable share",
                "fraction",
                given.affordable_share_t0,
                1.0,
                float(countries.base["affordable_share"][c]),
                False,
            ),
        )
        for name, unit, observed, scale, modelled, fitted in checks:
            rows.append(_row(code, name, unit, observed, scale, modelled, fitted))
        for hub, share in scenario.demand_splits.get(code, {}).items():
            rows.append(_row(code, f"exit share {hub}", "fraction", share, 1.0, hub_shares[code].get(hub, 0.0), True))
    return tuple(rows)


def _row(
    country: str, name: str, unit: str, observed: Quantity, scale: float, modelled: float, fitted: bool
) -> CalibrationRow:
    return CalibrationRow(
        country=country,
        quantity=name,
        unit=unit,
        observed=observed.value * scale,
        modelled=modelled,
        fitted=fitted,
        quality=observed.quality or "",
        source=observed.source,
    )


def shares_by_hub(runs: SimulatedRuns) -> dict[str, dict[str, float]]:
    """Shares of every country's base-year traffic by hub: its regions' mean exit shares, weighted by traffic."""
    network, names = runs.inputs.network, runs.inputs.names
    flows: dict[str, dict[str, float]] = {}
    for region, record in enumerate(network.regions):
        by_hub = flows.setdefault(names.countries[int(record["country"])], defaultdict(float))
        demand = network.demands[region]
        for place in range(int(demand["first_exit"]), int(demand["last_exit"])):
            hub = exit_label(names.exits[place]).partition("@")[0]
            by_hub[hub] += float(runs.output.base_demand[region] * runs.output.base_exit_share[place])
    return {code: {hub: flow / max(sum(of.values()), 1e-300) for hub, flow in of.items()} for code, of in flows.items()}
