"""Capacity, running costs, revenue, tax and cash of links (docs/model.md, sections 9 and 10)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from benchmarks.numpy_twin.chunk import Chunk, Rows, View, annuities, columns
from benchmarks.numpy_twin.prices import BILLING, Books
from tests.parity.twin_shocks import HOURS


@dataclass(slots=True)
class Plant:
    """Waves of segments and tax books of sections; (objects, draws), histories (years, objects, draws)."""

    waves: Rows
    added: Rows
    capital: Rows
    civil_pool: Rows
    equipment_pool: Rows
    invested: Rows
    losses: Rows
    losses_made: Rows
    losses_removed: Rows
    working_capital: Rows


def start_plant(c: Chunk, view: View) -> Plant:
    """The base year."""
    s, draws, years = view.segment, c.draws, c.setting.years
    stock = np.where(view.new_segment, 0.0, s["asset_base_share"] * (s["civil_musd"] + s["terminal_musd"]))
    flat, history = (len(view.section), draws), (years, len(view.section), draws)
    return Plant(
        waves=np.repeat(np.where(view.new_segment, 0.0, s["lit0_waves"])[:, None], draws, axis=1),
        added=np.zeros((years, len(s), draws)),
        capital=np.zeros(flat),
        civil_pool=np.repeat((view.by_section @ stock)[:, None], draws, axis=1),
        equipment_pool=np.zeros(flat),
        invested=np.zeros(history),
        losses=np.zeros(flat),
        losses_made=np.zeros(history),
        losses_removed=np.zeros(flat),
        working_capital=np.zeros(flat),
    )


@dataclass(slots=True)
class Costs:
    """One year of the segments, (segments, draws), nominal musd."""

    opex: Rows
    opex_usd: Rows
    equipment: Rows
    repairs: Rows


def step_capacity(
    c: Chunk, view: View, books: Books, plant: Plant, t: int, load: Rows, opened: Rows, open_t: Rows, e: Rows
) -> Costs:
    """Light waves, renew terminals, pay running costs and repairs, roll the regulator's accounts on."""
    s, market, q = view.segment, c.setting.net.market[0], c.q[t]
    us_index = float(c.setting.net.years[t]["us_index"])
    life, optics = int(market["life_wave"]), 1.0 + c.constant("mea_trend_optics")
    terminal, fixed = columns(s, "terminal_musd", "opex_fixed_musd")
    wave = s["wave_capex_usd"][:, None] * 1e-6
    if t >= life:
        gone, bought = plant.added[t - life], c.q[t - life]
    else:
        gone = np.where(view.new_segment, 0.0, s["lit0_waves"] / life)[:, None]
        bought = np.full(c.draws, optics ** (t + 1 - life))
    needed = load * (1.0 + c.headroom)
    needed /= c.constant("wave_gbps")
    needed -= 1e-9
    np.ceil(needed, out=needed)
    np.maximum(needed, 1.0, out=needed)
    plant.waves -= gone
    needed -= plant.waves
    np.maximum(needed, 0.0, out=needed)
    added = np.multiply(needed, opened, out=plant.added[t])
    plant.waves += added

    age = t - open_t
    due_new = (age > 0) & (np.mod(age, int(market["life_terminal"])) == 0)
    due_old = ((t + s["terminal_offset"]) % int(market["life_terminal"]) == 0)[:, None]
    renewals = np.where(view.new_segment[:, None], due_new[view.link_of], due_old) * (terminal * q)
    equipment = added * (wave * q)
    factor = annuities(s["wacc"], optics - 1.0, life)
    books.civil *= 1.0 + c.constant("mea_trend_civil")
    books.terminal *= optics
    books.waves *= optics
    books.waves += factor * equipment
    books.waves -= (factor * wave * optics**life) * (gone * bought)
    equipment += renewals
    books.gross += equipment
    books.rab += equipment
    books.depreciation = np.minimum(books.gross / c.constant("life_cable"), books.rab)
    books.rab -= books.depreciation

    cost = plant.waves * wave
    cost += terminal
    cost *= c.constant("opex_active_share") * q
    cost += fixed * us_index
    cost *= opened
    dollars = c.constant("opex_usd_share")
    books.opex = cost * (dollars + (1.0 - dollars) / e)[s["country"]]
    repairs = c.damage[t][view.segments] * s["replacement_musd"][:, None]
    repairs += c.cut_cost[t][view.segments]
    repairs *= us_index * opened
    return Costs(books.opex, cost * dollars, equipment, repairs)


def bill(c: Chunk, view: View, t: int, loads: list[Rows], price: list[Rows], opened: Rows) -> tuple[Rows, Rows, Rows]:
    """(segments, draws) gross billing, hard-currency revenue, local-currency revenue before the exchange rate."""
    s = view.segment
    revoked = c.revoked[t][view.sections[view.section_of]]
    anchor = view.link["anchor_gbps"][view.link_of][:, None]
    regional = loads[0] - anchor * opened
    np.maximum(regional, 0.0, out=regional)
    regional *= price[0]
    regional *= BILLING
    transit = loads[1] * price[1]
    transit *= BILLING
    out = c.hours[t][view.segments] / HOURS
    received = (1.0 - out) * (1.0 - min(c.constant("revocation_years"), 1.0) * revoked)
    out -= 1.0 - c.constant("sla_target")
    np.maximum(out, 0.0, out=out)
    out *= c.constant("sla_credit_multiple")
    received -= np.minimum(out, received)
    billing = regional + transit
    regional *= received
    transit *= received
    dollars = c.constant("usd_revenue_share")
    transit += dollars * regional
    regional *= 1.0 - dollars
    assert len(s) == len(billing)
    return billing, transit, regional


def tax_of_sections(
    c: Chunk,
    view: View,
    plant: Plant,
    t: int,
    links: tuple[Rows, Rows, Rows],
    ebitda: Rows,
    repairs: Rows,
    equipment: Rows,
) -> Rows:
    """(sections, draws) tax; `links`: capex of the year, opening, year of first service."""
    country = c.setting.net.countries[view.section["country"]]
    capex, opening, open_t = links
    of, new = view.link_of_section, np.flatnonzero(view.candidate[view.link_of_section])
    plant.capital[new] += capex[of[new]] * view.section["works_share"][new][:, None]
    plant.civil_pool[new] += plant.capital[new] * opening[of[new]]
    allowance = np.empty_like(ebitda)
    life = country["civil_tax_life"]
    straight, falling = np.flatnonzero(life > 0), np.flatnonzero(life <= 0)
    age = (t - np.maximum(open_t, 0.0))[of[straight]]
    using = (age >= 0) & (age < life[straight, None])
    allowance[straight] = np.where(using, plant.civil_pool[straight] / life[straight, None], 0.0)
    allowance[falling] = plant.civil_pool[falling] * country["civil_tax_rate"][falling, None]
    plant.civil_pool[falling] -= allowance[falling]

    plant.invested[t] = equipment
    plant.equipment_pool += equipment
    life = country["equipment_tax_life"].astype(np.int64)
    straight, falling = np.flatnonzero(life > 0), np.flatnonzero(life <= 0)
    ended = straight[life[straight] <= t]
    plant.equipment_pool[ended] -= plant.invested[t - life[ended], ended]
    allowance[straight] += plant.equipment_pool[straight] / life[straight, None]
    written = plant.equipment_pool[falling] * country["equipment_tax_rate"][falling, None]
    allowance[falling] += written
    plant.equipment_pool[falling] -= written

    expired = t - 1 - country["tax_loss_years"].astype(np.int64)
    old = np.flatnonzero(expired >= 0)
    plant.losses_removed[old] = np.maximum(plant.losses_removed[old], plant.losses_made[expired[old], old])
    profit = ebitda - repairs
    profit -= allowance
    gain = np.maximum(profit, 0.0)
    used = np.minimum(plant.losses - plant.losses_removed, gain)
    plant.losses_removed += used
    plant.losses += gain
    plant.losses -= profit
    plant.losses_made[t] = plant.losses
    gain -= used
    gain *= country["tax_rate"][:, None]
    return gain


def change_of_working_capital(c: Chunk, plant: Plant, t: int, revenue: Rows, opex: Rows) -> Rows:
    """(sections, draws) cash tied up; the last year releases everything."""
    if t == c.setting.years - 1:
        return -plant.working_capital
    now = revenue * (c.constant("receivable_days") / 365.0)
    now -= opex * (c.constant("payable_days") / 365.0)
    change = now - plant.working_capital
    plant.working_capital = now
    return change
