"""The guide of the classic Neo4j Browser: the incident, slide by slide, each with a query that runs at a click."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape
from typing import Final, NamedTuple

from lineage.kit import saved
from lineage.kit.saved import literal
from lineage.model import schema
from lineage.queries import EXAMPLES, Value, query

TITLE: Final = "Whose credentials were these really?"


class Slide(NamedTuple):
    """A page of the guide."""

    title: str
    text: str
    """Paragraphs, divided by an empty line."""
    queries: tuple[str, ...]
    """Cypher without parameters, each of which draws something."""
    shell: str = ""


def drawing(name: str, **asked: Value) -> str:
    """A question of `cypher/draw/` with its values in the place of its parameters.

    A guide is one click each: setting parameters first would take another, and change those that are set.
    """
    found = query(f"draw/{name}")
    values = found.filled(asked)
    body = "\n".join(line for line in found.text.splitlines() if not line.startswith("//"))
    filled = re.sub(r"\$(\w+)", lambda name: literal(values[name[1]]), body)
    return f"// {found.title}\n" + "\n".join(_without_open_conditions(filled.splitlines()))


def _without_open_conditions(lines: list[str]) -> Iterator[str]:
    """The lines but those that hold of anything, since a parameter was left open, to make a query easy to read.

    >>> list(_without_open_conditions(["MATCH (n)", "WHERE (null IS NULL OR n.a > null)", "  AND n.b", "RETURN n"]))
    ['MATCH (n)', 'WHERE n.b', 'RETURN n']
    """
    begins = False
    for line in lines:
        if line.strip().startswith(("WHERE (null IS NULL OR ", "AND (null IS NULL OR ")):
            begins = begins or "WHERE" in line
        elif begins and line.strip().startswith("AND "):
            begins = False
            yield line.replace("  AND ", "WHERE ", 1)
        else:
            begins = False
            yield line


def slides() -> tuple[Slide, ...]:
    """All pages, in order."""
    role = str(EXAMPLES["role"])
    return (
        Slide(
            "The stopped trail",
            "Two and a half days at a fictional company with three accounts. On the second night Dana Whitfield's "
            "single sign-on was used: a trail was stopped, instances were started, "
            "a key was made. The logs show which credentials did what; whether Dana's own hands held them is not in "
            "any log.\n\n"
            "Load it, if you have not yet. Then this draws the people, users, roles and services that the logs name, "
            "and the accounts: a click puts a query into the editor, the arrow next to it runs it.",
            (
                f"MATCH (one:{schema.PRINCIPAL})\n"
                "WHERE NOT one:ExternalAccount\n"
                f"OPTIONAL MATCH way = (one)-[:{schema.IN_ACCOUNT}]->(:{schema.ACCOUNT})\n"
                "RETURN one, way LIMIT 100",
            ),
            "lineage load examples/incident/logs \\\n  --accounts examples/incident/accounts.csv \\\n"
            "  --store bolt://127.0.0.1:7687",
        ),
        Slide(
            "Who started the instances?",
            "Two instances of the payments account were started at 21:55. The record names the role "
            "payments-operations and the session name ops-maintenance; four people use both. The line to "
            "the instance leads back to one of them.",
            (drawing("touched", resource=saved.INSTANCE),),
        ),
        Slide(
            "The chain, drawn",
            "Back from that session, step by step, to where it begins: an Identity Center user, the permission set "
            "PlatformAdmin in the platform account, and from there payments-operations in the payments account. "
            "Blue lines are the steps; each says first how sure it is. Grey lines say whose session each one is.\n\n"
            "Click a line: its evidence appears at the side, with event IDs, time, address and rule.",
            (drawing("who", ask=saved.CHAINED),),
        ),
        Slide(
            "What was done with that session",
            "Forward from the session that the sign-in from an unknown address obtained, with what it made, changed, "
            "started and touched: the trail platform-events, two instances, two policies, a key. One of the two "
            "policies was refused.",
            (drawing("blast", ask=saved.SESSION), drawing("denied")),
        ),
        Slide(
            "The new key",
            f"Next morning {saved.KEY} reads a secret. It belongs to the user svc-reports, but it was made by "
            "credentials of dana.whitfield: follow the line ISSUED iam:CreateAccessKey back from it. The chain itself "
            "ends at the key: who made a key is shown next to a chain and is never part of it.",
            (drawing("touched", resource=saved.SECRET), drawing("path", start=saved.SESSION, end=saved.KEY, made=True)),
        ),
        Slide(
            "From account to account",
            "Who crosses from the platform account into payments? People and builds do so every day, as intended; "
            "that session did once. One grant of each pair is drawn, the newest; the table view counts them.",
            (drawing("cross_account"), drawing("chains", cross_account=True)),
        ),
        Slide(
            "Who assumes this role?",
            "Everyone who assumed payments-operations, with the origin behind each. An equal address proves nothing: "
            "check addresses last.",
            (drawing("role", role=role), drawing("from", addresses=EXAMPLES["addresses"])),
        ),
        Slide(
            "Where from here",
            "Double-click a node to see what is around it. This draws all that came from that one session, and "
            "nothing else.\n\n"
            "The other questions are in the folder queries: run parameters.cypher once, then any of them, then "
            "change what is asked. lineage investigate asks them all at once and writes a report; lineage graph "
            "draws the same chains as a page of its own that needs no database.",
            (drawing("trace", ask=saved.SESSION),),
            f"lineage investigate {saved.KEY} \\\n  --store bolt://127.0.0.1:7687",
        ),
    )


def guide(address: str = "") -> str:
    """The text of `guide.html`; with the address of `--serve`, its first page loads the style sheet at a click."""
    pages = "\n".join("\n".join(_slide(one, address if not number else "")) for number, one in enumerate(slides()))
    return (
        f'<article class="guide">\n<title>{escape(TITLE)}</title>\n'
        f'<carousel class="deck container-fluid">\n{pages}\n</carousel>\n</article>\n'
    )


def _slide(slide: Slide, address: str) -> Iterator[str]:
    yield f'<slide class="row-fluid">\n<div class="col-sm-12">\n<h3>{escape(slide.title)}</h3>'
    for paragraph in slide.text.split("\n\n"):
        yield f"<p>{escape(paragraph)}</p>"
    if slide.shell:
        yield f"<p>In a shell:</p>\n<pre>{escape(slide.shell)}</pre>"
    if address:
        yield "<p>Captions and colours, once:</p>"
        yield _runs(f":style {address}/lineage.grass")
    for statement in slide.queries:
        yield _runs(statement)
    yield "</div>\n</slide>"


def _runs(statement: str) -> str:
    return f'<pre mode="cypher" class="programlisting pre-scrollable code runnable">{escape(statement)}</pre>'
