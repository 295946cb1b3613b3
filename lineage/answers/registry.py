"""Every answer by the name of its schema, for the commands and tests that speak about all of them."""

from __future__ import annotations

from lineage.answers import chains, history, holdings, investigation, reach, roles, sessions, whole
from lineage.answers.base import Model

_MODULES = (chains, sessions, history, roles, reach, whole, investigation, holdings)


def _schemas() -> dict[str, type[Model]]:
    found = {}
    for module in _MODULES:
        for one in vars(module).values():
            if isinstance(one, type) and issubclass(one, Model) and "schema_" in one.model_fields:
                found[str(one.model_fields["schema_"].default)] = one
    return found


ANSWERS: dict[str, type[Model]] = _schemas()
"""Answer models by schema name, in the order of their modules."""
