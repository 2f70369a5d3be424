"""Every mistake gets a clear line with its place, all in one go."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

Problems = Callable[..., list[str]]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("parameters: {tehta: 3}", "case.yaml:2:14: parameters.tehta: unknown name. Did you mean 'theta'?"),
        ("studdy: {draws: 3}", "case.yaml:2:1: studdy: unknown name. Did you mean 'study'?"),
        ("study: {draws: many}", "case.yaml:2:16: study.draws: must be a whole number, not 'many'"),
        ("study: {seed: -1}", "case.yaml:2:15: study.seed: must be greater than or equal to 0"),
        ("study: {seed: 18446744073709551616}", "case.yaml:2:15: study.seed: must be less than or equal to"),
        ("study: {years: 0}", "case.yaml:2:16: study.years: must be greater than or equal to 2"),
        ("selection: {regions: flagshp}", "Did you mean 'flagship'?"),
        ("parameters: {theta: NO}", "case.yaml:2:21: parameters.theta: a number is expected, not the text 'NO'"),
        ("parameters: {theta: {value: 4, low: 5}}", "parameters.theta: low 5"),
        (
            "parameters: {theta: {value: 4, low: 2, hihg: 5}}",
            "parameters.theta.hihg: unknown name. Did you mean 'high'?",
        ),
        ("parameters: {theta: {value: 4, unit: km}}", "parameters.theta: the unit must be 'elasticity', not 'km'"),
        ("parameters: {affordability_target: 1.5}", "parameters.affordability_target: 1.5 is above the largest value"),
        ("parameters: {theta: .nan}", "parameters.theta.value: must be a finite number"),
        ("countries: {KAZ: {corporate_tax: 2}}", "countries.KAZ.corporate_tax: 2.0 is above the largest value allowed"),
        ("demand_splits: {KGZ: {FRA: 1.4}}", "demand_splits.KGZ.FRA: 1.4 is above the largest value allowed"),
        ("demand_splits: {KGZ: {FRA: 0.9}}", "demand_splits.KGZ: the shares add up to"),
        (
            "links: {trans_caspian: {to_node: SUN}}",
            "case.yaml:2:34: links.trans_caspian.to_node: there is no node 'SUN'.",
        ),
        ("links: {trans_caspain: {start_year: 2028}}", "Did you mean 'trans_caspian'?"),
        ("links: {tapi: {start_year: 2020}}", "links.tapi.start_year: 2020 is before the earliest possible start"),
        ("links: {tapi: {resilience_standard: hgih}}", "Did you mean 'high'?"),
        ("links: {tapi: {include: NO}}", "links.tapi.include: must be true or false, not 'NO'"),
        ("correlations: 3", "case.yaml:2:15: correlations: must be a list, not 3"),
        ("links: {tapi: {segments: []}}", "links.tapi.segments: a list with at least one item is needed"),
        ("selection: {regions: flagshp}", "must be 'flagship' or 'all', not 'flagshp'; or: must be a list"),
        ("parameters: [1]", "parameters: must be a mapping"),
        ("links: {tapi: {regime: cournt}}", "Did you mean 'cournot'?"),
        ("selection: {candidates: [pamir_kulma]}", "pamir_kulma is worthless without kulma_kashgar"),
        ("selection: {candidates: [tappi]}", "there is no candidate link 'tappi'. Did you mean 'tapi'?"),
        ("selection: {regions: [KBL, XXX]}", "selection.regions.1: there is no region 'XXX'."),
        ("policy: {reforms: [dig_twice]}", "there is no reform 'dig_twice'. Did you mean 'dig_once'?"),
        ("study: {price_year: 2030}", "study.price_year: 2030 is after the first year, 2026"),
        ("reforms: {dig_once: {start_year: 2070}}", "reforms.dig_once.start_year: 2070 is outside the study"),
        ("eligibility: []", "eligibility: AFG has no lending terms in the years of the study"),
        (
            "financing: {instruments: [ida_sml]}\nselection: {countries: [KAZ]}",
            "ida_sml is not eligible in any country",
        ),
        ("financing: {instruments: [ida_xx]}", "there is no instrument 'ida_xx'."),
        ("instruments: {pcg: {covers: null}}", "guarantee pcg covers credit or political: say which"),
        ("instruments: {ibrd: {pays_for: preparation}}", "only a grant pays for preparation, ibrd is none"),
        ("instruments: {ibrd: {max_cover_musd: 5}}", "only a guarantee has max_cover_musd, ibrd is none"),
        ("instruments: {ibrd: {insured_by: pri_miga}}", "only equity is insured in this way, ibrd is none"),
        ("instruments: {equity_sponsor: {insured_by: pri_mega}}", "there is no instrument 'pri_mega'."),
        ("instruments: {equity_sponsor: {insured_by: pcg}}", "pcg insures no equity against political events"),
        (
            "uncertainties: {x: {target: parameters.tetha, marginal: {distribution: fixed, value: 1}}}",
            "is not a quantity",
        ),
        (
            "uncertainties: {x: {target: parameters.theta, marginal: {distribution: uniform, minimum: 3, maximum: 1}}}",
            "uncertainties.x.marginal: minimum, mode and maximum must rise",
        ),
        (
            "uncertainties: {x: {target: parameters.theta, marginal: {distribution: lognormal, median: 3}}}",
            "a lognormal needs median and p90, or mean and cv",
        ),
        (
            "correlations: [{a: parameters.theta, b: parameters.nothing, rank: 0.1}]",
            "neither an uncertainty nor a quantity",
        ),
        ("correlations: [{a: parameters.theta, b: parameters.headroom, rank: 2}]", "must be less than or equal to 1"),
        ("extends2: x", "extends2: unknown name. Did you mean 'extends'?"),
    ],
)
def test_a_mistake_in_yaml_gets_a_clear_line(problems_of: Problems, text: str, line: str) -> None:
    lines = problems_of(text)
    assert any(line in found for found in lines), lines
    assert len(lines) <= 9
    assert all(re.match(r"(case\.yaml:\d+:\d+|[^ ]*tables[^ ]*:\d+:\d+): ", found) for found in lines), lines


def test_a_matrix_that_is_not_positive_definite_names_the_pair(problems_of: Problems) -> None:
    text = """correlations:
  - {a: parameters.theta, b: parameters.headroom, rank: 0.9}
  - {a: parameters.theta, b: parameters.switching, rank: 0.9}
  - {a: parameters.headroom, b: parameters.switching, rank: -0.9}
"""
    (line,) = problems_of(text)
    assert line.startswith("case.yaml:5:5: correlations.2: the correlation matrix is not positive definite")
    assert "parameters.switching and parameters.headroom" in line


def test_everything_is_reported_at_once_and_sorted(problems_of: Problems) -> None:
    text = "study: {draws: 0}\nparameters: {tehta: 3, headroom: x}\nlinks: {tapi: {include: maybe}}\n"
    lines = problems_of(text, "study.seed=-3", "nothing")
    assert len(lines) == 6
    assert [line.split(":")[1] for line in lines if line.startswith("case")] == ["2", "3", "3", "4"]


def test_joins_are_checked_beside_a_wrong_value(problems_of: Problems) -> None:
    text = "links: {tapi: {capex_musd: -5, start_year: 2020}}\nparameters: {theta: x}\nselection: {candidates: [tappi]}"
    lines = problems_of(text)
    for expected in ("-5.0 is below", "2020 is before the earliest", "theta: a number", "no candidate link 'tappi'"):
        assert any(expected in line for line in lines), (expected, lines)
    assert len(lines) == 5  # the year is before the study, too


def test_a_file_that_cannot_be_read_is_all_that_is_said(problems_of: Problems) -> None:
    (line,) = problems_of("extends: nowhere\nstudy: {name: x}\n", extend=False)
    assert line.startswith("case.yaml:1:10: extends: no such file")


def test_what_no_file_gives_is_missing_in_the_file_not_in_a_table(problems_of: Problems) -> None:
    lines = problems_of("study: {name: x, draws: 5}\n", extend=False)
    assert "case.yaml:1:1: study.seed: is missing" in lines
    assert "case.yaml:1:1: policy: is missing" in lines and len(lines) == 2


def test_the_end_of_a_link_is_said_once(problems_of: Problems) -> None:
    (line,) = problems_of("links: {trans_caspian: {to_node: KBL}}")
    assert line == "case.yaml:2:34: links.trans_caspian.to_node: the segments end at SUM, not at KBL"
    (line,) = problems_of("links: {trans_caspian: {to_node: SUN}}")
    assert line.startswith("case.yaml:2:34: links.trans_caspian.to_node: there is no node 'SUN'.")


def test_a_table_without_its_columns_is_all_that_is_said(problems_of: Problems, tables: Path) -> None:
    spoil(tables / "parameters.csv", "value_text", "words")
    (line,) = problems_of("", tables=tables)
    assert line.startswith("tables/parameters.csv:1:1: value_text: the column is missing")


@pytest.mark.parametrize(
    ("setting", "line"),
    [
        ("parameters.theta", "--set parameters.theta: the form is path=value"),
        ("parameters.tehta=3", "--set parameters.tehta=3: parameters.tehta: unknown name. Did you mean 'theta'?"),
        ("parameters.theta=abc", "parameters.theta: a number is expected, not the text 'abc'"),
        ("parameters.theta.value.x=1", "parameters.theta.value: must be a number"),
    ],
)
def test_a_bad_setting_gets_a_clear_line(problems_of: Problems, setting: str, line: str) -> None:
    lines = problems_of("", setting)
    assert any(line in found for found in lines), lines


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("study:\n\tdraws: 3\n", "case.yaml:2:1: a tab cannot indent YAML: use spaces"),
        ("", "case.yaml:1:1: the file is empty"),
        ("- a\n- b\n", "case.yaml:1:1: a scenario must be a mapping of names to values"),
        ("study: {draws: 1, draws: 2}\n", "study.draws: duplicate key; first written on line 1"),
        ("extends: case\n", "files extend each other in a circle"),
        ("extends: nowhere\n", "extends: no such file: "),
        ("extends: {a: b}\n", "extends: the name of a file is expected"),
    ],
)
def test_a_mistake_of_the_file_gets_a_clear_line(problems_of: Problems, text: str, line: str) -> None:
    lines = problems_of(text, extend=False)
    assert any(line in found for found in lines), lines


def test_1e2_is_a_number(problems_of: Problems) -> None:
    assert problems_of("parameters: {theta: 1e1}\nstudy: {draws: 1e2}") == []


def spoil(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_mistakes_in_tables_get_clear_lines(problems_of: Problems, tables: Path) -> None:
    spoil(tables / "hubs.csv", "decline_per_year", "decline_per_yer")
    spoil(tables / "parameters.csv", "5,theta,theta,4,", "5,theta,theta,NaN,")
    spoil(tables / "parameters.csv", "5,switching,,0.22,", "5,switching,,some,")
    spoil(tables / "nodes.csv", "KDH,Kandahar", "KBL,Kandahar")
    (tables / "borders.csv").unlink()
    text = (tables / "zones.csv").read_text(encoding="utf-8").splitlines()
    (tables / "zones.csv").write_text("\n".join([*text, "Z99,short"]) + "\n", encoding="utf-8")
    lines = problems_of("", tables=tables)
    for expected in (
        "tables/borders.csv: the table is missing",
        "tables/hubs.csv:1:1: decline_per_year: the column is missing. Did you mean 'decline_per_yer'?",
        "parameters.theta.value: must be a finite number",
        "parameters.switching.value: must be a number",
        "tables/nodes.csv:3:1: id: duplicate id KBL; first on line 2",
        "tables/zones.csv:32:1: 2 cells, but the header has",
    ):
        assert any(expected in line for line in lines), (expected, lines)
    assert any(re.match(r"tables/parameters\.csv:\d+:4: parameters\.theta", line) for line in lines)
    assert len(lines) == 6


def test_the_programme_ends_at_a_border(problems_of: Problems, tables: Path) -> None:
    row = "L08-2,L08,2,NRN,TRG,KGZ,180.2,112.1,mountain,road,H_NT,0.6,TRG,Z11,"
    spoil(tables / "segments.csv", f"{row}1,", f"{row}0,")
    (line,) = problems_of("", tables=tables)
    assert "segments.1.in_programme: segment L08-2: the link's other segments in KGZ say otherwise" in line
