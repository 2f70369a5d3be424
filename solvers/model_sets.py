"""Which combinations of section, instrument and year the model needs variables for."""

from __future__ import annotations

from dataclasses import dataclass

from solvers.financing_problem import FinancingProblem
from solvers.instruments import InstrumentKind

Use = tuple[int, int]
"""An instrument in a section: (section, instrument)."""


@dataclass(frozen=True, slots=True)
class ModelSets:
    """Eligible combinations of a problem.

    Attributes
    ----------
    draw_years : (section, instrument) -> year indexes in which the instrument may be drawn; empty for a guarantee
    link_uses : per link, its (section, instrument) pairs
    country_uses : per country, its (section, instrument) pairs
    construction_years, operation_years : per link, year indexes
    sculpted_loans : per link, the instruments that are sculpted loans and the years in which they pay an instalment
    """

    draw_years: dict[tuple[int, int], tuple[int, ...]]
    link_uses: tuple[tuple[tuple[int, int], ...], ...]
    country_uses: tuple[tuple[tuple[int, int], ...], ...]
    construction_years: tuple[range, ...]
    operation_years: tuple[range, ...]
    sculpted_loans: tuple[dict[int, range], ...]


def build_model_sets(problem: FinancingProblem) -> ModelSets:
    """List the combinations that are eligible in at least one construction year of their link."""
    links, sections = problem.links, problem.sections
    spans = tuple(
        range(int(first), int(last) + 1)
        for first, last in zip(links.first_construction_year, links.last_construction_year, strict=True)
    )
    horizon = len(problem.years)
    draw_years: dict[tuple[int, int], tuple[int, ...]] = {}
    link_uses: list[list[tuple[int, int]]] = [[] for _ in links.ids]
    country_uses: list[list[tuple[int, int]]] = [[] for _ in problem.countries.ids]
    eligible = problem.eligibility.eligible.tolist()
    for section in range(len(sections.ids)):
        link, country = int(sections.link[section]), int(sections.country[section])
        for instrument, is_eligible in enumerate(eligible[section]):
            years = tuple(year for year in spans[link] if is_eligible[year])
            is_repayable = problem.instruments[instrument].sculpted_rate is None or spans[link].stop < horizon
            if not years or not is_repayable:
                continue
            is_guarantee = problem.instruments[instrument].kind is InstrumentKind.GUARANTEE
            draw_years[section, instrument] = () if is_guarantee else years
            link_uses[link].append((section, instrument))
            country_uses[country].append((section, instrument))
    return ModelSets(
        draw_years=draw_years,
        link_uses=tuple(tuple(uses) for uses in link_uses),
        country_uses=tuple(tuple(uses) for uses in country_uses),
        construction_years=spans,
        operation_years=tuple(range(span.stop, horizon) for span in spans),
        sculpted_loans=tuple(_sculpted_loans(problem, link, uses) for link, uses in enumerate(link_uses)),
    )


def _sculpted_loans(problem: FinancingProblem, link: int, uses: list[tuple[int, int]]) -> dict[int, range]:
    opening, horizon = int(problem.links.last_construction_year[link]) + 1, len(problem.years)
    tenors = {
        position: problem.instruments[position].sculpted_tenor_years
        for _, position in uses
        if problem.instruments[position].sculpted_rate is not None
    }
    return {position: range(opening, min(opening + tenor, horizon)) for position, tenor in tenors.items()}
