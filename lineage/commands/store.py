"""`show`, `query` and `schema`: raw records, Cypher files and the schemas of answers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import typer

from lineage.commands import complete, guard
from lineage.commands.app import DEFAULT, Debug, Store
from lineage.commands.output import Out, answering
from lineage.commands.output import show as show_answer
from lineage.model.errors import BadUse, StoreUnreachable


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
        lineage = guard.opened(store)
    except StoreUnreachable:  # no store is needed; without one no file was loaded
        answer = search(event_id, logs, lambda path: None)
    else:
        with lineage:
            answer = search(event_id, logs, lineage.file_hash)
    show_answer(answer, out)


@answering
def query(
    name: Annotated[
        str | None,
        typer.Argument(metavar="[NAME]", help="Name of a file; default: list all.",
                       autocompletion=complete.values(_queries)),
    ] = None,
    param: Annotated[
        list[str] | None, typer.Option(metavar="KEY=VALUE", help="Parameter, as JSON or text. Repeatable.")
    ] = None,
    *, store: Store = DEFAULT, out: Out,
) -> None:  # fmt: skip
    """Run a Cypher file on Neo4j, or list the files."""
    import msgspec

    from lineage import queries
    from lineage.questions.query import QueryRows

    if name:
        found = queries.query(name)
        with guard.opened(store) as lineage:
            columns, rows = lineage.query(found.name, **parameters(param or []))
        answer = QueryRows(query=found.name, columns=columns, rows=msgspec.to_builtins(rows, builtin_types=()))
    else:
        files = [*queries.queries(), *queries.drawings()]
        answer = QueryRows(query="", columns=["name", "title"], rows=[[one.name, one.title] for one in files])
    show_answer(answer, out)


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


def parameters(assignments: Sequence[str]) -> dict[str, object]:
    """The parameters of `KEY=VALUE` texts: numbers, truth values, null and lists as JSON, all else as text.

    Account IDs are texts in the graph, so twelve digits stay a text. Raises `BadUse` where there is no `=`.

    >>> parameters(["limit=5", "role=admin", "cross_account=true", "account=111122223333"])
    {'limit': 5, 'role': 'admin', 'cross_account': True, 'account': '111122223333'}
    """
    found = {}
    for assignment in assignments:
        key, equals, text = assignment.partition("=")
        if not equals or not key:
            raise BadUse(f"--param {assignment}: not KEY=VALUE; write it like --param limit=10")
        found[key] = _value(text)
    return found


def _value(text: str) -> object:
    import msgspec

    if len(text) == 12 and text.isdecimal():
        return text
    try:
        value: object = msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return text
    return value
