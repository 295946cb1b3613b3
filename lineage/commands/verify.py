"""`verify`: are logs whole, and as CloudTrail wrote them?"""

from __future__ import annotations

from typing import Annotated

import typer

from lineage.commands import common
from lineage.commands.output import Out, answering, show


@answering
def verify(
    paths: Annotated[
        list[str],
        typer.Argument(metavar="PATH...", help="Files, folders, globs or s3://BUCKET/PREFIX with logs and digests."),
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
    limit: Annotated[
        int, typer.Option("--limit", metavar="N", min=1, help="Maximum number of entries in each list.")
    ] = 200,
    only_account: Annotated[
        list[str] | None,
        typer.Option("--only-account", metavar="ID", help="List only the folders of this account in S3. Repeatable."),
    ] = None,
    only_region: Annotated[
        list[str] | None,
        typer.Option("--only-region", metavar="REGION", help="List only the folders of this Region in S3. Repeatable."),
    ] = None,
    profile: Annotated[
        str | None, typer.Option("--profile", metavar="NAME", help="Profile of the AWS configuration to use.")
    ] = None,
    region: Annotated[
        str | None, typer.Option("--region", metavar="REGION", help="AWS Region to send requests to S3 to.")
    ] = None,
    endpoint_url: Annotated[
        str | None, typer.Option("--endpoint-url", metavar="URL", help="Address of another service that works like S3.")
    ] = None,
    request_payer: Annotated[
        bool, typer.Option("--request-payer", help="Pay for requests to a bucket whose requester pays.")
    ] = False,
    store: Annotated[
        str | None,
        typer.Option("--store", metavar="FILE|URI", help="Keep the result in this store, for coverage and answers."),
    ] = None,
    out: Out,
) -> None:
    """Check by digest files that logs are whole and unaltered."""
    from lineage.verify import verify as check
    from loaders.files.sources import Narrow, Reach

    reach = Reach(profile, region, endpoint_url, request_payer)
    narrow = Narrow(frozenset(only_account or ()), frozenset(only_region or ()))
    if store is None:
        answer = check(paths, keys=keys or (), fetch=fetch_keys, limit=limit, reach=reach, narrow=narrow)
    else:
        with common.opened(store) as lineage:
            answer = lineage.verify(paths, keys=keys or (), fetch=fetch_keys, limit=limit, reach=reach, narrow=narrow)
    show(answer, out)
    if answer.verdict in ("altered", "missing"):
        raise typer.Exit(1)
