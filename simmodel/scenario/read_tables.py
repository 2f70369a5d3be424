"""Read the CSV tables: every cell keeps its file, line and column; what is missing or double is reported."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from simmodel.scenario.problems import ProblemList, nearest_name
from simmodel.scenario.provenance import Origin, PlainScalar

COMMON_COLUMNS = ("unit", "year", "source", "quality")


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a table: its cells as text by column, and the line it ends on."""

    cells: dict[str, str]
    table: Table
    line: int

    def origin(self, column: str) -> Origin:
        """Return the place of a cell."""
        return Origin(self.table.file, self.line, self.table.columns.get(column, 0), column)

    def text(self, column: str) -> str:
        """Return a cell as text, stripped."""
        return self.cells[column].strip()

    def marks(self) -> dict[str, PlainScalar]:
        """Return year, source and quality of the row."""
        year = self.text("year")
        return {
            "year": int(year) if year.isdigit() else year,
            "source": self.text("source"),
            "quality": self.text("quality"),
        }

    def words(self, column: str) -> list[str]:
        """Return the parts of a cell whose parts are divided by semicolons."""
        return [word.strip() for word in self.cells[column].split(";") if word.strip()]

    def number(self, column: str) -> PlainScalar:
        """Return a cell as a number, None when empty, its text when it is no number (which the schema refuses)."""
        return parse_number(self.cells[column])


@dataclass(frozen=True, slots=True)
class Table:
    """A table: the name of its file in messages, its columns (name to position from 1), its rows."""

    file: str
    columns: dict[str, int]
    rows: tuple[tuple[int, dict[str, str]], ...]

    def __iter__(self) -> Iterator[Row]:
        return (Row(cells, self, line) for line, cells in self.rows)


def parse_number(text: str) -> PlainScalar:
    """Return a number, None for an empty text, the text itself when it is no number."""
    stripped = text.strip()
    if not stripped:
        return None
    try:
        return float(stripped)
    except ValueError:
        return stripped


def display_name(path: Path) -> str:
    """Return a path as messages show it: from the current folder when it lies inside, else in full."""
    try:
        return path.resolve().relative_to(Path.cwd().resolve()).as_posix()
    except ValueError:
        return path.as_posix()


def read_table(
    folder: Path, name: str, columns: Iterable[str], key: tuple[str, ...], problems: ProblemList
) -> Table | None:
    """Read `name`.csv.

    Parameters
    ----------
    folder : folder of the tables
    name : file name without suffix
    columns : columns that must be there, besides unit, year, source and quality
    key : columns that together name a row; two rows of one name are a problem
    problems : receives what is wrong

    Returns
    -------
    Table, or None when the file or one of its columns is missing
    """
    path = folder / f"{name}.csv"
    file = display_name(path)
    try:
        with path.open(encoding="utf-8", newline="") as stream:
            reader = csv.reader(stream)
            header = [column.strip() for column in next(reader, [])]
            lines = [(reader.line_num, record) for record in reader if any(cell.strip() for cell in record)]
    except FileNotFoundError:
        problems.add(Origin(file), "", "the table is missing")
        return None
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        problems.add(Origin(file), "", f"cannot be read: {error}")
        return None
    if not header:
        problems.add(Origin(file, 1, 1), "", "the file is empty")
        return None
    if not check_header(file, header, columns, problems):
        return None
    rows = []
    for line, record in lines:
        if len(record) != len(header):
            problems.add(Origin(file, line, 1), "", f"{len(record)} cells, but the header has {len(header)} columns")
            continue
        rows.append((line, dict(zip(header, record, strict=True))))
    table = Table(file, {column: index for index, column in enumerate(header, start=1)}, tuple(rows))
    check_rows(table, key, problems)
    return table


def check_header(file: str, header: list[str], columns: Iterable[str], problems: ProblemList) -> bool:
    """Report missing and double columns; true when there are none."""
    complete = True
    for column in sorted({*columns, *COMMON_COLUMNS} - set(header)):
        problems.add(Origin(file, 1, 1), column, "the column is missing", nearest_name(column, header))
        complete = False
    for index, column in enumerate(header, start=1):
        if column in header[: index - 1]:
            problems.add(Origin(file, 1, index), column, "the column appears twice")
            complete = False
    return complete


def check_rows(table: Table, key: tuple[str, ...], problems: ProblemList) -> None:
    """Report rows without unit, year, source or quality, and rows of the same name."""
    seen: dict[tuple[str, ...], int] = {}
    for line, cells in table.rows:
        for column in COMMON_COLUMNS:
            if not cells[column].strip():
                problems.add(Origin(table.file, line, table.columns[column]), column, "every row needs it")
        if cells["quality"].strip() not in ("A", "B", "C", "D", ""):
            message = f"{cells['quality']!r} is no grade: A, B, C or D"
            problems.add(Origin(table.file, line, table.columns["quality"]), "quality", message)
        name = tuple(cells[column].strip() for column in key)
        if name in seen:
            origin = Origin(table.file, line, table.columns[key[0]])
            problems.add(origin, "/".join(key), f"duplicate id {'/'.join(name)}; first on line {seen[name]}")
        seen.setdefault(name, line)
