"""Apply the selection and the policy: which countries, regions, links and reforms are in the study.

A region that is not kept apart is merged into the rest of its country: people add up, users, incomes, coverage and the
way to the node are averaged by people. Nothing is lost from the demand; only where it enters the network changes.
"""

from __future__ import annotations

from collections.abc import Callable

from simmodel.scenario.schema import Scenario, Selection
from simmodel.scenario.schema_demand import Region, SmartCity
from simmodel.scenario.schema_network import Link
from simmodel.scenario.schema_policy import Reform
from simmodel.scenario.schema_quantity import Quantity


def select_rows(scenario: Scenario) -> Scenario:
    """Return the scenario with its selection and policy applied; applying it twice changes nothing."""
    countries = selected_countries(scenario)
    regions, homes = merge_regions(scenario, countries)
    keep = countries.__contains__
    return scenario.model_copy(
        update={
            "countries": {iso3: scenario.countries[iso3] for iso3 in scenario.countries if iso3 in countries},
            "regions": regions,
            "links": {slug: include_link(slug, link, scenario.selection) for slug, link in scenario.links.items()},
            "smart_cities": move_programmes(scenario, regions, homes),
            "reforms": enable_reforms(scenario),
            "gateways": {iso3: gateway for iso3, gateway in scenario.gateways.items() if keep(iso3)},
            "demand_splits": {iso3: split for iso3, split in scenario.demand_splits.items() if keep(iso3)},
            "eligibility": tuple(row for row in scenario.eligibility if keep(row.iso3)),
            "envelopes": tuple(row for row in scenario.envelopes if row.iso3 == "ALL" or keep(row.iso3)),
        }
    )


def selected_countries(scenario: Scenario) -> frozenset[str]:
    """Return the countries with demand: those chosen, or every country that has a region."""
    with_regions = {region.iso3 for region in scenario.regions.values()}
    chosen = scenario.selection.countries
    return frozenset(with_regions if chosen == "all" else with_regions & set(chosen))


def keeps_apart(name: str, region: Region, selection: Selection) -> bool:
    """Say whether a region stays a region of its own."""
    if region.kind == "rest_of_country" or selection.regions == "all":
        return True
    if selection.regions == "flagship":
        return region.flagship
    return name in selection.regions


def merge_regions(scenario: Scenario, countries: frozenset[str]) -> tuple[dict[str, Region], dict[str, str]]:
    """Return the regions of the study, and the rest of country each merged region went to."""
    rests = {region.iso3: name for name, region in scenario.regions.items() if region.kind == "rest_of_country"}
    kept: dict[str, Region] = {}
    homes: dict[str, str] = {}
    merged: dict[str, list[Region]] = {}
    for name, region in scenario.regions.items():
        if region.iso3 not in countries:
            continue
        if keeps_apart(name, region, scenario.selection) or region.iso3 not in rests:
            kept[name] = region
        else:
            homes[name] = rests[region.iso3]
            merged.setdefault(rests[region.iso3], []).append(region)
    for name, others in merged.items():
        kept[name] = merge_into_rest(kept[name], others)
    return kept, homes


def merge_into_rest(rest: Region, others: list[Region]) -> Region:
    """Return the rest of a country with other regions added to it."""
    members = [rest, *others]
    people = [region.population_persons.value for region in members]
    total = sum(people)
    note = f"with {len(others)} merged regions, averaged by people: {', '.join(region.name for region in others)}"

    def averaged(read: Callable[[Region], Quantity]) -> Quantity:
        mean = sum(count * read(region).value for count, region in zip(people, members, strict=True)) / total
        own = read(rest)
        return own.model_copy(update={"value": mean, "low": None, "high": None, "source": f"{own.source} ({note})"})

    own = rest.population_persons
    return rest.model_copy(
        update={
            "population_persons": own.model_copy(
                update={"value": total, "low": None, "high": None, "source": f"{own.source} ({note})"}
            ),
            "income_ratio": averaged(lambda region: region.income_ratio),
            "users_share_t0": averaged(lambda region: region.users_share_t0),
            "coverage_share": averaged(lambda region: region.coverage_share),
            "backhaul_km": averaged(lambda region: region.backhaul_km),
            "backhaul_usd_per_mbps_month": averaged(lambda region: region.backhaul_usd_per_mbps_month),
            "backhaul_ms_one_way": averaged(lambda region: region.backhaul_ms_one_way),
        }
    )


def move_programmes(scenario: Scenario, regions: dict[str, Region], homes: dict[str, str]) -> dict[str, SmartCity]:
    """Move the programme of a merged city to the rest of its country, its uplift scaled by the city's share of users.

    The cost per 100,000 people is scaled in the same way by the share of people, so that the cost stays what it was.
    """
    moved: dict[str, SmartCity] = {}
    for name, programme in scenario.smart_cities.items():
        if programme.region_id in regions:
            moved[name] = programme
            continue
        home = homes.get(programme.region_id)
        if home is None:
            continue
        city, rest = scenario.regions[programme.region_id], regions[home]
        people = city.population_persons.value / rest.population_persons.value
        users = people * city.users_share_t0.value / rest.users_share_t0.value
        moved[name] = programme.model_copy(
            update={
                "region_id": home,
                "uplift": scaled(programme.uplift, users),
                "capex_musd_per_100k_people": scaled(programme.capex_musd_per_100k_people, people),
            }
        )
    return moved


def scaled(number: Quantity, factor: float) -> Quantity:
    """Return a quantity times a factor, band included."""
    return number.model_copy(
        update={
            "value": number.value * factor,
            "low": None if number.low is None else number.low * factor,
            "high": None if number.high is None else number.high * factor,
        }
    )


def include_link(slug: str, link: Link, selection: Selection) -> Link:
    """Return a link with `include` off when the selection leaves it out."""
    if link.role == "candidate":
        chosen = selection.candidates == "all" or (selection.candidates != "none" and slug in selection.candidates)
    else:
        chosen = selection.existing == "all" or slug in selection.existing
    return link if chosen or not link.include else link.model_copy(update={"include": False})


def enable_reforms(scenario: Scenario) -> dict[str, Reform]:
    """Return the reforms, off where the policy does not have them or the selection has no such country."""
    chosen = scenario.policy.reforms
    reforms: dict[str, Reform] = {}
    for name, reform in scenario.reforms.items():
        wanted = chosen == "all" or (chosen != "none" and name in chosen)
        reforms[name] = reform if wanted or not reform.enabled else reform.model_copy(update={"enabled": False})
    return reforms
