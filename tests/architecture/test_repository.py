"""What the files of the repository promise each other."""

import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

# Written in pieces, so that this file does not contain what it looks for.
FOREIGN_TO_A_REPOSITORY = {
    "an absolute path of somebody's machine": re.compile(r"(?<![\w.~*/-])/(?:" + r"home|root|Users|work|mnt" + r")/\w"),
    "a folder outside the repository": re.compile(r"\.\./" + r"(?:\.\./)*shared\b"),
    "a folder for temporary files": re.compile(r"(?<![\w.~*/-])/tmp" + r"/\w"),
    "the address of a package registry": re.compile(
        r"index" + r"-url|find" + r"-links *[=:]|trusted" + r"-host|pypi\.org/" + r"simple|//[^\s/]*artif" + r"actory",
        re.IGNORECASE,
    ),
}
TEXT = {".py", ".md", ".toml", ".cfg", ".yaml", ".yml", ".csv", ".json", ".cff", ".txt", ".html", ".css", ".js", ""}


def repository_files(root: Path) -> list[Path]:
    """Files git tracks or would track; outside a clone this cannot be told."""
    answer = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        capture_output=True,
        text=True,
        check=False,
        cwd=root,
    )
    if answer.returncode != 0:
        pytest.skip("not a git checkout")
    return [path for name in answer.stdout.split("\0") if name and (path := root / name).is_file()]


def project_table(root: Path) -> dict[str, object]:
    return tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))


def product_version(root: Path) -> str:
    match = re.search(
        r'^__version__(?:: \w+)? = "([^"]+)"$', (root / "simmodel" / "__init__.py").read_text("utf-8"), re.M
    )
    assert match is not None
    return match.group(1)


@pytest.mark.parametrize("kind", FOREIGN_TO_A_REPOSITORY)
def test_no_file_speaks_of_another_machine(kind: str, repository_root: Path) -> None:
    offences = [
        f"{path.relative_to(repository_root)}:{number}: {line.strip()[:100]}"
        for path in repository_files(repository_root)
        if path.suffix in TEXT
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if FOREIGN_TO_A_REPOSITORY[kind].search(line)
    ]
    assert offences == []


def test_nothing_of_the_product_is_ignored_by_git(repository_root: Path) -> None:
    tracked = set(repository_files(repository_root))
    sources = {
        path
        for folder in ("simmodel", "solvers", "scenarios", "tests")
        for path in (repository_root / folder).rglob("*")
        if path.suffix in {".py", ".yaml", ".csv", ".json", ".geojson", ".html"} and ".hypothesis" not in path.parts
    }
    assert sorted(str(path) for path in sources - tracked) == []


def test_make_commands_of_the_readme_exist(repository_root: Path) -> None:
    readme = (repository_root / "README.md").read_text(encoding="utf-8")
    makefile = (repository_root / "Makefile").read_text(encoding="utf-8")
    used = {name for _, name in re.findall(r"(^\s*\$? *|`)make ([a-z][\w-]*)", readme, re.M)}
    assert {"run", "test"} <= used
    assert used <= set(re.findall(r"^([a-z][\w-]*):", makefile, re.M))


def test_simmodel_commands_of_the_readme_exist(repository_root: Path) -> None:
    import typer.main

    from simmodel.cli.app import app

    readme = (repository_root / "README.md").read_text(encoding="utf-8")
    used = {name for _, name in re.findall(r"(^\s*\$? *|[`/])simmodel ([a-z][\w-]*)", readme, re.M)}
    program = typer.main.get_group(app)
    known = set(program.commands)
    assert "run" in used
    assert used <= known


def test_files_the_readme_points_to_exist(repository_root: Path) -> None:
    readme = (repository_root / "README.md").read_text(encoding="utf-8")
    targets = {target for target in re.findall(r"\]\(([^)#\s]+)", readme) if "://" not in target}
    assert [target for target in sorted(targets) if not (repository_root / target).exists()] == []


def test_versions_agree(repository_root: Path) -> None:
    version = product_version(repository_root)
    citation = (repository_root / "CITATION.cff").read_text(encoding="utf-8")
    changelog = (repository_root / "CHANGELOG.md").read_text(encoding="utf-8")
    assert f"\nversion: {version}\n" in citation
    assert re.search(rf"^## .*{re.escape(version)}\b", changelog, re.M)


def test_every_release_says_what_it_does_to_results(repository_root: Path) -> None:
    changelog = (repository_root / "CHANGELOG.md").read_text(encoding="utf-8")
    releases = re.split(r"^## ", changelog, flags=re.M)[1:]
    assert releases
    assert [release.splitlines()[0] for release in releases if "### Results change" not in release] == []


def test_continuous_integration_calls_make_test(repository_root: Path) -> None:
    script = (repository_root / ".ci" / "run").read_text(encoding="utf-8").splitlines()
    commands = [line for line in script if line and not line.startswith("#")]
    assert commands[0] == "set -euo pipefail"
    assert commands[-1] == "make --no-print-directory test"
    assert len(commands) == 3


def test_wheel_holds_both_packages_and_the_scenarios(repository_root: Path, tmp_path: Path) -> None:
    pytest.importorskip("hatchling", reason="the build tool is not in this environment")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)],
        capture_output=True,
        check=True,
        cwd=repository_root,
    )
    (wheel,) = tmp_path.glob("*.whl")
    held = set(zipfile.ZipFile(wheel).namelist())
    expected = {
        str(path.relative_to(repository_root)).replace("scenarios/", "simmodel/_scenarios/", 1)
        for path in repository_files(repository_root)
        if path.relative_to(repository_root).parts[0] in {"simmodel", "solvers", "scenarios"}
    }
    assert sorted(expected - held) == []
    assert not [name for name in held if name.startswith("tests")]
