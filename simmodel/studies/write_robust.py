"""Write the robust plan over policies into a folder: three tables, a figure, a manifest."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from simmodel.errors import ScenarioError
from simmodel.financing.robust_plan import POLICIES, WORDS, RobustAnswer, find_robust, robust_tables
from simmodel.report.figures.regret_chart import draw_regrets
from simmodel.report.figures.style import percent
from simmodel.report.tables import write_table
from simmodel.results.store import new_folder
from simmodel.scenario.problems import Problem, nearest_name
from simmodel.studies.refinance import Refinancing
from simmodel.studies.write_frontier import SHOWN, source_note


def read_policies(text: str) -> tuple[str, ...]:
    """Return the policies of a plan, in the order of `POLICIES`.

    Raises
    ------
    ScenarioError   names that are not known, all at once; fewer than two
    """
    names = [name.strip() for name in text.split(",")]
    problems = [
        Problem("--policies", 0, 0, "", f"{name!r} is none of {', '.join(POLICIES)}", nearest_name(name, POLICIES))
        for name in dict.fromkeys(names)
        if name not in POLICIES
    ]
    if not problems and len(set(names)) < 2:
        problems = [
            Problem("--policies", 0, 0, "", "a single policy leaves nothing to regret: take `simmodel finance`")
        ]
    if problems:
        raise ScenarioError(problems)
    return tuple(name for name in POLICIES if name in names)


def write_robust(stored: Refinancing, out: Path, *, policies: tuple[str, ...], overwrite: bool) -> RobustAnswer:
    """Find and write the robust plan.

    Raises
    ------
    StorageError   see `simmodel.results.store`
    DataError, FinancingError   see `simmodel.errors`
    """
    answer = find_robust(stored.scenario, stored.run.cash, policies)
    with new_folder(out, overwrite=overwrite) as folder:
        for table in robust_tables(answer):
            write_table(folder / f"{table.name}.csv", table.header, table.rows)
        draw_regrets(
            folder,
            plans=[each.name for each in answer.plans],
            policies=[WORDS[name] for name in policies],
            regret_musd=np.array([each.regret_musd for each in answer.plans]),
            unit=f"{_measured(answer)} beyond the best plan for the policy that comes, over {answer.fresh_draws:,} "
            f"fresh draws, constant {stored.scenario.study.price_year} million USD.\nEvery plan but the last is signed "
            "on today's cost estimate and lenders' case.",
            note=source_note(stored.run.manifest),
        )
        manifest = {**stored.run.manifest, "package": stored.package, "policies": list(policies)}
        (folder / "manifest.json").write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")
    return answer


def _measured(answer: RobustAnswer) -> str:
    """Say what is minimised, and so what a regret is a difference of."""
    return "mean gap" if answer.tail_weight == 0.0 else f"gap weighed with {answer.tail_weight:.0%} on the worst draws"


def robust_text(answer: RobustAnswer) -> str:
    """Return the answer as lines for a screen."""
    robust = answer.plans[len(answer.policies)]
    share = percent(answer.core_musd / max(answer.drawn_musd, 1e-9))
    return "\n".join(
        [
            "Plans signed before it is known which policy comes, on today's rules; the last one as if both came.",
            f"Over {answer.fresh_draws:,} fresh draws, constant musd.",
            "",
            *_matrix(answer),
            f"  on the {answer.fitted_draws:,} draws fitted to the robust plan's largest regret is "
            f"{robust.fitted_regret_musd.max():.2f}; no plan has less than {answer.regret_bound_musd:.2f}",
            *(f"  the search for the {name} ended at the {why}" for name, why in answer.unfinished),
            *_tax(answer),
            "",
            f"Robust plan: {answer.drawn_musd:,.1f} million, nominal. No-regret core: {answer.core_musd:,.1f} "
            f"({share}), money that a best plan draws whichever policy comes.",
            *_largest_sources(answer),
        ]
    )


def _tax(answer: RobustAnswer) -> list[str]:
    """How far the tax of the plans lies from the tax they were made with; no line where interest saves none."""
    place = len(answer.policies)
    robust, largest = answer.plans[place].tax_difference.max(), max(each.tax_difference.max() for each in answer.plans)
    if answer.tax_passes == 1 and largest < SHOWN:
        return []
    return [
        f"  tax after interest: the robust plan within {robust:.2%} of a link's CFADS of the tax planned with "
        f"(pass {answer.tax_passes}), any plan within {largest:.2%}; gaps are read at the tax each plan pays"
    ]


def _matrix(answer: RobustAnswer) -> list[str]:
    """Gap of the best plan for each policy, and the regret of every plan under every policy."""
    width = max(len(each.name) for each in answer.plans) + 2
    words = [WORDS[name] for name in answer.policies]
    cells = [max(len(word) + 2, 9) for word in words]

    def line(name: str, values: Sequence[float]) -> str:
        figures = (f"{round(float(x), 1) + 0.0:>{cell},.1f}" for x, cell in zip(values, [*cells, 10], strict=False))
        return f"  {name:<{width}}{''.join(figures)}"

    head = f"  {'':<{width}}" + "".join(f"{word:>{cell}}" for word, cell in zip(words, cells, strict=True))
    return [
        head,
        line("gap of the best plan", [answer.plans[place].gap_musd[place] for place in range(len(words))]),
        f"Regret: {_measured(answer)} that a plan leaves beyond the best one for the policy that comes",
        f"{head}{'largest':>10}",
        *(line(each.name, [*each.regret_musd, each.regret_musd.max()]) for each in answer.plans),
    ]


def _largest_sources(answer: RobustAnswer, count: int = 8) -> list[str]:
    totals: dict[str, list[float]] = {}
    for each in answer.money:
        total = totals.setdefault(each.name, [0.0, 0.0])
        total[0] += each.drawn_musd
        total[1] += each.core_musd
    largest = sorted(totals.items(), key=lambda pair: -pair[1][0])[:count]
    width = max((len(name) for name, _ in largest), default=0) + 2
    head = f"  {'largest sources':<{width}}{'drawn':>9}{'no-regret':>11}"
    return [head, *(f"  {name:<{width}}{drawn:>9,.1f}{core:>11,.1f}" for name, (drawn, core) in largest)]
