"""From a scenario to the arrays the engine takes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simmodel.inputs.calendar import calendar_of
from simmodel.inputs.country_inputs import build_countries, build_country_years
from simmodel.inputs.demand_inputs import build_region_years, build_regions, build_transits, order_regions
from simmodel.inputs.hazard_inputs import HazardArrays, build_hazards
from simmodel.inputs.link_inputs import LinkArrays, build_links, build_segment_years
from simmodel.inputs.market_inputs import build_market, build_runs
from simmodel.inputs.model_inputs import ModelInputs, Names, Network
from simmodel.inputs.network import PhysicalNetwork, build_network
from simmodel.inputs.price_basis import build_years
from simmodel.inputs.reference_run import PlanTerms, ReferenceRun, run_reference
from simmodel.inputs.reform_inputs import build_reforms
from simmodel.inputs.route_inputs import RouteArrays, build_routes
from simmodel.inputs.slots import SlotBook, median_of
from simmodel.scenario.schema import Scenario


@dataclass(frozen=True, slots=True)
class BuiltInputs:
    """The inputs of the engine with what was found on the way.

    Attributes
    ----------
    inputs : what the engine takes
    reference : the deterministic reference run
    warnings : what could not be used or said, in words; for the manifest of a run
    """

    inputs: ModelInputs
    reference: ReferenceRun
    warnings: tuple[str, ...]


def build_model_inputs(scenario: Scenario) -> ModelInputs:
    """Return the arrays of a scenario; see `build_inputs` for the warnings.

    Parameters
    ----------
    scenario : a checked scenario

    Returns
    -------
    ModelInputs

    Raises
    ------
    DataError : the data contradict each other in a way only the network shows (traffic observed where no path leads,
        a reform of a value the model does not have, an uncertainty of a value it takes as fixed)
    """
    return build_inputs(scenario).inputs


def build_inputs(scenario: Scenario) -> BuiltInputs:
    """Return the arrays of a scenario with the reference run and the warnings; errors as `build_model_inputs`."""
    scenario = in_name_order(scenario)
    calendar, slots = calendar_of(scenario), SlotBook(scenario)
    network = build_network(scenario)
    regions = order_regions(scenario, network)
    market = build_market(scenario, calendar, slots)
    countries = build_countries(scenario, network, slots)
    hazards = build_hazards(scenario, network, calendar, slots)
    reforms = build_reforms(scenario, network, calendar, slots)
    links = build_links(scenario, network, hazards, countries, calendar, slots)
    transit_names, transits = build_transits(scenario, slots)
    routes = build_routes(scenario, network, regions, transit_names, hazards.zone_names)
    region_records = build_regions(scenario, network, regions)
    fill_bounds(countries, "region", region_records["country"])
    countries["first_effect"], countries["last_effect"] = reforms.bounds[:, 0], reforms.bounds[:, 1]
    link_demands = list_link_demands(links, routes)
    arrays = Network(
        market=market,
        runs=build_runs(scenario),
        years=build_years(scenario, calendar),
        countries=countries,
        country_years=build_country_years(scenario, network, calendar),
        channel_base=reforms.channel_base,
        effects=reforms.effects,
        regions=region_records,
        region_years=build_region_years(scenario, calendar, regions),
        transits=transits,
        demands=routes.demands,
        exits=routes.exits,
        paths=routes.paths,
        path_segments=routes.path_segments,
        path_links=routes.path_links,
        path_crossings=routes.path_crossings,
        path_zones=routes.path_zones,
        demand_zones=routes.demand_zones,
        links=links.links,
        link_demands=link_demands,
        sections=links.sections,
        segments=links.segments,
        segment_years=build_segment_years(scenario, network, calendar.years),
        zones=hazards.zones,
        hazards=hazards.hazards,
        borders=hazards.borders,
        hosts=hazards.hosts,
    )
    slots.check_uncertainties()
    numbered = slots.number_by_name(
        [market, countries, transits, reforms.effects, links.links, hazards.hazards, hazards.hosts]
    )
    medians = np.array([median_of(marginal) for _, marginal in numbered])
    parameters = scenario.parameters
    plan = PlanTerms(parameters.plan_share.value, parameters.plan_ramp_years.value)
    reference = run_reference(arrays, medians, plan)
    fill_reference(arrays, reference)
    inputs = ModelInputs(
        network=arrays,
        slots=numbered,
        correlations=slots.correlations(),
        common_factors=tuple((factor.name, factor.slots, factor.variance_share) for factor in links.common_factors),
        names=build_names(network, hazards, routes, regions, transit_names),
        first_year=calendar.first_year,
        seed=scenario.study.seed,
        draws=scenario.study.draws,
        sampling=scenario.study.sampling,
    )
    return BuiltInputs(inputs, reference, (*links.warnings, *reforms.warnings, *routes.warnings))


def in_name_order(scenario: Scenario) -> Scenario:
    """Return the scenario with every mapping sorted by name, so that no sum depends on the order of a file."""
    mappings = {
        name: sort_by_name(value)
        for name in type(scenario).model_fields
        if isinstance(value := getattr(scenario, name), dict)
    }
    return scenario.model_copy(update=mappings)


def sort_by_name(mapping: dict[Any, Any]) -> dict[Any, Any]:
    """Return a mapping sorted by name, and the mappings in it, as the hazards of each zone."""
    return {name: sort_by_name(value) if isinstance(value, dict) else value for name, value in sorted(mapping.items())}


def fill_bounds(records: NDArray[np.void], name: str, owners: NDArray[np.int64]) -> None:
    """Fill `first_<name>` and `last_<name>` of records whose items are stored in the order of their owners."""
    numbers = np.arange(len(records))
    records[f"first_{name}"] = np.searchsorted(owners, numbers, side="left")
    records[f"last_{name}"] = np.searchsorted(owners, numbers, side="right")


def list_link_demands(links: LinkArrays, routes: RouteArrays) -> NDArray[np.int64]:
    """Return the demands with a path over each link, one list after the other, and set the links' bounds on it."""
    demand_of_path = np.repeat(
        np.arange(len(routes.demands)), routes.demands["last_path"] - routes.demands["first_path"]
    )
    path_of_entry = np.repeat(np.arange(len(routes.paths)), routes.paths["last_link"] - routes.paths["first_link"])
    link_of_entry = routes.path_links["link"]
    lists = [np.unique(demand_of_path[path_of_entry[link_of_entry == link]]) for link in range(len(links.links))]
    ends = np.cumsum([len(demands) for demands in lists])
    links.links["first_demand"] = np.concatenate([[0], ends[:-1]])
    links.links["last_demand"] = ends
    return np.concatenate(lists).astype(np.int64)


def fill_reference(arrays: Network, reference: ReferenceRun) -> None:
    """Write the results of the reference run into the arrays."""
    arrays.countries["bill_ref0"] = reference.bill_ref0
    arrays.country_years["bill_ref"] = reference.bill_ref
    arrays.country_years["p_ref"] = reference.p_ref
    arrays.country_years["d_ref"] = reference.d_ref
    arrays.segment_years["plan_flow"] = reference.plan_flow


def build_names(
    network: PhysicalNetwork,
    hazards: HazardArrays,
    routes: RouteArrays,
    regions: tuple[str, ...],
    transits: tuple[str, ...],
) -> Names:
    """Return the names of everything in the order of the arrays."""
    return Names(
        countries=network.countries,
        regions=regions,
        transits=transits,
        links=network.links,
        sections=network.sections,
        segments=tuple(segment.name for segment in network.segments),
        exits=routes.exit_names,
        paths=routes.path_names,
        hazards=hazards.hazard_names,
        borders=hazards.border_names,
        hosts=hazards.host_names,
    )
