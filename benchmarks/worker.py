"""A process that runs one version: commands come in as lines of JSON, answers go out as lines of JSON."""

from __future__ import annotations

import json
import sys
import time
from dataclasses import asdict
from typing import Any

from benchmarks.cases import build_case
from benchmarks.programs import PROGRAMS


def main(version: str) -> None:
    """Answer commands until the input ends."""
    answers, sys.stdout = sys.stdout, sys.stderr  # nothing else may speak on the pipe
    started = time.perf_counter()
    program = PROGRAMS[version]()
    for line in sys.stdin:
        command: dict[str, Any] = json.loads(line)
        if "case" in command:
            program.take(build_case(command["case"]))
            answer: dict[str, Any] = {
                "ready_s": time.perf_counter() - started,
                "counted": getattr(program, "counted", {}),
            }
        else:
            answer = asdict(program.simulate(command["draws"], command["threads"], command["keep"]))
        print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
