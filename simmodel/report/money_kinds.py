"""Kinds of money in a financing plan, as people read them."""

from __future__ import annotations

from simmodel.report.financing_view import FinancingView, PlanRowView

KIND_WORDS = {
    "equity": "equity",
    "iru": "presales (IRU)",
    "commercial_debt": "commercial loans",
    "public_debt": "public and concessional loans",
    "grant": "grants",
    "guarantee": "guarantees (not a source)",
}


def kind_of_money(row: PlanRowView) -> str:
    """Return the kind of a row of the plan; debt is commercial when its lender is private."""
    if row.group == "debt":
        return "commercial_debt" if row.is_private else "public_debt"
    return row.group


def commitments_by_kind(financing: FinancingView, *, country: str = "", link: str = "") -> dict[str, float]:
    """Return the commitments by kind, of one country or link if named [nominal musd]."""
    total: dict[str, float] = {}
    for row in financing.plan:
        if (not country or row.country == country) and (not link or row.link == link):
            kind = kind_of_money(row)
            total[kind] = total.get(kind, 0.0) + row.commitment_musd
    return total


def draws_by_kind(financing: FinancingView, us_index: dict[int, float], *, country: str) -> dict[str, float]:
    """Return the money drawn in a country by kind [constant musd]; `us_index` is by calendar year."""
    total: dict[str, float] = {}
    for row in financing.plan:
        if row.country == country:
            drawn = sum(amount / us_index[year] for year, amount in row.draw_musd)
            total[kind_of_money(row)] = total.get(kind_of_money(row), 0.0) + drawn
    return total
