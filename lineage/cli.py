"""The command line: parses, calls and renders; it holds no logic.

Answers go to standard output, everything else to standard error. Exit codes: 0 found, 1 not found, 2 usage error,
3 store unreachable, 4 `--strict` and records were set aside or a file had none, 5 `guard` found something; 70 a bug,
130 interrupted, 141 reader gone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from lineage.api import Lineage
from lineage.ask import QUESTIONS
from lineage.commands import common, generate
from lineage.commands.app import app
from lineage.commands.cluster import spark_aggregate
from lineage.commands.explain import explain
from lineage.commands.graph import graph
from lineage.commands.guard import guard
from lineage.commands.investigate import investigate
from lineage.commands.logs import enrich, load, prune
from lineage.commands.serve import browser, explore
from lineage.commands.service import mcp, serve, token
from lineage.commands.store import query, schema, show
from lineage.commands.verify import verify
from lineage.commands.watch import watch
from lineage.commands.who import who
from lineage.parameters import Panel, command_of

LOGS = "examples/incident/logs"
ACCOUNTS = "examples/incident/accounts.csv"
DIGESTS = "examples/incident/digests"
CHAIN = "trace c0ffee00-0000-4000-8000-000000000002"
ROLE = "role arn:aws:iam::804275613390:role/payments-operations"
RUNS: dict[str, generate.Run] = {"who": who, "investigate": investigate}
"""The questions whose commands do more than ask and print."""
ANY_OPTION = {"ignore_unknown_options": True}
"""For commands with a question and its options behind them."""


def add(function: Callable[..., None], panel: Panel, *examples: str, **settings: bool) -> None:
    """Add a command that is no question."""
    name = function.__name__.replace("_", "-")
    shown = generate.examples(f"{name} {one}".rstrip() for one in examples)
    app.command(name, cls=common.Described, epilog=shown, rich_help_panel=panel, context_settings=settings)(function)


loading = command_of(Lineage.load, f"{LOGS} --accounts {ACCOUNTS}", f"{LOGS} --strict", panel="Start here")
generate.add(app, loading, load)
for name, command in QUESTIONS.items():
    generate.add(app, command, RUNS.get(name, generate.ask))
watching = command_of(
    Lineage.watch, "s3://BUCKET/PREFIX --every 5m", "s3://BUCKET/PREFIX --queue URL", panel="Start here"
)
generate.add(app, watching, watch)
guarding = command_of(
    Lineage.guard, CHAIN.split()[1], "AKIA3WQUP53HKQ7V2LCK --since '2026-03-12 18:00'", "--list", panel="Reach"
)
generate.add(app, guarding, guard)
add(show, "Sessions", f"c0ffee00-0000-4000-8000-000000000003 --logs {LOGS}",
    f"c0ffee00-0000-4000-8000-000000000007 --logs {LOGS} --format json")  # fmt: skip
add(graph, "Pictures", f"{CHAIN} -o trace.html", f"{ROLE} -o role.svg", **ANY_OPTION)
add(explore, "Pictures", "", CHAIN, **ANY_OPTION)
add(browser, "Pictures", "--out lineage-browser", "")
generate.add(app, command_of(Lineage.enrich, f"{LOGS} --format csv", f"{LOGS} -o enriched.ndjson"), enrich)
add(verify, "Service", f"{LOGS}/platform-trail {DIGESTS} --keys {DIGESTS}/keys.json",
    f"{LOGS}/platform-trail {DIGESTS} --json")  # fmt: skip
generate.add(app, command_of(Lineage.prune, "--before 2026-03-10", "--before 90d"), prune)
add(serve, "Service", "", "--host 0.0.0.0 --allow-host lineage.example.com --certfile cert.pem --keyfile key.pem")
add(token, "Service", "new ana --role reader --expires 90d", "list")
add(mcp, "Service", "", "--timeout 2m")
add(spark_aggregate, "Service", f"{LOGS} aggregated", "s3a://BUCKET/AWSLogs/ s3a://BUCKET/aggregated")
add(explain, "Service", "rule-4", "STRONG identity-center")
add(query, "Service", "", "--format csv")
add(schema, "Service", "who", "")


def main(arguments: Iterable[str] | None = None) -> None:
    """Run the command line; always ends in `SystemExit`."""
    common.start()
    app(args=list(arguments) if arguments is not None else None, prog_name="lineage")


if __name__ == "__main__":
    main()
