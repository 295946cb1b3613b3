"""`serve`, `token` and `mcp`: the questions over HTTP, who may ask them, and the questions as tools for assistants."""

from __future__ import annotations

import os
import signal
import socket
from typing import Annotated

import typer

from lineage.commands import common, complete
from lineage.commands.app import DEFAULT, Debug, Quiet, Store
from lineage.model.errors import BadUse

TOKENS = "File of tokens, instead of one next to the store."
TokenFile = Annotated[str | None, typer.Option("--tokens", envvar="LINEAGE_TOKENS", metavar="FILE", help=TOKENS)]


def serve(
    store: Store = DEFAULT,
    host: Annotated[str, typer.Option(metavar="ADDRESS", help="Listen on this address.")] = "127.0.0.1",
    port: Annotated[
        int, typer.Option(min=0, max=65535, metavar="N", help="Listen on this port; 0: a free one.")
    ] = 8741,
    allow_host: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="A name that the server is reached by. Repeatable.")
    ] = None,
    tokens: TokenFile = None,
    trusted_proxy: Annotated[
        list[str] | None,
        typer.Option(metavar="CIDR", help="Take the user from --user-header of requests from here. Repeatable."),
    ] = None,
    user_header: Annotated[
        str | None, typer.Option(metavar="NAME", help="The header in which a trusted proxy names the user.")
    ] = None,
    timeout: Annotated[
        str, typer.Option(metavar="SPAN", help="End a question after this long, like 30s or 2m.")
    ] = "30s",
    workers: Annotated[
        int | None, typer.Option(min=1, max=64, metavar="N", help="Processes that answer, instead of one per core.")
    ] = None,
    audit_log: Annotated[
        str | None, typer.Option(metavar="FILE", help="Append a line for each request here, not to standard error.")
    ] = None,
    certfile: Annotated[str | None, typer.Option(metavar="FILE", help="Certificate chain for TLS, in PEM.")] = None,
    keyfile: Annotated[str | None, typer.Option(metavar="FILE", help="Private key of --certfile, in PEM.")] = None,
    debug: Debug = False,
) -> None:
    """Serve the questions and their pages over HTTP, for a team."""
    from lineage.serve import logs

    try:
        import uvicorn

        from lineage.serve import app as application
    except ModuleNotFoundError as error:
        raise BadUse(f"serve needs {error.name}: pip install 'cloudtrail-lineage[serve]'") from None
    from lineage.serve.access import Access
    from lineage.serve.pool import Pool
    from lineage.serve.tokens import Tokens, default_file

    seconds = _seconds(timeout)
    if (certfile is None) != (keyfile is None):
        raise BadUse("--certfile and --keyfile: go together")
    common.refuse_password(store)
    access = Access(
        Tokens(tokens or default_file(store)), host=host, proxies=trusted_proxy or (), header=user_header,
        names=allow_host or (),
    )  # fmt: skip
    settings = application.Settings(
        store, Pool(store, workers or max(2, os.cpu_count() or 1), seconds), access, logs.Lines(audit_log)
    )
    logs.set_up(logs.Lines())
    listening = _listening(host, port)
    config = uvicorn.Config(
        application.app(settings), log_config=None, access_log=False, proxy_headers=False, server_header=False,
        timeout_graceful_shutdown=int(seconds) + 5, ssl_certfile=certfile, ssl_keyfile=keyfile,
        h11_max_incomplete_event_size=application.LONGEST + 40_000,
    )  # fmt: skip
    try:
        config.load()
    except OSError as error:
        raise BadUse(f"--certfile {certfile}: cannot be used ({error.strerror or error})") from None
    name = f"[{host}]" if ":" in host else host
    typer.echo(f"{'https' if certfile else 'http'}://{name}:{listening.getsockname()[1]}/")
    signal.signal(signal.SIGTERM, lambda *_: None)  # the server takes it, and raises it once more when it has stopped
    with listening:
        uvicorn.Server(config).run(sockets=[listening])


def _listening(host: str, port: int) -> socket.socket:
    """A socket that listens. Raises `BadUse`."""
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        found = socket.socket(family, socket.SOCK_STREAM)
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        found.bind(address)
    except OSError as error:
        raise BadUse(f"--host {host} --port {port}: cannot listen there ({error.strerror})") from None
    found.listen(512)
    return found


def mcp(
    store: Store = DEFAULT,
    timeout: Annotated[
        str, typer.Option(metavar="SPAN", help="End a question after this long, like 30s or 2m.")
    ] = "30s",
    debug: Debug = False,
) -> None:
    """Offer the questions to an assistant as tools (MCP)."""
    try:
        from lineage.serve import assistant
    except ModuleNotFoundError as error:
        raise BadUse(f"mcp needs {error.name}: pip install 'cloudtrail-lineage[mcp]'") from None
    common.refuse_password(store)
    assistant.run(store, _seconds(timeout))


def _seconds(timeout: str) -> float:
    """A time limit. Raises `BadUse`."""
    from lineage.model.times import duration

    seconds = float(duration(timeout) or 0)
    if seconds < 1:
        raise BadUse(f"--timeout {timeout}: give a second or more")
    return seconds


def token(
    action: Annotated[
        str,
        typer.Argument(
            metavar="new|list|revoke",
            help="Make a token and print it, list all, or make one worthless.",
            autocompletion=complete.values(lambda: ("new", "list", "revoke")),
        ),
    ],
    name: Annotated[
        str | None, typer.Argument(metavar="[NAME]", help="Whose token it is: a person or a program.")
    ] = None,
    role: Annotated[
        str,
        typer.Option(
            metavar="ROLE",
            help="reader: every question; loader: only info, coverage and metrics.",
            autocompletion=complete.values(lambda: ("reader", "loader")),
        ),
    ] = "reader",
    expires: Annotated[str | None, typer.Option(metavar="SPAN", help="End after this long, like 90d or 12h.")] = None,
    output: Annotated[
        str | None, typer.Option("--output", "-o", metavar="FILE", help="Write the token here; others cannot read it.")
    ] = None,
    if_none: Annotated[bool, typer.Option("--if-none", help="Make a token only where there is none at all.")] = False,
    tokens: TokenFile = None,
    store: Store = DEFAULT,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Make, list and revoke the tokens of lineage serve."""
    from lineage.model.times import duration, iso, now
    from lineage.serve.tokens import ROLES, Tokens, default_file

    file = Tokens(tokens or default_file(store))
    if role not in ROLES:
        raise BadUse(f"--role {role}: unknown; use one of {', '.join(ROLES)}")
    if action == "list":
        for one in file.all():
            until = f"until {one.expires}" if one.expires else "no end"
            typer.echo(f"{one.name}  {one.role}  {one.state(iso(now()))}  made {one.created}, {until}")
        return
    if action not in ("new", "revoke"):
        raise BadUse(f"token {action}: unknown; use new, list or revoke")
    if name is None:
        raise BadUse(f"token {action}: give a NAME")
    if action == "revoke":
        file.revoke(name)
        common.note(f"revoked: {name}")
        return
    if if_none and file.all():
        common.note(f"{file.path} has a token already; none was made")
        return
    seconds = duration(expires)
    if seconds == 0:
        raise BadUse(f"--expires {expires}: give a second or more")
    made = file.new(name, role, now() + seconds if seconds is not None else None)
    if output is None:
        typer.echo(made)
        return
    try:
        with os.fdopen(os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as out:
            out.write(made + "\n")
    except OSError as error:
        file.revoke(name)
        raise BadUse(f"-o {output}: cannot be written ({error.strerror}); the token is revoked") from None
    common.note(f"written: {output}")
