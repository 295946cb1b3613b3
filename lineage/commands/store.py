"""`show`, `query` and `schema`: raw records, Cypher files and the schemas of answers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from lineage.commands import common, complete
from lineage.commands.app import DEFAULT, Debug, Store
from lineage.commands.output import Out, answering
from lineage.commands.output import show as show_answer
from lineage.model.errors import BadUse, StoreUnreachable

if TYPE_CHECKING:
    from lineage.questions.query import QueryRows


def _queries() -> list[str]:
    from lineage import queries

    return [one.name for one in [*queries.queries(), *queries.drawings()]]


def _schemas() -> list[str]:
    from lineage.questions import registry

    return list(registry.folders())


@answering
def show(
    event_id: Annotated[str, typer.Argument(metavar="EVENT_ID", help="Event ID.")],
    logs: Annotated[list[str], typer.Option(metavar="PATH", help="Files, folders or globs to search. Repeatable.")],
    *, store: Store = DEFAULT, out: Out,
) -> None:  # fmt: skip
    """Print the raw record of an event, without its secrets."""
    from lineage.show import show as search

    try:
        lineage = common.opened(store)
    except StoreUnreachable:  # no store is needed; without one no file was loaded
        answer = search(event_id, logs, lambda path: None)
    else:
        with lineage:
            answer = search(event_id, logs, lineage.file_hash)
    show_answer(answer, out)


@answering
def query(
    context: typer.Context,
    name: Annotated[
        str | None,
        typer.Argument(
            metavar="[NAME]", help="Name of a file; default: list all.", autocompletion=complete.values(_queries)
        ),
    ] = None,
    param: Annotated[
        list[str] | None,
        typer.Option(metavar="KEY=VALUE", help="Parameter, unless its default fits; lists with commas. Repeatable."),
    ] = None,
    *,
    store: Store = DEFAULT,
    help: Annotated[
        bool, typer.Option("--help", "-h", help="Show this message, or the parameters and columns of NAME, and exit.")
    ] = False,
    out: Out,
) -> None:
    """Run a Cypher file on Neo4j, or list the files."""
    if help:
        typer.echo(_help(name) if name else context.get_help())
        return
    show_answer(_run(store, name, param or []) if name else _listed(), out)


def schema(
    name: Annotated[
        str | None,
        typer.Argument(
            metavar="[NAME]", help="Name of an answer; default: list all.", autocompletion=complete.values(_schemas)
        ),
    ] = None,
    debug: Debug = False,
) -> None:
    """Print the JSON Schema of an answer, or list them."""
    from json import dumps

    from lineage.ask import answers
    from lineage.draw import files

    models = answers()
    names = [*models, files.SCHEMA]
    if name is None:
        typer.echo("\n".join(names))
        return
    by_stem = {full.split(".")[-1].split("/")[0]: full for full in names}
    full = name if name in names else by_stem.get(name.replace("-", "_"))
    if full is None:
        raise BadUse(f"schema {name}: not found; the schemas are: {', '.join(by_stem)}")
    found = models[full].model_json_schema(mode="serialization") if full in models else files.json_schema()
    typer.echo(dumps(found, indent=2))


def _listed() -> QueryRows:
    """Name, title and parameters of every Cypher file."""
    from lineage import queries
    from lineage.questions.query import QueryRows

    rows: list[list[object]] = [
        [one.name, one.title, ", ".join(each.spelled() for each in one.parameters)]
        for one in (*queries.queries(), *queries.drawings())
    ]
    return QueryRows(query="", columns=["name", "title", "parameters"], rows=rows)


def _help(name: str) -> str:
    """What a Cypher file tells, its parameters and columns, and an example. Raises `BadUse` for an unknown name."""
    from shlex import quote
    from textwrap import fill

    from lineage.queries import query

    found = query(name)
    asked = " ".join(f"--param {quote(one.example())}" for one in found.parameters if one.required)
    parameters = [
        fill(f"{one.spelled()}: {one.help}", initial_indent="  ", subsequent_indent="      ", break_on_hyphens=False)
        for one in found.parameters
    ]
    return "\n".join(
        [
            f"Usage: lineage query {name} [--param KEY=VALUE]... [--store URI]\n",
            found.title,
            fill(found.about, break_on_hyphens=False),
            "\nParameters:",
            *parameters,
            "\n" + fill(f"Columns: {found.columns}", break_on_hyphens=False),
            f"\nExample: lineage query {name} {asked}".rstrip(),
        ]
    )


def _run(store: str, name: str, assignments: Sequence[str]) -> QueryRows:
    """The rows of a Cypher file on Neo4j. Raises `BadUse` for an unknown name or parameter, or another store."""
    import msgspec

    from lineage import queries
    from lineage.questions.query import QueryRows

    found = queries.query(name)
    given = found.read(dict(map(_assigned, assignments)))
    with common.opened(store) as lineage:
        columns, rows = lineage.query(found.name, **given)
    return QueryRows(query=found.name, columns=columns, rows=msgspec.to_builtins(rows, builtin_types=()))


def _assigned(assignment: str) -> tuple[str, str]:
    """Name and text of `KEY=VALUE`. Raises `BadUse`."""
    key, equals, text = assignment.partition("=")
    if not equals or not key:
        raise BadUse(f"--param {assignment}: not KEY=VALUE; write it like --param limit=10")
    return key, text
