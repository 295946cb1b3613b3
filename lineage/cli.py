"""The command line: parses, calls and renders; it holds no logic.

Answers go to standard output, everything else to standard error. Exit codes: 0 found, 1 not found, 2 usage error,
3 store unreachable, 4 `--strict` and records were set aside or a file had none; 70 a bug, 130 interrupted, 141 reader
gone.
"""

from __future__ import annotations

from collections.abc import Iterable

from lineage.api import Lineage
from lineage.ask import QUESTIONS
from lineage.commands import generate, guard
from lineage.commands.app import app
from lineage.commands.graph import graph
from lineage.commands.investigate import investigate
from lineage.commands.logs import enrich, load
from lineage.commands.serve import browser, explore
from lineage.commands.store import query, schema, show
from lineage.commands.who import who
from lineage.parameters import command_of

LOGS = "examples/incident/logs"
RUNS: dict[str, generate.Run] = {"who": who, "investigate": investigate}
"""The questions whose commands do more than ask and print."""

generate.add(app, command_of(Lineage.load, f"{LOGS} --accounts examples/incident/accounts.csv"), load)
for name, command in QUESTIONS.items():
    generate.add(app, command, RUNS.get(name, generate.ask))
generate.add(app, command_of(Lineage.enrich, f"{LOGS} --format csv"), enrich)

ANY_OPTION = {"ignore_unknown_options": True}
"""For commands with a question and its options behind them."""

app.command(
    epilog="Example: lineage graph trace c0ffee00-0000-4000-8000-000000000002 -o trace.html",
    context_settings=ANY_OPTION,
)(graph)
app.command(epilog="Example: lineage explore trace c0ffee00-0000-4000-8000-000000000002", context_settings=ANY_OPTION)(
    explore
)
app.command(epilog="Example: lineage show c0ffee00-0000-4000-8000-000000000003 --logs examples/incident")(show)
app.command(epilog="Example: lineage query")(query)
app.command(epilog="Example: lineage schema who")(schema)
app.command(epilog="Example: lineage browser --out lineage-browser")(browser)


def main(arguments: Iterable[str] | None = None) -> None:
    """Run the command line; always ends in `SystemExit`."""
    guard.start()
    app(args=list(arguments) if arguments is not None else None, prog_name="lineage")


if __name__ == "__main__":
    main()
