"""Signs that economics demands of the engine, whatever the network."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from simmodel.inputs.marginals import Marginal, fixed
from simmodel.inputs.model_inputs import CHANNELS, EFFECT, OPERATIONS, REGIMES, RUNS, ModelInputs
from tests.parity.agreement import simulate_everything
from tests.parity.generated_networks import generate_inputs
from tests.parity.generated_objects import rows_of

DRAWS = 4
ROUNDING = 1e-12
numbers = st.integers(min_value=0, max_value=10_000)
few = settings(max_examples=8)
# (run with the portfolio, the same without it)
PORTFOLIO_RUNS = tuple(
    (RUNS.index(more), RUNS.index(less))
    for more, less in (
        ("portfolio", "without"),
        ("portfolio_codeploy", "without"),
        ("portfolio_reform", "reform_only"),
        ("with", "reform_only"),
    )
)


# ----------------------------------------------------------------------------------------------- changes to a network


def change(inputs: ModelInputs, table: str, **columns: Any) -> ModelInputs:
    """The same network with other values in columns of one table."""
    rows = getattr(inputs.network, table).copy()
    for name, value in columns.items():
        rows[name] = value
    return inputs._replace(network=inputs.network._replace(**{table: rows}))


def change_slot(inputs: ModelInputs, name: str, marginal: Marginal) -> ModelInputs:
    """The same network with another distribution of one parameter."""
    assert name in dict(inputs.slots)
    return inputs._replace(slots=tuple((n, marginal if n == name else m) for n, m in inputs.slots))


def drop_open_access(inputs: ModelInputs) -> ModelInputs:
    """The same network where nobody opens access: the reforms that did act on something the engine does not use."""
    base = inputs.network.channel_base.copy()
    base[:, CHANNELS.index("open_access")] = 0.0
    channel = inputs.network.effects["channel"]
    spread = CHANNELS.index("debt_spread_add")
    inputs = change(inputs, "effects", channel=np.where(channel == CHANNELS.index("open_access"), spread, channel))
    return inputs._replace(network=inputs.network._replace(channel_base=base))


def hold_prices(inputs: ModelInputs) -> ModelInputs:
    """The same network where prices of existing links stay what they were: a cap at them, and no way down."""
    inputs = drop_open_access(inputs)
    inputs = change(inputs, "segments", regime=REGIMES.index("price_cap"))
    inputs = change(inputs, "years", us_inflation=0.0)
    return change(inputs, "market", price_cap_x=0.0, glide=0.0, review_years=1000)


def with_more_gateways(inputs: ModelInputs, operators: float) -> ModelInputs:
    """The same network whose only reform, certain and at once, lets more operators into every country's gateway."""
    first = len(inputs.slots)
    slots = (("reforms/entry", fixed(operators)), ("reforms/at_once", fixed(0.0)))
    effect = {
        "channel": CHANNELS.index("gateways"),
        "operation": OPERATIONS.index("add"),
        "effect_slot": first,
        "lag_slot": first + 1,
        "success_slot": first + 1,
        "start_t": 0.0,
        "probability": 1.0,
    }
    count = len(inputs.network.countries) - 1
    order = np.minimum(np.arange(count + 2), count)
    inputs = change(inputs, "countries", first_effect=order[:-1], last_effect=order[1:])
    network = inputs.network._replace(effects=rows_of(EFFECT, [effect] * count))
    return inputs._replace(network=network, slots=inputs.slots + slots)


def never_above(lower: NDArray[np.float64], upper: NDArray[np.float64], tolerance: float = ROUNDING) -> bool:
    """Whether no value is above its counterpart by more than a share of it."""
    return bool((lower <= upper + tolerance * np.abs(upper)).all())


# ------------------------------------------------------------------------------------------------------------- signs


@few
@given(number=numbers)
def test_a_new_path_never_raises_the_price_index_where_prices_are_held(number: int) -> None:
    inputs = hold_prices(generate_inputs(number))
    out = simulate_everything(inputs, draws=DRAWS)
    existing = inputs.network.links["candidate"] == 0
    price = out["links", "price_regional"][:, existing]
    np.testing.assert_allclose(price, np.broadcast_to(price[:1, :, :1, :1], price.shape), rtol=1e-12)
    for more, less in PORTFOLIO_RUNS:
        assert never_above(out["regions", "price_index"][more], out["regions", "price_index"][less])
        assert never_above(out["regions", "wholesale_price"][more], out["regions", "wholesale_price"][less])


@few
@given(number=numbers)
def test_the_portfolio_raises_no_wholesale_price_by_much_where_prices_answer(number: int) -> None:
    """Within 5 %: a new path lets traffic jump, and until contracts end the old links have their part of it."""
    out = simulate_everything(generate_inputs(number), draws=DRAWS)
    for more, less in PORTFOLIO_RUNS:
        assert never_above(out["regions", "wholesale_price"][more], out["regions", "wholesale_price"][less], 0.05)


@few
@given(number=numbers)
def test_more_operators_never_raise_a_price(number: int) -> None:
    """At once for links (afterwards traffic and costs have moved too), in every year for the gateway margin."""
    inputs = drop_open_access(generate_inputs(number))
    reformed = RUNS.index("reform_only")
    few_more = simulate_everything(with_more_gateways(inputs, 1.0), draws=DRAWS)
    many_more = simulate_everything(with_more_gateways(inputs, 3.0), draws=DRAWS)
    for name in ("price_regional", "price_transit"):
        price = few_more["links", name]
        assert never_above(many_more["links", name][:, :, 0], price[:, :, 0])
        assert never_above(price[reformed, :, 0], price[RUNS.index("without"), :, 0])
    margin = few_more["countries", "gateway_margin"]
    assert never_above(many_more["countries", "gateway_margin"], margin)
    assert never_above(margin[reformed], margin[RUNS.index("without")])


@few
@given(number=numbers)
def test_a_border_closed_more_often_never_raises_the_traffic_served(number: int) -> None:
    """Buyers who do not care for reliability stay, so that all that changes is what gets through."""
    inputs = change_slot(generate_inputs(number), "parameters/value_of_reliability", fixed(0.0))
    borders = inputs.network.borders
    worse = change(
        inputs, "borders", closure_rate=borders["closure_rate"] + 1.0, closure_hours=2.0 * borders["closure_hours"]
    )
    served = []
    for case in (inputs, worse):
        out = simulate_everything(case, draws=DRAWS)
        served.append(out["regions", "demand"] - out["regions", "unserved"] - out["regions", "lost"])
    assert never_above(served[1], served[0])


@few
@given(number=numbers)
def test_a_worse_hazard_never_raises_availability(number: int) -> None:
    inputs = generate_inputs(number)
    hazards = inputs.network.hazards
    more = (("trend", 0.02), ("outage_median", 50.0), ("damage_mean", 0.1))
    before = simulate_everything(inputs, draws=DRAWS)
    for name, addition in more:
        worse = simulate_everything(change(inputs, "hazards", **{name: hazards[name] + addition}), draws=DRAWS)
        assert never_above(worse["links", "availability"], before["links", "availability"])
    availability = before["links", "availability"]
    assert (availability >= 0.0).all() and (availability <= 1.0).all()


@few
@given(number=numbers)
def test_cheaper_exits_never_lower_traffic(number: int) -> None:
    """Exits that become cheaper every year, with prices of links held, on segments that do not fill up."""
    inputs = hold_prices(generate_inputs(number))
    inputs = change(inputs, "segment_years", maximum=1e9)
    inputs = change(inputs, "countries", tourist_years=0.0)  # else a visitor's use is spread over more residents
    paths = inputs.network.paths
    cheaper = change(inputs, "paths", relative_decline=np.where(paths["kind"] == 0, 0.9, paths["relative_decline"]))
    runs = [RUNS.index("without"), RUNS.index("reform_only")]
    before, after = simulate_everything(inputs, draws=DRAWS), simulate_everything(cheaper, draws=DRAWS)
    assert never_above(after["regions", "price_index"][runs], before["regions", "price_index"][runs])
    assert never_above(before["regions", "demand"][runs], after["regions", "demand"][runs])
    assert never_above(after["markets", "outside_share"][runs, :-1], before["markets", "outside_share"][runs, :-1])


@pytest.mark.slow
def test_the_portfolio_of_the_flagship_raises_no_wholesale_price(repository_root: Path) -> None:
    """With prices free to answer: within one part in a thousand on average over draws, and two in a hundred in any."""
    from simmodel.inputs import build_model_inputs
    from simmodel.scenario import load_scenario

    inputs = build_model_inputs(load_scenario(repository_root / "scenarios" / "almaty.yaml"))
    price = simulate_everything(inputs, draws=64)["regions", "wholesale_price"]
    for more, less in PORTFOLIO_RUNS:
        assert never_above(price[more].mean(axis=-1), price[less].mean(axis=-1), 1e-3)
        assert never_above(price[more], price[less], 0.02)
