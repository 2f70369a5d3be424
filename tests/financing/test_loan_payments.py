"""Payments of loans and what follows from them: steps, grace rates, bullets, sculpting, basis of the grant element."""

from __future__ import annotations

from functools import cache

import numpy as np
import numpy_financial as npf
import pytest

from simmodel.errors import DataError
from simmodel.financing.loan_payments import loan_payments
from simmodel.financing.terms import OfferedInstrument, offered_instruments
from simmodel.scenario import load_scenario
from simmodel.scenario.schema import Scenario
from simmodel.scenario.schema_finance import Instrument


@cache
def flagship(*overrides: str) -> Scenario:
    return load_scenario("almaty", overrides=overrides)


def changed(name: str, **changes: object) -> Instrument:
    return flagship().instruments[name].model_copy(update=changes)


def offers(*overrides: str) -> dict[str, OfferedInstrument]:
    offered = offered_instruments(flagship(*overrides), public_money=True, risk_cover=True)
    return {offer.instrument.id: offer for offer in offered}


@pytest.mark.parametrize("name", ["ida_40y", "ida_blend", "adb_colA", "ibrd", "bank_usd", "eca_buyer", "bond_green"])
def test_lender_earns_his_rate(name: str) -> None:
    """The internal rate of the payments of one unit, drawn half a year before the first of them, is the loan's rate."""
    row, rate = changed(name, grace_rate=None), 0.05
    payments, interest = loan_payments(row, rate)
    principal = payments - interest
    assert principal.sum() == pytest.approx(1.0, abs=1e-9)
    balance = 1.0 - np.concatenate([[0.0], np.cumsum(principal)[:-1]])
    assert interest[0] == pytest.approx(0.5 * rate)
    assert interest[1:] == pytest.approx(rate * balance[1:], abs=1e-12)


def test_steps_repay_as_written() -> None:
    """Two per cent a year for ten years, then four for twenty: the profile of an older credit."""
    row = changed("ida_40y", repayment_profile="custom:0.02 years 11-20; 0.04 years 21-40")
    payments, interest = loan_payments(row, 0.0075)
    principal = payments - interest
    assert principal[:10] == pytest.approx(np.zeros(10))
    assert principal[10:20] == pytest.approx(np.full(10, 0.02))
    assert principal[20:40] == pytest.approx(np.full(20, 0.04))
    assert principal[40:].sum() == pytest.approx(0.0)


@pytest.mark.parametrize("text", ["custom:0.05 years 6-15", "custom:0.1 years 6-10; 0.1 years 12-16", "custom:all"])
def test_steps_that_do_not_repay_are_refused(text: str) -> None:
    with pytest.raises(DataError, match="repayment steps"):
        loan_payments(changed("ida_blend", repayment_profile=text), 0.02)


def test_lower_rate_in_grace() -> None:
    row = flagship().instruments["adb_colA"]
    payments, interest = loan_payments(row, 0.015)
    assert interest[0] == pytest.approx(0.005)
    assert interest[1:8] == pytest.approx(np.full(7, 0.01))
    assert interest[8] == pytest.approx(0.015)
    assert payments[8] - interest[8] == pytest.approx(1.0 / 24.0)
    offer = offers()["adb_colA"]
    assert offer.instrument.grant_element == pytest.approx(0.4547, abs=0.004)  # published: paid half-yearly


def test_bullet_is_paid_at_the_end() -> None:
    payments, interest = loan_payments(flagship().instruments["bond_green"], 0.0775)
    assert np.flatnonzero(payments - interest).tolist() == [4]
    offer = offers()["bond_green"]
    rate = flagship().instruments["bond_green"].fixed_rate
    assert rate is not None
    value = npf.npv(0.05, [0.5 * rate.value, *[rate.value] * 3, 1.0 + rate.value])
    by_hand = 1.0 - value / 1.05**0.5 - 0.0075
    assert offer.instrument.grant_element == pytest.approx(by_hand, abs=1e-12)


def test_basis_of_the_grant_element_moves_the_debt_rules_and_not_the_cash() -> None:
    contract = offers()
    drawing_rights = offers("financing.grant_element_basis=sdr_equivalent")
    for name, published in (("ida_blend", 0.352150), ("ida_reg", 0.486939)):
        assert drawing_rights[name].instrument.grant_element == pytest.approx(published, abs=0.004)
        assert drawing_rights[name].instrument.grant_element > contract[name].instrument.grant_element
        assert np.array_equal(drawing_rights[name].payments, contract[name].payments)
    assert drawing_rights["ibrd"].instrument == contract["ibrd"].instrument


def test_sculpted_loan_leaves_its_profile_to_the_plan() -> None:
    scenario = flagship()
    row = changed("bank_usd", repayment_profile="sculpted")
    sculpted = scenario.model_copy(update={"instruments": {**scenario.instruments, "bank_usd": row}})
    found = {o.instrument.id: o for o in offered_instruments(sculpted, public_money=False, risk_cover=False)}
    offer = found["bank_usd"]
    rate = offer.instrument.sculpted_rate
    assert rate is not None and rate > 0.0
    assert offer.instrument.sculpted_tenor_years == 6
    assert offer.payments[1:] == pytest.approx(np.full(45, rate))
    public = changed("ibrd", repayment_profile="sculpted")
    refused = scenario.model_copy(update={"instruments": {**scenario.instruments, "ibrd": public}})
    with pytest.raises(DataError, match="sculpted"):
        offered_instruments(refused, public_money=True, risk_cover=False)
