"""The JSON Schema of scenario files, for editors: generated from the records, never written by hand."""

from __future__ import annotations

import json
from typing import Any

from simmodel.scenario.schema import Scenario

SCHEMA_FILE = "scenario.schema.json"
DIALECT = "https://json-schema.org/draft/2020-12/schema"


def export_schema() -> str:
    """Return the JSON Schema of a scenario file as text, ending in a newline.

    A file may leave out anything (a table, a file it extends or a `--set` may give it), may write a quantity as a bare
    number, and has two keys that the scenario itself does not have: `extends` and `tables`.
    """
    schema = Scenario.model_json_schema()
    for definition in schema["$defs"].values():
        loosen(definition)
    schema["$defs"]["Quantity"] = quantity_or_number(schema["$defs"]["Quantity"])
    loosen(schema)
    names = {"type": "string"}
    schema["properties"] = {
        "extends": {
            "description": "files laid under this one, weakest first; beside it, or shipped; .yaml may be left out",
            "anyOf": [names, {"type": "array", "items": names}],
        },
        "tables": {"description": "folder of the tables, or none", "type": "string"},
        **schema["properties"],
    }
    return json.dumps({"$schema": DIALECT, **schema}, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def loosen(definition: dict[str, Any]) -> None:
    """Let a mapping leave out any of its fields."""
    definition.pop("required", None)


def quantity_or_number(definition: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of a quantity that may also be a bare number."""
    text = definition.get("description", "")
    return {"description": text, "title": "Quantity", "anyOf": [{"type": "number"}, definition]}
