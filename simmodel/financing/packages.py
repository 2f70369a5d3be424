"""Put a financing package of the scenario in place."""

from __future__ import annotations

from simmodel.errors import ScenarioError
from simmodel.scenario.problems import Problem, nearest_name
from simmodel.scenario.schema import Scenario


def with_package(scenario: Scenario, name: str, *, file: str) -> Scenario:
    """Return the scenario with a package's instruments, kinds of money and private share in place of its own.

    Parameters
    ----------
    scenario : whose `financing.packages` has the package
    name : of the package
    file : where the packages stand, for the message

    Raises
    ------
    ScenarioError   no such package
    """
    packages = scenario.financing.packages
    if name not in packages:
        known = ", ".join(packages) or "none"
        message = f"there is no package {name!r}; known: {known}"
        raise ScenarioError([Problem(file, 0, 0, "financing.packages", message, nearest_name(name, packages))])
    package = packages[name]
    chosen = {
        field: getattr(package, field)
        for field in ("instruments", "exclude_instruments", "public_money", "risk_cover", "private_share_min")
    }
    return scenario.model_copy(update={"financing": scenario.financing.model_copy(update=chosen)})
