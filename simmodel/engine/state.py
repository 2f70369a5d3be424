"""Memory of one block of draws: records of rows, a row being B values, one a draw.

Three kinds of records: ``*_YEAR_ROWS`` hold a year's shocks, drawn once and met by all six runs; ``*_BASE_ROWS`` what
is calibrated to the base year; ``*_ROWS`` the state of the run in progress.  What is summed over lists of paths or
segments, and what a pass over all objects reads alone, lies in plain matrices, a row an object: what is read one after
the other lies one after the other.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from simmodel.engine.block import B
from simmodel.engine.constants import find_constants
from simmodel.engine.incidence import Incidence
from simmodel.inputs.model_inputs import (
    CHANNELS,
    COUNTRY_VARIABLES,
    LINK_VARIABLES,
    MARKET_VARIABLES,
    REGION_VARIABLES,
    Network,
)

__all__ = ["NEVER", "Record", "Row", "State", "aligned", "as_records", "new_state"]

Row = NDArray[np.float64]  # B values
Record = Any  # one record of rows or of parameters; its fields are attributes
NEVER = 1e9  # year of first service of a link that is never finished
BY_CLASS = (2, B)
LINE = 64  # bytes of a cache line
ROWS_AT_ONCE = max(len(LINK_VARIABLES), len(REGION_VARIABLES), len(COUNTRY_VARIABLES), len(MARKET_VARIABLES))


def rows(names: str, shape: int | tuple[int, ...] = B) -> list[tuple[str, str, int | tuple[int, ...]]]:
    """Fields of B values each, or of some rows of B values."""
    return [(name, "f8", shape) for name in names.split()]


def record(*groups: list[tuple[str, str, int | tuple[int, ...]]]) -> np.dtype[np.void]:
    """Make an aligned record type."""
    return np.dtype([field for group in groups for field in group], align=True)


COMMON_ROWS = record(
    rows("theta", BY_CLASS),
    rows("latency_value reliability_value border_fee new_route switching usage_elasticity usage_max relevance"),
    rows("growth0 growth_terminal growth_mid growth_width pass_incumbent pass_competitive outside_decline"),
    rows("equipment_decline climate gateway_elasticity headroom digital_uplift"),
    rows("z_gdp z_traffic outside equipment maturity maturity0"),  # of the year at hand
    rows("retired_price border_money"),  # price of the waves that end this year; border fee for 1 Gbit/s [musd]
    rows("unit_cost relevance_log ones zeros"),
)
SCRATCH_ROWS = record(rows("a b c d e f"))

MARKET_YEAR_ROWS = record(rows("outside equipment maturity"))
COUNTRY_YEAR_ROWS = record(rows("gdp fx_slow jump_uniform jump_size shock usage_growth shutdown takeover"))
REGION_YEAR_ROWS = record(rows("cancelled"))
TRANSIT_YEAR_ROWS = record(rows("volume demand"))
ZONE_YEAR_ROWS = record(rows("hours damage"))
BORDER_ROWS = record(rows("hours"))
SECTION_YEAR_ROWS = record(rows("revoked"))

COUNTRY_BASE_ROWS = record(rows("usage margin demand cap_share"))
DEMAND_BASE_ROWS = record(rows("demand index price generalised wholesale weight_sum"))
LINK_BASE_ROWS = record(rows("weight rule share cost_annuity cost_opex km_share", BY_CLASS))
PATH_BASE_ROWS = record(rows("generalised share unavailability"))
EXIT_ROWS = record(rows("constant weight_sum"))

COUNTRY_ROWS = record(
    [("channel", "f8", (len(CHANNELS), B)), ("out", "f8", (len(COUNTRY_VARIABLES), B))],
    rows("exchange tariff_factor fx_jump phase nat_years_left nationalised margin international retail_mean"),
    rows("demand review_ratio users land_flow price_mean wholesale_mean fees"),
)
DEMAND_ROWS = record(
    rows("demand index wholesale wholesale_before price served land_flow satellite money unserved lost"),
)
REGION_ROWS = record(
    rows("adoption usage retail affordable smart smart_years_left"),
)
MARKET_ROWS = record([("out", "f8", (len(MARKET_VARIABLES), B))])
LINK_ROWS = record(
    rows("open open_before sellers required"),
    rows("use rule", BY_CLASS),
    rows("open_t opened works_start duration completed spent cost_ratio cancelled"),  # of candidates
    rows("works works_economic capex capex_economic works_total anchor"),
)
SEGMENT_ROWS = record(rows("waves wave_charge opex"))
# Read of candidate segments (civil_charge) and of regulated ones alone.
BOOK_ROWS = record(rows("civil_charge lit_review rab gross depreciation"), rows("cap", BY_CLASS))
SECTION_ROWS = record(rows("civil_pool equipment_pool working_capital profit losses losses_removed capital"))
# Of the object at hand: sums over a section's segments; results, written down before the next object's.
SECTION_SUMS = record(rows("billing usd local opex opex_usd equipment repairs"))
LINK_PRICING = record(rows("rest cost level", BY_CLASS))
LINK_RESULTS = record([("out", "f8", (len(LINK_VARIABLES), B))])
REGION_RESULTS = record([("out", "f8", (len(REGION_VARIABLES), B))])
PATH_ROWS = record(rows("target share"))


class State(NamedTuple):
    """Everything one thread works on."""

    common: NDArray[np.void]
    scratch: NDArray[np.void]
    fold: NDArray[np.float64]  # (means, squared deviations, the same merged; sets of draws of some rows)
    words: NDArray[np.uint32]
    drawn: NDArray[np.float64]  # (slots, draw)
    # the year's shocks, (year, object)
    market_years: NDArray[np.void]
    country_years: NDArray[np.void]
    region_years: NDArray[np.void]
    transit_years: NDArray[np.void]
    zone_years: NDArray[np.void]
    borders: NDArray[np.void]
    segment_hours: NDArray[np.float64]  # (year, segment, draw) dark
    section_years: NDArray[np.void]
    path_cut: NDArray[np.float64]  # (year, path, draw) share of the year
    path_fixed: NDArray[np.float64]  # (year, path, draw) generalised price besides the segments
    # what the year's events do, were the link in service: (year, object, draw)
    received: NDArray[np.float64]  # share of a segment's billing that is received
    repairs: NDArray[np.float64]  # of a section, at prices of the base year [musd]
    dark: NDArray[np.float64]  # share of the year in which a link is dark, by km
    country_start: NDArray[np.void]  # a country's shocks of the base year, which are none; never written to
    # calibrated to the base year
    country_base: NDArray[np.void]
    demand_base: NDArray[np.void]
    link_base: NDArray[np.void]
    segment_base_flow: NDArray[np.float64]  # (class, segment, draw)
    segment_cost: NDArray[np.float64]  # avoidable cost of candidate segments
    path_base: NDArray[np.void]
    path_constant: NDArray[np.float64]
    exits: NDArray[np.void]
    path_weight: NDArray[np.float64]  # base-year flow, or that of a candidate path priced at cost [Gbit/s]
    # the same for all draws
    segment_constants: NDArray[np.void]
    region_constants: NDArray[np.void]
    country_year_constants: NDArray[np.void]  # (year, country)
    standing_charge: NDArray[np.float64]  # (year, segment) on cable and terminals of the base year [musd]
    path_external: NDArray[np.float64]  # (years since the base year, path) price beyond the region, outside index 1
    # of the run in progress
    countries: NDArray[np.void]
    demands: NDArray[np.void]
    regions: NDArray[np.void]
    markets: NDArray[np.void]
    links: NDArray[np.void]
    segments: NDArray[np.void]
    books: NDArray[np.void]  # of segments
    sections: NDArray[np.void]
    section_sums: NDArray[np.void]  # of the section at hand
    link_pricing: NDArray[np.void]  # of the link at hand
    link_results: NDArray[np.void]  # of the link at hand
    region_results: NDArray[np.void]  # of the region at hand
    paths: NDArray[np.void]
    price: NDArray[np.float64]  # (class, segment, draw)
    segment_flow: NDArray[np.float64]  # (class, segment, draw)
    path_unavailability: NDArray[np.float64]  # share of the year buyers expect a path to be cut
    path_rest: NDArray[np.float64]  # generalised price of candidate paths without the candidate segments
    path_price: NDArray[np.float64]  # generalised price
    path_flow: NDArray[np.float64]
    path_open: NDArray[np.float64]
    path_keep: NDArray[np.float64]
    segment_keep: NDArray[np.float64]
    waves: NDArray[np.float64]  # (year within a wave's life, segment, draw) added
    equipment: NDArray[np.float64]  # (year within its life for tax, section, draw) invested
    losses: NDArray[np.float64]  # (year within their life, section, draw) tax losses made so far
    in_run: NDArray[np.int64]  # (links,) 1 for links that are part of the run
    start_t: NDArray[np.float64]  # (links,) year in which a candidate's works are planned to start in the run
    waits: NDArray[np.int64]  # (links,) 1 where a candidate waits for its host project in the run
    active: NDArray[np.int64]  # (paths,) 1 where a path can carry traffic in some draw of the block
    open_access: NDArray[np.int64]  # (countries,) draws of the block in which open access is in force
    any_open: NDArray[np.int64]  # (links,) draws of the block in which a link serves
    any_opened: NDArray[np.int64]  # (links,) draws of the block in which it opens this year
    full: NDArray[np.int64]  # (segments,) 1 where some draw asks more than the maximum
    stale: NDArray[np.int64]  # (segments,) 1 where the flow of a path over it has changed since it was summed
    limited: NDArray[np.int64]  # (paths,) 1 over a full segment
    reference: NDArray[np.float64]  # (reference run, year, region, price and quantity, draw)


def as_records(array: Any) -> Any:
    """Give fields as attributes, so that the kernels also run as plain Python."""
    return array.view(np.recarray) if array.dtype.names else array


def room(
    shape: tuple[int, ...], dtype: np.dtype[Any] | type = np.float64
) -> tuple[tuple[int, ...], np.dtype[Any], int]:
    """Shape, type and bytes of an array; no axis is empty (an empty list of objects has a place nobody visits)."""
    shape = tuple(max(1, length) for length in shape)
    return shape, np.dtype(dtype), int(np.prod(shape)) * np.dtype(dtype).itemsize


def aligned(shape: tuple[int, ...], dtype: np.dtype[Any] | type = np.float64) -> Any:
    """Zeros that start on a cache line; no axis is empty."""
    shape, dtype, size = room(shape, dtype)
    raw = np.zeros(size + LINE, np.uint8)
    skip = -raw.ctypes.data % LINE
    return as_records(raw[skip : skip + size].view(dtype).reshape(shape))


def aligned_together(**rooms: tuple[tuple[int, ...], np.dtype[Any], int]) -> dict[str, Any]:
    """Zeros in one piece of memory, each array from a cache line on.

    NumPy asks for large pages for pieces of 4 MiB and more; small arrays by themselves would be spread over thousands
    of small pages, whose addresses the processor cannot all remember.
    """
    memory = aligned((sum(size + LINE for _, _, size in rooms.values()),), np.uint8)
    arrays, place = {}, 0
    for name, (shape, dtype, size) in rooms.items():
        arrays[name] = as_records(memory[place : place + size].view(dtype).reshape(shape))
        place += -(-size // LINE) * LINE
    return arrays


def aligned_copy(array: NDArray[Any]) -> Any:
    """Copy an array to where it starts on a cache line."""
    copy = aligned(array.shape, array.dtype)
    copy[tuple(slice(length) for length in array.shape)] = array
    return copy


def longest_life(network: Network, field: str) -> int:
    """Years to remember so that every country's are; no more than there are."""
    return min(int(network.countries[field].max()), len(network.years))


def new_state(network: Network, incidence: Incidence, slots: int) -> State:
    """Memory of one thread."""
    constants = find_constants(network)
    years, countries, regions = len(network.years), len(network.countries), len(network.regions)
    segments, sections, paths = len(network.segments), len(network.sections), len(network.paths)
    links, demands = len(network.links), len(network.demands)
    references = int(incidence.reference_place.max()) + 1
    country_start = aligned((1,), COUNTRY_YEAR_ROWS)
    country_start["gdp"] = 1.0
    arrays = aligned_together(
        common=room((1,), COMMON_ROWS),
        scratch=room((1,), SCRATCH_ROWS),
        fold=room((4, ROWS_AT_ONCE * max(B // 4, 1))),
        words=room((4, B), np.uint32),
        drawn=room((slots, B)),
        market_years=room((years,), MARKET_YEAR_ROWS),
        country_years=room((years, countries), COUNTRY_YEAR_ROWS),
        region_years=room((years, regions), REGION_YEAR_ROWS),
        transit_years=room((years, len(network.transits)), TRANSIT_YEAR_ROWS),
        zone_years=room((years, len(network.zones)), ZONE_YEAR_ROWS),
        borders=room((len(network.borders),), BORDER_ROWS),
        segment_hours=room((years, segments, B)),
        section_years=room((years, sections), SECTION_YEAR_ROWS),
        path_cut=room((years, paths, B)),
        path_fixed=room((years, paths, B)),
        received=room((years, segments, B)),
        repairs=room((years, sections, B)),
        dark=room((years, links, B)),
        country_base=room((countries,), COUNTRY_BASE_ROWS),
        demand_base=room((demands,), DEMAND_BASE_ROWS),
        link_base=room((links,), LINK_BASE_ROWS),
        segment_base_flow=room((2, segments, B)),
        segment_cost=room((segments, B)),
        path_base=room((paths,), PATH_BASE_ROWS),
        path_constant=room((paths, B)),
        exits=room((len(network.exits),), EXIT_ROWS),
        path_weight=room((paths, B)),
        countries=room((countries,), COUNTRY_ROWS),
        demands=room((demands,), DEMAND_ROWS),
        regions=room((regions,), REGION_ROWS),
        markets=room((len(network.transits) + 1,), MARKET_ROWS),
        links=room((links,), LINK_ROWS),
        segments=room((segments,), SEGMENT_ROWS),
        books=room((segments,), BOOK_ROWS),
        sections=room((sections,), SECTION_ROWS),
        section_sums=room((1,), SECTION_SUMS),
        link_pricing=room((1,), LINK_PRICING),
        link_results=room((1,), LINK_RESULTS),
        region_results=room((1,), REGION_RESULTS),
        paths=room((paths,), PATH_ROWS),
        price=room((2, segments, B)),
        segment_flow=room((2, segments, B)),
        path_unavailability=room((paths, B)),
        path_rest=room((paths, B)),
        path_price=room((paths, B)),
        path_flow=room((paths, B)),
        path_open=room((paths, B)),
        path_keep=room((paths, B)),
        segment_keep=room((segments, B)),
        waves=room((int(network.market[0]["life_wave"]), segments, B)),
        equipment=room((longest_life(network, "equipment_tax_life"), sections, B)),
        losses=room((longest_life(network, "tax_loss_years"), sections, B)),
        in_run=room((links,), np.int64),
        start_t=room((links,)),
        waits=room((links,), np.int64),
        active=room((paths,), np.int64),
        open_access=room((countries,), np.int64),
        any_open=room((links,), np.int64),
        any_opened=room((links,), np.int64),
        full=room((segments,), np.int64),
        stale=room((segments,), np.int64),
        limited=room((paths,), np.int64),
        reference=room((references, years, regions, 2, B)),
    )
    return State(
        **arrays,
        country_start=country_start,
        segment_constants=aligned_copy(constants.segments),
        region_constants=aligned_copy(constants.regions),
        country_year_constants=aligned_copy(constants.country_years),
        standing_charge=aligned_copy(constants.standing_charge),
        path_external=aligned_copy(constants.path_external),
    )
