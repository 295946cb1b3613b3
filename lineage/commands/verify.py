"""`verify`: are copied logs whole, and as CloudTrail wrote them?"""

from __future__ import annotations

from typing import Annotated

import typer

from lineage.commands.output import Out, answering, show


@answering
def verify(
    paths: Annotated[
        list[str], typer.Argument(metavar="PATH...", help="Files, folders or globs with logs and digest files.")
    ],
    *,
    keys: Annotated[
        list[str] | None,
        typer.Option(
            "--keys", metavar="FILE", help="Public keys as `aws cloudtrail list-public-keys` writes them. Repeatable."
        ),
    ] = None,
    fetch_keys: Annotated[
        bool, typer.Option("--fetch-keys", help="Ask CloudTrail for the public keys, with your AWS credentials.")
    ] = False,
    limit: Annotated[int, typer.Option("--limit", metavar="N", min=1, help="Maximum number of entries in each list.")]
    = 200,
    out: Out,
) -> None:  # fmt: skip
    """Check by digest files that logs are whole and unaltered."""
    from lineage.verify import verify as check

    answer = check(paths, keys=keys or (), fetch=fetch_keys, limit=limit)
    show(answer, out)
    if answer.verdict in ("altered", "missing"):
        raise typer.Exit(1)
