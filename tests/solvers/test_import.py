"""The package is a leaf and is light until a problem is solved."""

from __future__ import annotations

import subprocess
import sys


def test_import_loads_no_modelling_library_and_no_simmodel() -> None:
    code = (
        "import sys, solvers; "
        "heavy = {'pyomo', 'highspy', 'scipy', 'pandas', 'numba', 'simmodel'} & set(sys.modules); "
        "sys.exit(str(sorted(heavy)) if heavy else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_pyomo_alone_leaves_out_what_pyomo_would_load_beside_it() -> None:
    code = (
        "import sys, solvers.pyomo_alone, scipy.sparse, matplotlib.figure, pyomo.environ; "
        "early = {'scipy.stats', 'matplotlib.pyplot'} & set(sys.modules); "
        "from pyomo.common.dependencies import scipy; "
        "print(sorted(early), scipy.stats.__name__)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["[]", "scipy.stats"]
