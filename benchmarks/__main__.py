"""Time the engine against itself, against other programs and over sizes; write JSON, a table and figures."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from benchmarks.cases import ROOT, all_cases
from benchmarks.machine import describe_machine
from benchmarks.outcome import Effort
from benchmarks.report import draw_figures, read_results, table_text, write_outcome
from benchmarks.suites import SUITES, suite


def main() -> None:
    """Run suites one after another and write what they found."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("suites", nargs="*", help=f"of {', '.join(SUITES)}; all by default")
    parser.add_argument(
        "--effort",
        choices=[effort.value for effort in Effort],
        default=Effort.FULL.value,
        help="tiny takes seconds a suite, short a minute or two, full, the default, up to ten",
    )
    parser.add_argument("--out", type=Path, default=ROOT / "benchmarks" / "results", help="folder for the results")
    parser.add_argument(
        "--limit-s", type=float, help="end the suite `portfolios` after about so long, with what it did"
    )
    parser.add_argument("--list", action="store_true", help="list suites and cases, and leave")
    options = parser.parse_args()
    unknown = sorted(set(options.suites) - set(SUITES))
    if unknown:
        parser.error(f"no suite {', '.join(unknown)}; there are {', '.join(SUITES)}")
    if options.list:
        print(*(f"{name:<10} {words}" for name, words in SUITES.items()), "", sep="\n")
        print(*(f"{case.name:<22} {case.words}" for case in all_cases().values()), sep="\n")
        return
    for name in options.suites or SUITES:
        print(f"{name}: {SUITES[name]} ...", file=sys.stderr, flush=True)
        limits = {"limit_s": options.limit_s} if name == "portfolios" and options.limit_s is not None else {}
        write_outcome(name, suite(name)(Effort(options.effort), **limits), describe_machine(), options.out)
    results = read_results(options.out)
    text = table_text(results)
    (options.out / "table.txt").write_text(text, encoding="utf-8")
    draw_figures(results, options.out)
    print(text)


if __name__ == "__main__":
    main()
