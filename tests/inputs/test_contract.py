"""The arrays of the flagship keep the contract of `model_inputs`."""

from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import NDArray

from simmodel.inputs.build import BuiltInputs, build_inputs
from simmodel.inputs.model_inputs import CHANNELS, RUNS, Network
from simmodel.scenario.schema import Scenario

LISTS = [
    ("countries", "region", "regions"),
    ("countries", "effect", "effects"),
    ("demands", "path", "paths"),
    ("demands", "exit", "exits"),
    ("demands", "zone", "demand_zones"),
    ("paths", "piece", "path_segments"),
    ("paths", "link", "path_links"),
    ("paths", "crossing", "path_crossings"),
    ("paths", "zone", "path_zones"),
    ("links", "segment", "segments"),
    ("links", "section", "sections"),
    ("links", "demand", "link_demands"),
    ("sections", "segment", "segments"),
]


@pytest.fixture(scope="module")
def network(built: BuiltInputs) -> Network:
    return built.inputs.network


@pytest.mark.parametrize(("owner", "name", "items"), LISTS)
def test_lists_follow_one_another(network: Network, owner: str, name: str, items: str) -> None:
    records, length = getattr(network, owner), len(getattr(network, items))
    first, last = records[f"first_{name}"], records[f"last_{name}"]
    assert (first <= last).all()
    assert first[0] == 0
    assert last[-1] == length
    assert (first[1:] == last[:-1]).all()


def test_arrays_are_finite_and_contiguous(network: Network) -> None:
    for name, array in zip(Network._fields, network, strict=True):
        assert array.flags.c_contiguous, name
        for field in array.dtype.names or ():
            assert np.isfinite(array[field]).all(), f"{name}.{field}"
        if array.dtype.names is None:
            assert np.isfinite(array).all(), name


def indices_in_range(values: NDArray[np.int64], count: int, least: int = 0) -> bool:
    return bool((values >= least).all() and (values < count).all())


def test_indices_point_at_something(network: Network) -> None:
    n = network
    assert indices_in_range(n.path_segments, len(n.segments))
    assert indices_in_range(n.path_links["link"], len(n.links))
    assert indices_in_range(n.path_crossings, len(n.countries) - 1)
    assert indices_in_range(n.path_zones["zone"], len(n.zones))
    assert indices_in_range(n.paths["exit"], len(n.exits))
    assert indices_in_range(n.segments["link"], len(n.links))
    assert indices_in_range(n.segments["section"], len(n.sections))
    assert indices_in_range(n.segments["country"], len(n.countries))
    assert indices_in_range(n.segments["zone"], len(n.zones), least=-1)
    assert indices_in_range(n.segments["border"], len(n.borders), least=-1)
    assert indices_in_range(n.links["host"], len(n.hosts), least=-1)
    assert indices_in_range(n.effects["channel"], len(CHANNELS))
    assert n.zones[-1, 1] == len(n.hazards)
    assert len(n.runs) == len(RUNS)


def test_sections_agree_with_their_segments(network: Network) -> None:
    for number, section in enumerate(network.sections):
        rows = network.segments[section["first_segment"] : section["last_segment"]]
        assert (rows["section"] == number).all()
        assert (rows["country"] == section["country"]).all()
        assert (rows["link"] == section["link"]).all()


def test_works_shares_sum_to_one(network: Network) -> None:
    by_section = np.bincount(network.sections["link"], network.sections["works_share"])
    by_segment = np.bincount(network.segments["link"], network.segments["works_share_in_link"])
    assert by_section == pytest.approx(np.ones(len(network.links)))
    assert by_segment == pytest.approx(np.ones(len(network.links)))


def test_observed_shares_sum_to_one_and_lead_somewhere_today(network: Network) -> None:
    today = np.bincount(network.paths["exit"][network.paths["today"] == 1], minlength=len(network.exits))
    for demand in network.demands:
        own = slice(demand["first_exit"], demand["last_exit"])
        shares = network.exits["observed_share"][own]
        assert shares.sum() == pytest.approx(1.0)
        assert (today[own][shares > 0.0] > 0).all()


def test_every_region_has_a_way_by_land_today_and_a_satellite(network: Network) -> None:
    for demand in network.demands[: len(network.regions)]:
        own = network.paths[demand["first_path"] : demand["last_path"]]
        assert ((own["kind"] == 0) & (own["today"] == 1)).any()
        assert (own["kind"] == 1).sum() == 1


def test_path_lists_match_its_segments(network: Network) -> None:
    for path in network.paths:
        pieces = network.path_segments[path["first_piece"] : path["last_piece"]]
        rows = network.path_links[path["first_link"] : path["last_link"]]
        assert len(set(pieces)) == len(pieces)
        assert sorted(set(network.segments["link"][pieces])) == sorted(rows["link"])
        assert rows["km"].sum() == pytest.approx(network.segments["km"][pieces].sum())
        new = network.links["candidate"][rows["link"]].any()
        assert path["has_candidate"] == new
        assert path["today"] == (not new)
        assert 0.0 < path["path_size"] <= 1.0 + 1e-12


def test_link_demands_are_those_with_a_path_over_the_link(network: Network) -> None:
    for number, link in enumerate(network.links):
        listed = network.link_demands[link["first_demand"] : link["last_demand"]]
        expected = {
            place
            for place, demand in enumerate(network.demands)
            for path in network.paths[demand["first_path"] : demand["last_path"]]
            if number in network.path_links["link"][path["first_link"] : path["last_link"]]
        }
        assert set(listed.tolist()) == expected


def test_every_candidate_is_on_a_path(network: Network) -> None:
    candidates = network.links[network.links["candidate"] == 1]
    assert (candidates["last_demand"] > candidates["first_demand"]).all()


def test_prices_and_costs_lie_where_they_belong(network: Network) -> None:
    new = network.links["candidate"][network.segments["link"]] == 1
    segments = network.segments
    assert (segments["base_price_regional"][new] == 0.0).all()
    assert (segments["base_price_regional"][~new] > 0.0).all()
    assert (segments["row_musd"][~new] == 0.0).all()
    assert (segments["other_musd"][~new] == 0.0).all()
    assert (segments["asset_base_share"][new] == 1.0).all()
    assert (segments["replacement_musd"] > 0.0).all()
    assert (network.segment_years["maximum"] > 0.0).all()
    assert (segments["wave_annuity"] > 0.0).all()
    assert (network.links["construction_years"][network.links["candidate"] == 1] > 0.0).all()


def test_link_price_is_shared_out_by_km(scenario: Scenario, built: BuiltInputs) -> None:
    network, names = built.inputs.network, built.inputs.names
    number = names.links.index("rawalpindi_karachi")
    own = network.segments["link"] == number
    price = scenario.links["rawalpindi_karachi"].price_t0
    assert price is not None
    assert network.segments["base_price_regional"][own].sum() == pytest.approx(price.value)
    assert network.links["length_km"][number] == pytest.approx(1500.0)


def test_names_are_unique_and_as_many_as_the_records(built: BuiltInputs) -> None:
    names, network = built.inputs.names, built.inputs.network
    for label in ("countries", "regions", "transits", "links", "segments", "exits", "paths", "hazards", "hosts"):
        own = getattr(names, label)
        assert len(set(own)) == len(own) == len(getattr(network, label))


def test_kazakhstan_goes_through_russia(built: BuiltInputs) -> None:
    """Internet Society: 95 percent of its international traffic; the splits by hub leave 6 percent for Asia."""
    names, network = built.inputs.names, built.inputs.network
    by_russia = [
        share
        for name, share in zip(names.exits, network.exits["observed_share"], strict=True)
        if name.startswith("ALA/") and name.endswith("@RUS")
    ]
    assert sum(by_russia) > 0.9


def test_reforms_act_by_country_and_the_one_row_left_out_is_told(built: BuiltInputs) -> None:
    network = built.inputs.network
    assert len(network.effects) == 160
    assert sum("price_t0_usd_per_mbps_month" in line for line in built.warnings) == 1
    regional = CHANNELS.index("overrun_ratio")
    assert (network.effects["channel"] == regional).sum() == len(network.countries) - 1
    slots = set(network.effects["success_slot"][network.effects["channel"] == regional].tolist())
    assert len(slots) == 1


def test_streams_do_not_depend_on_the_links_of_the_study(scenario: Scenario, built: BuiltInputs) -> None:
    links = {
        slug: link.model_copy(update={"include": False}) if slug == "casa_1000" else link
        for slug, link in scenario.links.items()
    }
    other = build_inputs(scenario.model_copy(update={"links": links})).inputs
    assert set(other.names.segments) < set(built.inputs.names.segments)
    ours = dict(built.inputs.slots)
    assert all(ours[name] == marginal for name, marginal in other.slots)


def test_segments_of_a_link_hang_together(scenario: Scenario, built: BuiltInputs) -> None:
    for slug, link in scenario.links.items():
        for before, after in pairwise(link.segments):
            assert before.to_node == after.from_node, slug
        ends = [name.split("/")[1].split("-") for name in built.inputs.names.segments if name.split("/")[0] == slug]
        assert all(before[1] == after[0] for before, after in pairwise(ends)), slug
