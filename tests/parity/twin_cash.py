"""Section 10: revenue, costs, tax and cash of the sections of links."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tests.parity.twin_network import Rows, Setting
from tests.parity.twin_shocks import HOURS, World


@dataclass(slots=True)
class TaxBooks:
    """What tax remembers of the sections.

    Attributes
    ----------
    civil, equipment : (sections, years, draws) additions by year, for straight lines
    civil_pool, equipment_pool : (sections, draws) declining balances
    losses : (sections, years, draws) losses not yet used, by the year they arose
    working_capital : (sections, draws) of the year before
    """

    civil: Rows
    equipment: Rows
    civil_pool: Rows
    equipment_pool: Rows
    losses: Rows
    working_capital: Rows


def start_tax(setting: Setting) -> TaxBooks:
    """No history: existing assets are capitalised in the first year."""
    by_year = (len(setting.net.sections), setting.years, setting.draws)
    flat = (by_year[0], by_year[2])
    return TaxBooks(
        np.zeros(by_year), np.zeros(by_year), np.zeros(flat), np.zeros(flat), np.zeros(by_year), np.zeros(flat)
    )


@dataclass(slots=True)
class SegmentCash:
    """One year of the segments, (segments, draws), nominal musd."""

    billing: Rows
    revenue: Rows
    revenue_usd: Rows
    opex: Rows
    opex_usd: Rows
    waves: Rows
    renewals: Rows
    repairs: Rows


def bill_segments(
    setting: Setting, world: World, t: int, flow: tuple[Rows, Rows], price: Rows, opened: Rows, revoked: Rows, e: Rows
) -> tuple[Rows, Rows, Rows]:
    """(segments, draws) gross billing, revenue and its hard-currency part; `revoked`: share of the year lost."""
    anchor = setting.net.links["anchor_gbps"][setting.link_of][:, None] * opened
    regional = 0.012 * price[:, 0] * np.maximum(flow[0] - anchor, 0.0)
    transit = 0.012 * price[:, 1] * flow[1]
    out = world.hours[:, t] / HOURS
    after = (1.0 - out) * (1.0 - revoked)
    credit = setting.constant("sla_credit_multiple") * np.maximum(out - (1.0 - setting.constant("sla_target")), 0.0)
    received = after - np.minimum(credit, after)
    dollars = setting.constant("usd_revenue_share")
    local = (1.0 - dollars) * e ** (setting.constant("fx_indexation") - 1.0)
    revenue = regional * received * (dollars + local) + transit * received
    return regional + transit, revenue, regional * received * dollars + transit * received


def opex_of_segments(setting: Setting, t: int, lit: Rows, q: Rows, opened: Rows, e: Rows) -> tuple[Rows, Rows]:
    """(segments, draws) operating cost and its hard-currency part."""
    s = setting.net.segments
    active = lit * (s["wave_capex_usd"] * 1e-6)[:, None] + s["terminal_musd"][:, None]
    fixed = s["opex_fixed_musd"][:, None] * setting.net.years[t]["us_index"]
    cost = opened * (fixed + setting.constant("opex_active_share") * active * q)
    dollars = setting.constant("opex_usd_share")
    return cost * (dollars + (1.0 - dollars) / e), cost * dollars


def renew_terminals(setting: Setting, t: int, open_t: Rows, q: Rows) -> Rows:
    """(segments, draws) cost of terminals that reach the end of their life in year t."""
    s = setting.net.segments
    life = setting.net.market[0]["life_terminal"]
    age = t - open_t[setting.link_of]
    due_new = (age > 0) & (np.mod(age, life) == 0)
    due_existing = ((t + s["terminal_offset"]) % life == 0)[:, None]
    due = np.where(setting.candidate[setting.link_of][:, None], due_new, due_existing)
    return due * s["terminal_musd"][:, None] * q


def depreciate(additions: Rows, pool: Rows, t: int, life: float, rate: float) -> Rows:
    """(draws,) tax depreciation of year t of one section and class; `pool` is reduced in place."""
    if life > 0:
        first = max(t - int(life) + 1, 0)
        return additions[first : t + 1].sum(axis=0) / life
    pool += additions[t]
    allowance = rate * pool
    pool -= allowance
    return allowance


def use_losses(losses: Rows, t: int, years: float, profit: Rows) -> Rows:
    """(draws,) losses of earlier years set against a profit, oldest first; a loss of this year is stored."""
    left = np.maximum(profit, 0.0)
    for old in range(max(t - int(years), 0), t):
        used = np.minimum(losses[old], left)
        losses[old] -= used
        left = left - used
    losses[t] = np.maximum(-profit, 0.0)
    return np.maximum(profit, 0.0) - left


def tax_of_section(
    setting: Setting, books: TaxBooks, k: int, t: int, ebitda: Rows, repairs: Rows, equipment: Rows, civil: Rows
) -> tuple[Rows, Rows]:
    """(draws,) tax of one section and the profit before losses; `equipment`, `civil`: capitalised this year."""
    net = setting.net
    section = net.sections[k]
    country = net.countries[section["country"]]
    books.civil[k, t] = civil
    books.equipment[k, t] = equipment
    if t == 0 and not setting.candidate[section["link"]]:
        s = net.segments[section["first_segment"] : section["last_segment"]]
        books.civil[k, 0] += (s["asset_base_share"] * (s["civil_musd"] + s["terminal_musd"])).sum()
    allowance = depreciate(
        books.civil[k], books.civil_pool[k], t, country["civil_tax_life"], country["civil_tax_rate"]
    ) + depreciate(
        books.equipment[k], books.equipment_pool[k], t, country["equipment_tax_life"], country["equipment_tax_rate"]
    )
    profit = ebitda - repairs - allowance
    used = use_losses(books.losses[k], t, country["tax_loss_years"], profit)
    return country["tax_rate"] * np.maximum(profit - used, 0.0), profit


def working_capital_change(setting: Setting, books: TaxBooks, k: int, t: int, revenue: Rows, opex: Rows) -> Rows:
    """(draws,) cash tied up this year; the last year releases everything."""
    receivable, payable = setting.constant("receivable_days"), setting.constant("payable_days")
    now = revenue * receivable / 365.0 - opex * payable / 365.0
    if t == setting.years - 1:
        now = np.zeros_like(now)
    change = now - books.working_capital[k]
    books.working_capital[k] = now
    return change
