"""`explain`: what rules, classes of confidence and ways into a session mean."""

from __future__ import annotations

from typing import Annotated

import typer

from lineage.commands import complete
from lineage.commands.app import Debug
from lineage.model.errors import BadUse


def _names() -> list[str]:
    from lineage.questions.shared.explained import BY_NAME

    return list(BY_NAME)


def explain(
    names: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[NAME...]", help="Rules, classes of confidence or ways into a session; default: list all.",
            autocompletion=complete.values(_names),
        ),
    ] = None,
    debug: Debug = False,
) -> None:  # fmt: skip
    """Explain the rules and confidence that answers print."""
    from lineage.questions.shared import explained
    from lineage.render import terminal

    if not names:
        terminal.show(explained.listed())
        return
    found = [(name, explained.meant(name)) for name in names]
    unknown = [name for name, one in found if one is None]
    if unknown:
        raise BadUse(f"explain {unknown[0]}: not found; the names are: {', '.join(explained.BY_NAME)}")
    terminal.show(block for _, one in found if one is not None for block in explained.entry(one))
