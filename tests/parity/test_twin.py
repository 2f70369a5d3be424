"""Identities that hold in the twin whatever the network, and its random numbers."""

from __future__ import annotations

import numpy as np
import pytest

from simmodel.inputs.model_inputs import ModelInputs
from tests.parity.drawing import drawn_parameters
from tests.parity.generated_networks import generate_inputs
from tests.parity.twin import simulate_twin
from tests.parity.twin_random import number_of_stream, philox_words, poisson_count

DRAWS = 4
Rows = np.ndarray
Case = tuple[ModelInputs, dict[tuple[str, str], Rows]]


@pytest.fixture(scope="module", params=[0, 1, 4, 7])
def number(request: pytest.FixtureRequest) -> int:
    return int(request.param)


@pytest.fixture(scope="module")
def case(number: int) -> Case:
    inputs = generate_inputs(number)
    return inputs, simulate_twin(inputs, drawn_parameters(inputs, draws=DRAWS), DRAWS, 0, inputs.seed)


@pytest.fixture(scope="module")
def own_case(number: int) -> Case:
    """The same with every section in the programme, so that links report all of their cash."""
    inputs = generate_inputs(number)
    inputs.network.sections["programme"] = 1.0
    return inputs, simulate_twin(inputs, drawn_parameters(inputs, draws=DRAWS), DRAWS, 0, inputs.seed)


def demand_of_paths(inputs: ModelInputs) -> Rows:
    demands = inputs.network.demands
    return np.repeat(np.arange(len(demands)), demands["last_path"] - demands["first_path"])


def test_buyers_pay_what_links_gateways_and_others_receive(case: Case) -> None:
    inputs, out = case
    transit = demand_of_paths(inputs) >= len(inputs.network.regions)
    by_path = 0.012 * out["paths", "path_flow"] * out["paths", "path_money"]
    paid = out["regions", "payment"].sum(axis=1) + by_path[:, transit].sum(axis=1)
    billed = (out["links", "billing"] + out["links", "anchor_billing"]).sum(axis=1)
    external = out["markets", "external_payment"][:, -1]
    received = billed + out["countries", "gateway_revenue"].sum(axis=1) + external
    np.testing.assert_allclose(paid, received, rtol=1e-12)


def test_every_demand_is_served_or_unserved(case: Case) -> None:
    inputs, out = case
    of_path = demand_of_paths(inputs)
    for r in range(len(inputs.network.regions)):
        served = out["paths", "path_flow"][:, of_path == r].sum(axis=1)
        np.testing.assert_allclose(
            served + out["regions", "unserved"][:, r], out["regions", "demand"][:, r], rtol=1e-12
        )


def test_no_segment_carries_more_than_its_maximum(case: Case) -> None:
    inputs, out = case
    maximum = inputs.network.segment_years["maximum"][None, :, :, None]
    assert (out["segments", "flow"] <= maximum * (1 + 1e-12)).all()


def test_sums_over_countries_are_sums_over_links(own_case: Case) -> None:
    _, out = own_case
    np.testing.assert_allclose(
        out["countries", "link_billing"].sum(axis=1), out["links", "billing"].sum(axis=1), rtol=1e-12
    )
    np.testing.assert_allclose(
        out["countries", "link_revenue"].sum(axis=1), out["links", "revenue"].sum(axis=1), rtol=1e-12
    )
    cost = out["links", "opex"] + out["links", "maintenance"] + out["links", "capex_economic"]
    np.testing.assert_allclose(out["countries", "resource_cost"].sum(axis=1), cost.sum(axis=1), rtol=1e-12)


def test_cash_over_the_horizon_is_revenue_less_everything_paid(own_case: Case) -> None:
    """Working capital is released in the end, so it leaves no trace in the sum."""
    inputs, out = own_case
    levy = inputs.network.countries["usf_levy"][None, :, None, None] * out["countries", "link_revenue"]
    paid = out["links", "opex"] + out["links", "maintenance"] + out["links", "tax"]
    expected = (out["links", "revenue"] - paid).sum(axis=(1, 2)) - levy.sum(axis=(1, 2))
    np.testing.assert_allclose(out["links", "cfads"].sum(axis=(1, 2)), expected, rtol=1e-10)


def test_a_neighbours_side_changes_what_links_report_and_nothing_else(case: Case, own_case: Case) -> None:
    (inputs, out), (_, own) = case, own_case
    cash = {"revenue", "revenue_usd", "opex", "opex_usd", "maintenance", "tax", "cfads"}
    for (table, name), values in out.items():
        if table == "sections":  # what a link pays tax on
            np.testing.assert_array_equal(
                values, own[table, name] * inputs.network.sections["programme"][:, None, None]
            )
        elif table != "links" or name not in cash:
            np.testing.assert_array_equal(values, own[table, name])
        elif name != "cfads":
            assert (values <= own[table, name] + 1e-12).all()
    sections = inputs.network.sections
    foreign = np.setdiff1d(
        sections["link"][sections["programme"] == 0.0], sections["link"][sections["programme"] == 1.0]
    )
    assert (out["links", "cfads"][:, foreign] == 0.0).all()
    differs = any((out["links", name] < own["links", name]).any() for name in cash)
    assert differs == bool((sections["programme"] == 0.0).any())


def test_base_year_is_what_was_observed(case: Case) -> None:
    inputs, out = case
    net, drawn = inputs.network, drawn_parameters(inputs, draws=DRAWS)
    for country in net.countries[:-1]:
        regions = slice(country["first_region"], country["last_region"])
        traffic = out["base", "demand"][regions].sum(axis=0)
        np.testing.assert_allclose(traffic, drawn[country["traffic_slot"]], rtol=1e-12)
    of_path = demand_of_paths(inputs)
    for o, demand in enumerate(net.demands[: len(net.regions)]):
        mine = of_path == o
        share = np.stack(
            [
                out["base", "share"][mine & (net.paths["exit"] == e)].sum(axis=0)
                for e in range(demand["first_exit"], demand["last_exit"])
            ]
        )
        observed = net.exits["observed_share"][demand["first_exit"] : demand["last_exit"]]
        seen = observed > 0
        np.testing.assert_allclose(share.sum(axis=0), 1.0, rtol=1e-12)
        np.testing.assert_allclose(
            share[seen] / share[seen].sum(axis=0), np.tile(observed[seen], (DRAWS, 1)).T, rtol=1e-12
        )


def test_runs_without_new_links_have_none_of_their_cash(case: Case) -> None:
    inputs, out = case
    candidate = inputs.network.links["candidate"] == 1
    for name in ("flow", "revenue", "capex", "capex_economic", "maintenance", "cfads", "open", "lit"):
        assert not out["links", name][:2, candidate].any()
    # Without co-deployment nothing is saved, so financial and economic cost are one.
    np.testing.assert_array_equal(out["links", "capex"][[2, 4]], out["links", "capex_economic"][[2, 4]])
    assert (out["links", "capex_economic"] <= out["links", "capex"] * (1 + 1e-12)).all()


def test_philox_gives_the_published_words() -> None:
    """Known answers of the authors' own distribution (Random123, kat_vectors): all bits 0, and all bits 1."""
    zeros = philox_words(0, np.array([0]), 0, 0)[:, 0]
    assert [f"{word:08x}" for word in zeros] == ["6627e8d5", "e169c58d", "bc57ac4c", "9b00dbd8"]
    ones = philox_words(2**64 - 1, np.array([2**32 - 1]), 2**64 - 1, 2**16 - 1, 2**16 - 1)[:, 0]
    assert [f"{word:08x}" for word in ones] == ["408f276d", "41c83b0e", "a20bc7c6", "6d5451fd"]


def test_streams_are_numbered_by_their_names() -> None:
    assert number_of_stream("a") != number_of_stream("b")
    assert 0 <= number_of_stream("country/KAZ/macro") < 2**64


def test_poisson_counts_have_their_mean_and_variance() -> None:
    uniform = (np.arange(100_000) + 0.5) / 100_000
    for rate in (0.0, 0.2, 3.0):
        count = poisson_count(uniform, np.full_like(uniform, rate))
        assert count.mean() == pytest.approx(rate, abs=1e-4)
        assert count.var() == pytest.approx(rate, abs=1e-3)
