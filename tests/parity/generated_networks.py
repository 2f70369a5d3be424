"""Small random networks that are valid inputs of the engine and touch every rule of docs/model.md.

Nothing here is an estimate of anything: numbers only have to be of a plausible size and the arrays consistent.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from simmodel.inputs.model_inputs import (
    COUNTRY_YEAR,
    DEMAND,
    EXIT,
    HOST,
    LINK,
    MARKET_TRANSIT,
    PATH,
    PATH_LINK,
    PATH_ZONE,
    REGION,
    REGION_YEAR,
    RUN,
    SECTION,
    SEGMENT,
    SEGMENT_YEAR,
    YEAR,
    ModelInputs,
    Names,
    Network,
)
from tests.parity.generated_objects import Draws, new_countries, new_hazards, new_market, rows_of
from tests.parity.generated_paths import Draft, add_demands

REFERENCE_RUNS = (-1, 0, 0, 0, 1, 1)
ISO3 = ("AAA", "BBB", "CCC", "DDD", "outside")


def generate_inputs(
    seed: int,
    *,
    links: int | None = None,
    regions: int | None = None,
    years: int | None = None,
    complements: bool = True,
) -> ModelInputs:
    """A small valid network, the same one for the same arguments.

    Parameters
    ----------
    seed
        Number of the network.
    links, regions, years
        Sizes; drawn (4-10, 3-8, 6-10) where not given.
    complements
        Whether paths over new links may also run over existing ones.
    """
    draws = Draws(np.random.default_rng(seed))
    rng = draws.rng
    country_count = int(rng.integers(2, 5))
    link_count = int(rng.integers(4, 11)) if links is None else links
    region_count = max(int(rng.integers(3, 9)) if regions is None else regions, country_count)
    draft = Draft(draws, country_count, int(rng.integers(6, 11)) if years is None else years, complements)
    names = (*ISO3[:country_count], ISO3[-1])

    market = new_market(draws)
    countries, channel_base, effects = new_countries(draws, names, draft.years)
    regions_array, region_years = add_regions(draft, countries, region_count)
    zones, hazards, borders, hazard_names = new_hazards(draws, tight=seed % 3 == 0)
    hosts = add_hosts(draft)
    add_links(draft, names, link_count, len(zones), len(borders), len(hosts))
    transits = add_transits(draft)
    add_demands(draft, regions_array, len(transits), tight=seed % 4 == 0)
    link_demands = list_link_demands(draft)
    add_maximum(draft, tight=seed % 3 == 1)
    network = Network(
        market=market,
        runs=rows_of(
            RUN,
            [
                {"has_portfolio": p, "has_codeployment": c, "has_reforms": r, "reference_run": reference}
                for (p, c, r), reference in zip(
                    ((0, 0, 0), (0, 0, 1), (1, 0, 0), (1, 1, 0), (1, 0, 1), (1, 1, 1)), REFERENCE_RUNS, strict=True
                )
            ],
        ),
        years=new_years(draft),
        countries=countries,
        country_years=new_country_years(draft),
        channel_base=channel_base,
        effects=effects,
        regions=regions_array,
        region_years=region_years,
        transits=transits,
        demands=rows_of(DEMAND, draft.demands),
        exits=rows_of(EXIT, draft.exits),
        paths=rows_of(PATH, draft.paths),
        path_segments=np.array(draft.path_segments, dtype=np.int64),
        path_links=rows_of(PATH_LINK, draft.path_links),
        path_crossings=np.array(draft.path_crossings, dtype=np.int64),
        path_zones=rows_of(PATH_ZONE, draft.path_zones),
        demand_zones=np.array(draft.demand_zones, dtype=np.int64),
        links=rows_of(LINK, draft.links),
        link_demands=link_demands,
        sections=rows_of(SECTION, draft.sections),
        segments=rows_of(SEGMENT, draft.segments),
        segment_years=new_segment_years(draft),
        zones=zones,
        hazards=hazards,
        borders=borders,
        hosts=hosts,
    )
    return ModelInputs(
        network=network,
        slots=tuple(draws.slots),
        correlations=(),
        common_factors=draws.common_factors(),
        names=Names(
            countries=names,
            regions=tuple(f"region_{i}" for i in range(region_count)),
            transits=tuple(f"market_{i}" for i in range(len(transits))),
            links=tuple(f"link_{i}" for i in range(link_count)),
            sections=tuple(draft.section_names),
            segments=tuple(draft.segment_names),
            exits=tuple(draft.exit_names),
            paths=tuple(draft.path_names),
            hazards=hazard_names,
            borders=tuple(f"border_{i}" for i in range(len(borders))),
            hosts=tuple(f"host_{i}" for i in range(len(hosts))),
        ),
        first_year=2026,
        seed=1000 + seed,
        draws=8,
    )


# ---------------------------------------------------------------------------------------------------------- demand side


def add_regions(
    draft: Draft, countries: NDArray[np.void], region_count: int
) -> tuple[NDArray[np.void], NDArray[np.void]]:
    """Regions, contiguous by country, at least one each; writes the countries' first_region and last_region."""
    draws, rng = draft.draws, draft.draws.rng
    extra = rng.multinomial(region_count - draft.countries, np.full(draft.countries, 1.0 / draft.countries))
    rows: list[dict[str, Any]] = []
    for country in range(draft.countries):
        countries[country]["first_region"] = len(rows)
        for _ in range(1 + int(extra[country])):
            coverage = draws.between(0.6, 1.0)
            rows.append(
                {
                    "country": country,
                    "users0": draws.between(0.2, 0.55),
                    "income0": draws.between(60, 500),
                    "retail0": draws.between(3, 15),
                    "saturation0": draws.between(0.6, 0.97) * coverage,
                    "coverage0": coverage,
                    "local_share": draws.between(0, 0.8),
                    "backhaul": draws.between(0, 1.5),
                    "population0": draws.between(2e5, 5e6),
                    "smart_level0": draws.choose((0.0, 0.02)),
                    "smart_cancel_rate": draws.between(0.05, 0.4),
                    "smart_delay": int(rng.integers(1, 4)),
                }
            )
        countries[country]["last_region"] = len(rows)
    countries[draft.countries]["first_region"] = countries[draft.countries]["last_region"] = len(rows)
    regions = rows_of(REGION, rows)
    region_years = np.zeros((len(rows), draft.years), dtype=REGION_YEAR)
    n = np.arange(1, draft.years + 1)
    for index, region in enumerate(regions):
        region_years[index]["population"] = region["population0"] * (1 + draws.between(-0.01, 0.03)) ** n
        region_years[index]["coverage"] = np.minimum(region["coverage0"] + draws.between(0, 0.02) * n, 1.0)
        starts = draws.choose((0, 2, 99))
        region_years[index]["smart_level"] = np.where(n > starts, draws.between(0.01, 0.1), 0.0)
    return regions, region_years


def add_transits(draft: Draft) -> NDArray[np.void]:
    """One or two transit markets."""
    draws = draft.draws
    return rows_of(
        MARKET_TRANSIT,
        [
            {
                "volume_slot": draws.slot(f"transits/{market}/volume", "lognormal", 2000.0),
                "contestable_slot": draws.slot(f"transits/{market}/contestable", "uniform", 0.2, 0.3),
                "growth0": draws.between(0.15, 0.3),
                "growth_terminal": draws.between(0.03, 0.1),
                "growth_sigma": draws.between(0.02, 0.15),
            }
            for market in range(int(draws.rng.integers(1, 3)))
        ],
    )


# ---------------------------------------------------------------------------------------------------------- links


def add_hosts(draft: Draft) -> NDArray[np.void]:
    """Two host projects whose windows the works can meet."""
    draws = draft.draws
    return rows_of(
        HOST,
        [
            {
                "slip_slot": draws.slot(f"hosts/{host}/slip", "lognormal", 1.0),
                "completion_slot": draws.slot(f"hosts/{host}/completion", "uniform", 0.0, 1.0),
                "finish": draws.between(0.5, 4.0),
                "lead": draws.between(1.0, 4.0),
                "lag": draws.between(0.0, 2.0),
                "non_completion": draws.between(0.05, 0.4),
            }
            for host in range(2)
        ],
    )


def add_links(draft: Draft, names: tuple[str, ...], link_count: int, zones: int, borders: int, hosts: int) -> None:
    """Links with their sections and segments; at least two exist, at least one is a candidate."""
    rng = draft.draws.rng
    existing = int(rng.integers(2, link_count))
    for link in range(link_count):
        candidate = int(link >= existing)
        crossed = rng.permutation(draft.countries + 1)[: int(rng.integers(1, 4))]
        row: dict[str, Any] = {"first_segment": len(draft.segments), "first_section": len(draft.sections)}
        for country in crossed:
            add_section(draft, link, int(country), candidate, names, zones, borders)
        row |= {"last_segment": len(draft.segments), "last_section": len(draft.sections), "candidate": candidate}
        row |= new_construction(draft, link, candidate, hosts)
        segments = draft.segments[row["first_segment"] :]
        row["length_km"] = sum(segment["km"] for segment in segments)
        works = [segment["civil_musd"] + segment["terminal_musd"] for segment in segments]
        for segment, cost in zip(segments, works, strict=True):
            segment["works_share_in_link"] = cost / sum(works)
        for section in draft.sections[row["first_section"] :]:
            inside = draft.segments[section["first_segment"] : section["last_segment"]]
            section["works_share"] = sum(segment["works_share_in_link"] for segment in inside)
            section["programme"] = 1.0 if candidate == 0 else float(rng.random() < 0.8)
        draft.links.append(row)


def new_construction(draft: Draft, link: int, candidate: int, hosts: int) -> dict[str, Any]:
    """The fields of a link that its construction reads; existing links have no drawn ones."""
    draws, rng = draft.draws, draft.draws.rng
    slots: dict[str, tuple[Any, ...]] = {
        "overrun_slot": ("lognormal", 1.2),
        "unit_cost_slot": ("lognormal", 1.0),
        "schedule_slot": ("lognormal", 1.3),
        "completion_slot": ("uniform", 0.0, 1.0),
        "lost_slot": ("uniform", 0.1, 0.8),
        "cancel_slot": ("uniform", 0.0, 1.0),
    }
    fields: dict[str, Any] = {
        name: draws.slot(f"links/link_{link}/{name[:-5]}", *spread) if candidate else -1
        for name, spread in slots.items()
    }
    hosted = candidate and draws.chance(0.7)
    return fields | {
        "host": int(rng.integers(0, hosts)) if hosted else -1,
        "wait_for_host": int(hosted and draws.chance(0.5)),
        "start_t": draws.choose((-1.5, 0.0, 0.0, 1.0, 2.0)),
        "preparation_years": draws.choose((0.0, 0.5, 1.5)),
        "construction_years": draws.between(0.5, 2.5),
        "permit_years": draws.between(0.0, 0.8),
        "non_completion": draws.between(0.02, 0.3),
        "cancel_rate": draws.between(0.0, 0.2),
        "cancel_delay_years": draws.between(0.3, 1.5),
        "cancel_cost_share": draws.between(0.05, 0.3),
        "sellers": draws.choose((1.0, 1.0, 2.0, 3.0)),
        "preparation_musd": draws.between(0.5, 4.0) if candidate else 0.0,
        "anchor_cash": draws.choose((0.0, 5.0)) if candidate else 0.0,
        "anchor_gbps": draws.choose((0.0, 10.0)) if candidate else 0.0,
    }


def add_section(
    draft: Draft, link: int, country: int, candidate: int, names: tuple[str, ...], zones: int, borders: int
) -> None:
    """One section of one to three segments: one country, regime and cost basis."""
    draws, rng = draft.draws, draft.draws.rng
    first = len(draft.segments)
    common = {
        "link": link,
        "section": len(draft.sections),
        "country": country,
        "regime": int(rng.integers(0, 6)),
        "cost_base": int(rng.integers(0, 2)),
        "wacc": draws.between(0.08, 0.16),
    }
    for _ in range(int(rng.integers(1, 4))):
        row = common | new_segment(draft, candidate)
        row["zone"] = int(rng.integers(-1, zones))
        row["border"] = int(rng.integers(-1, borders))
        draft.segments.append(row)
        draft.segment_names.append(f"link_{link}/{len(draft.segments) - 1}")
    last = len(draft.segments)
    draft.sections.append({"link": link, "country": country, "first_segment": first, "last_segment": last})
    draft.section_names.append((f"link_{link}", names[country]))


def new_segment(draft: Draft, candidate: int) -> dict[str, Any]:
    """The cost, price and hazard fields of one segment."""
    draws, rng = draft.draws, draft.draws.rng
    civil, terminal = draws.between(3, 30), draws.between(0.5, 4)
    return {
        "km": draws.between(40, 700),
        "terminal_offset": int(rng.integers(0, 7)),
        "base_price_regional": 0.0 if candidate else draws.between(0.2, 2.0),
        "base_price_transit": 0.0 if candidate else draws.between(0.1, 1.0),
        "lit0_waves": 0.0 if candidate else draws.between(2, 30),
        "wave_annuity": draws.between(0.15, 0.3),
        "wave_capex_usd": draws.between(3e4, 2e5),
        "wave_opex_usd": draws.between(1e3, 1e4),
        "civil_musd": civil,
        "row_musd": draws.between(0.1, 3),
        "terminal_musd": terminal,
        "other_musd": draws.between(0, 3),
        "codeployable_share": draws.choose((0.0, 0.5, 0.9)),
        "codeploy_saved": draws.between(0.2, 0.6),
        "kept": draws.choose((0.5, 1.0)),
        "asset_base_share": 1.0 if candidate else draws.between(0.1, 0.9),
        "opex_fixed_musd": draws.between(0.05, 0.6),
        "replacement_musd": civil + terminal,
        "zone_factor": draws.between(0.1, 1.0),
        "damage_factor": draws.between(0.1, 1.0),
        "cut_rate": draws.between(0.1, 3.0),
        "repair_median": draws.between(4, 40),
        "repair_sigma": draws.between(0.2, 0.9),
        "repair_cost_musd": draws.between(0.005, 0.05),
        "embodied_tco2": draws.between(10, 100),
    }


def add_maximum(draft: Draft, *, tight: bool) -> None:
    """The most a segment carries; in a tight network some segments fill up within the horizon."""
    draws = draft.draws
    for _ in draft.segments:
        draft.maximum.append(draws.between(30, 400) if tight and draws.chance(0.6) else draws.between(5e4, 2e5))


def list_link_demands(draft: Draft) -> NDArray[np.int64]:
    """For each link the demands with a path over it; writes first_demand and last_demand."""
    listed: list[int] = []
    for index, link in enumerate(draft.links):
        link["first_demand"] = len(listed)
        for number, demand in enumerate(draft.demands):
            over = (
                draft.path_links[i]["link"] == index
                for path in draft.paths[demand["first_path"] : demand["last_path"]]
                for i in range(path["first_link"], path["last_link"])
            )
            if any(over):
                listed.append(number)
        link["last_demand"] = len(listed)
    return np.array(listed, dtype=np.int64)


# ---------------------------------------------------------------------------------------------------------- given paths


def new_years(draft: Draft) -> NDArray[np.void]:
    """US inflation and its index."""
    years = np.zeros(draft.years, dtype=YEAR)
    years["us_inflation"] = draft.draws.rng.uniform(0.015, 0.035, draft.years)
    years["us_index"] = np.cumprod(1.0 + years["us_inflation"])
    return years


def new_country_years(draft: Draft) -> NDArray[np.void]:
    """Growth and the reference path; the last country's reference demand is that of all."""
    draws = draft.draws
    result = np.zeros((draft.countries + 1, draft.years), dtype=COUNTRY_YEAR)
    t = np.arange(draft.years)
    for country in range(draft.countries):
        result[country]["gdp_growth"] = draws.rng.uniform(0.02, 0.06, draft.years)
        result[country]["bill_ref"] = draws.between(8, 60) * 0.9**t
        result[country]["p_ref"] = draws.between(1, 6) * 0.93**t
        result[country]["d_ref"] = draws.between(100, 500) * draws.between(1.1, 1.35) ** t
    result[draft.countries]["d_ref"] = result["d_ref"][:-1].sum(axis=0) + 800 * 1.2**t
    return result


def new_segment_years(draft: Draft) -> NDArray[np.void]:
    """The regulator's planned flow, and the most a segment carries."""
    result = np.zeros((len(draft.segments), draft.years), dtype=SEGMENT_YEAR)
    t = np.arange(draft.years)
    for segment in range(len(draft.segments)):
        result[segment]["plan_flow"] = draft.draws.between(20, 300) * 1.2**t
        result[segment]["maximum"] = draft.maximum[segment] * 1.03 ** (t + 1.0)
    return result
