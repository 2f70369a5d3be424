"""The walls between the stages, and what an import may cost."""

import ast
import importlib
import importlib.metadata
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGES = ("simmodel", "solvers")
HEAVY = ("numba", "llvmlite", "pyomo", "highspy", "pandas", "xarray", "scipy", "matplotlib", "netCDF4")
# installed, and held to a matching version, by the distribution it is part of
PART_OF = {"llvmlite": "numba", "pydantic_core": "pydantic"}
NEVER_IN_A_KERNEL = {"pydantic", "pandas", "xarray", "pathlib", "numba"}


def module_names() -> list[str]:
    """Every module of both packages, told from the files: collecting the tests imports none of them."""
    root = Path(__file__).resolve().parents[2]
    dotted = {".".join(path.relative_to(root).with_suffix("").parts) for path in source_files(root)}
    return sorted(name.removesuffix(".__init__") for name in dotted if not name.endswith("__main__"))


def imported_modules(source_file: Path) -> Iterator[str]:
    """Full names of the modules a file imports, at whatever depth of its code; relative imports are left out."""
    for node in ast.walk(ast.parse(source_file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module is not None:
            yield node.module


def source_files(root: Path) -> list[Path]:
    return sorted(path for package in PACKAGES for path in (root / package).rglob("*.py"))


@pytest.mark.parametrize("module", ["simmodel", "simmodel.cli.app"])
def test_importing_loads_nothing_heavy(module: str, repository_root: Path) -> None:
    program = f"import sys, {module}; print(*sorted(set(sys.modules) & set({HEAVY!r})))"
    answer = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=repository_root
    )
    assert answer.stdout.split() == []


@pytest.mark.parametrize("name", module_names())
def test_every_public_name_resolves(name: str) -> None:
    module = importlib.import_module(name)
    public = list(getattr(module, "__all__", ()))
    assert [missing for missing in public if not hasattr(module, missing)] == []
    assert len(public) == len(set(public))


def test_import_walls_stand(repository_root: Path) -> None:
    program = "from importlinter.cli import lint_imports; raise SystemExit(lint_imports(no_cache=True, no_logo=True))"
    answer = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False, cwd=repository_root
    )
    assert answer.returncode == 0, answer.stdout + answer.stderr


def test_kernels_import_only_what_compiles(repository_root: Path) -> None:
    offences = {
        f"{path.name} imports {name}"
        for path in (repository_root / "simmodel" / "engine").rglob("*_kernel.py")
        for name in imported_modules(path)
        if name.split(".")[0] in NEVER_IN_A_KERNEL
    }
    assert offences == set()


def test_every_import_is_a_declared_dependency(repository_root: Path) -> None:
    project = tomllib.loads((repository_root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    declared = {canonical_name(requirement) for requirement in project["dependencies"]}
    distributions = importlib.metadata.packages_distributions()
    imported = {name.split(".")[0] for path in source_files(repository_root) for name in imported_modules(path)}
    foreign = imported - set(sys.stdlib_module_names) - set(PACKAGES)
    undeclared = {
        name
        for name in foreign
        if not {canonical_name(found) for found in [PART_OF.get(name, name), *distributions.get(name, [])]} & declared
    }
    assert undeclared == set()


def canonical_name(requirement: str) -> str:
    """Name of a distribution without its version range, as indexes compare names."""
    match = re.match(r"[A-Za-z0-9._-]+", requirement)
    assert match is not None
    return re.sub(r"[-_.]+", "-", match.group()).lower()
