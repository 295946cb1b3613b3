"""The pages of the server that show no answer: signing in, and what the API takes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lineage.explore.pages import document
from lineage.render.html import safe


def login(begin: str, user: str | None, problem: str = "") -> str:
    """The page that takes a token; for whoever is signed in, the way out. `begin` is where it goes on."""
    told = f'<p role="alert">{safe(problem)}</p>' if problem else ""
    out = (
        f'<p>Signed in as <b>{safe(user or "")}</b>. <a href="{safe(begin)}">Go on</a></p>'
        '<form action="/logout" method="post"><button>Sign out</button></form>'
    )
    into = (
        '<form id="finder" action="/login" method="post"><input type="password" name="token" required autofocus '
        'aria-label="Token" placeholder="Token" autocomplete="current-password" spellcheck="false">'
        f'<input type="hidden" name="next" value="{safe(begin)}"> <button>Sign in</button></form>'
        '<p class="quiet">A token is made with <code>lineage token new NAME</code>.</p>'
    )
    return document("Sign in to lineage", f"<h1>lineage</h1>{told}{out if user else into}")


def again(address: str) -> str:
    """A page that asks for an address of this server again, from here."""
    link = f'<p><a href="{safe(address)}">Go on</a></p>'
    return document("lineage", link, head=f'<meta http-equiv="refresh" content="0;url={safe(address)}">')


def docs(described: dict[str, Any]) -> str:  # Any: JSON values
    """The page of an OpenAPI document."""
    info = described["info"]
    body = (
        f"<h1>{safe(info['title'])} API</h1><p>{safe(info['description'])}</p><p>The same for programs: "
        '<a href="/openapi.json">openapi.json</a>. Send a token as <code>Authorization: Bearer TOKEN</code>. Answers '
        "are JSON; <code>Accept</code> may ask for <code>text/markdown</code>, <code>text/html</code> or "
        f"<code>text/csv</code>.</p><main>{''.join(_operations(described))}</main>"
    )
    return document("API of lineage", body)


def _operations(described: dict[str, Any]) -> Iterator[str]:
    for path, methods in described["paths"].items():
        for method, operation in methods.items():
            yield f'<section id="{safe(operation["operationId"])}"><h2>{method.upper()} {safe(path)}</h2>'
            yield f"<p>{safe(operation['summary'])}</p>"
            rows = "".join(map(_option, operation.get("parameters", ())))
            if rows:
                yield f'<div class="wide"><table><thead><tr><th>option</th><th>meaning</th></tr></thead><tbody>{rows}'
                yield "</tbody></table></div>"
            yield "</section>"


def _option(one: dict[str, Any]) -> str:
    default = one.get("schema", {}).get("default")
    notes = ["Required."] if one.get("required") else [f"Default: {default}."] if default is not None else []
    told = " ".join([one.get("description", ""), *notes])
    return f"<tr><td><code>{safe(one['name'])}</code></td><td>{safe(told)}</td></tr>"
