"""The server as it is spoken to over HTTP: the API, the pages and what keeps it running.

The routes of the questions are made from the typed methods, as the commands are, and answers have the published
schemas. Workers make the answers (`pool`); nothing here reads the store.
"""

# Annotations are not postponed here: FastAPI reads those of the routes.

import asyncio
import contextlib
import inspect
import json
import re
import secrets
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Annotated, Any, Final, NamedTuple
from urllib.parse import parse_qs, urlencode

from fastapi import FastAPI, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from lineage import __version__
from lineage.ask import QUESTIONS
from lineage.commands.generate import refuse_files
from lineage.commands.who import TOGETHER, Lines
from lineage.model.errors import BadUse, LineageError
from lineage.parameters import REQUIRED, Command, Parameter
from lineage.questions import registry
from lineage.questions.investigate.given import LARGEST
from lineage.serve import forms, logs
from lineage.serve.access import COOKIE, HOURS, OPEN, Access, Caller, Peer
from lineage.serve.metrics import Metrics
from lineage.serve.pool import Pool
from lineage.serve.worker import FORMS, HTML, JSON, NDJSON, Reply, failed

PAGE: Final = 1_000
"""Entries of each list on a page, where nothing else is asked for."""
MOST: Final = 10_000
"""The largest page, and the largest `limit`."""
LONGEST: Final = 60_000
"""Characters of an address."""
LINE: Final = 1 << 20
"""Bytes of one ask of many."""
BODY_SECONDS: Final = 60
FORM: Final = 10_000
"""Bytes of the form to sign in."""
REQUEST_ID: Final = re.compile(r"[A-Za-z0-9._-]{1,64}")
READY_SECONDS: Final = 0.5
"""For so long it is not looked again whether there is a state to answer from."""
PAGES: Final = frozenset(("/", "/part", "/find", "/near", "/investigate", "/login", "/logout", "/docs"))
TYPES: Final = {kind.partition(";")[0]: form for form, kind in FORMS.items()}


class Settings(NamedTuple):
    """What a server is started with."""

    store: str
    pool: Pool
    access: Access
    audit: logs.Lines


class Failure(BaseModel):
    """What is answered in place of an answer."""

    error: str
    candidates: list[str] = []
    """Where several fit: texts to ask with. Where nothing was found: what is near."""


def app(settings: Settings) -> FastAPI:
    """The application."""
    pool, metrics = settings.pool, Metrics()

    @contextlib.asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        await pool.start()
        described = asyncio.create_task(asyncio.to_thread(made.openapi))  # it takes a second, and is then kept
        try:
            yield
        finally:
            await described
            pool.close()

    made = FastAPI(
        title="cloudtrail-lineage", version=__version__, docs_url=None, redoc_url=None, lifespan=lifespan,
        description="Whose credentials were these really? Questions to the lineage of CloudTrail logs, read-only.",
    )  # fmt: skip
    for command in QUESTIONS.values():
        _add_question(made, pool, command)
    _add_posts(made, pool)
    _add_pages(made, settings)
    _add_health(made, settings, metrics)

    async def wrong(request: Request, error: Exception) -> Response:
        return _response(request, failed(_as_bad_use(error)))

    made.add_exception_handler(RequestValidationError, wrong)
    made.add_exception_handler(LineageError, wrong)
    made.add_exception_handler(HTTPException, _no_route)
    made.add_middleware(Gate, settings=settings, metrics=metrics)
    return made


def _as_bad_use(error: Exception) -> Exception:
    """What FastAPI says of a wrong option, in one line."""
    if not isinstance(error, RequestValidationError):
        return error
    first = error.errors()[0]
    return BadUse(f"{first['loc'][-1]}: {first['msg'][:1].lower()}{first['msg'][1:]}")


async def _no_route(request: Request, error: Exception) -> Response:
    code = error.status_code if isinstance(error, HTTPException) else 500
    told = {
        404: f"{request.url.path}: not found; /docs lists what there is",
        405: f"{request.method}: not for this path",
    }
    return _json({"error": told.get(code, "cannot be answered")}, code)


# Answers


def _response(request: Request, reply: Reply, more: str | None = None) -> Response:
    """A reply as it is sent; the audit log is told of its rows."""
    request.scope["lineage.rows"] = reply.rows
    headers = {"Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'"} if reply.kind != HTML else {}
    if reply.as_of is not None:
        headers["Lineage-As-Of"] = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(reply.as_of))
    if reply.status == 503:
        headers["Retry-After"] = "5"
    if more is not None:
        headers["Link"] = f'<{more}>; rel="next"'
    return Response(reply.body, reply.status, headers, media_type=reply.kind)


def _json(value: object, status: int = 200) -> Response:
    return Response(json.dumps(value), status, media_type=JSON)


def form_of(accept: str) -> str:
    """The form of an answer that a client wants most, of those that are listed in the order of `Accept`.

    >>> form_of("text/html,application/xhtml+xml,*/*;q=0.8"), form_of("*/*"), form_of("")
    ('html', 'json', 'json')
    """
    wanted = (one.partition(";")[0].strip() for one in accept.split(","))
    return next((TYPES[one] for one in wanted if one in TYPES), "json")


def taken(command: Command) -> list[Parameter]:
    """The parameters of a question over HTTP: all but those that are files of this machine."""
    return [one for one in command.parameters if one.param.metavar != "FILE"]


def _option(parameter: Parameter, *, required: bool = True) -> inspect.Parameter:
    """A parameter as FastAPI reads it."""
    param = parameter.param
    kind: Any = list[str] if param.many else parameter.type  # Any: a type
    needed = parameter.default is REQUIRED and required
    default = None if param.many and not needed else parameter.default
    most = MOST if parameter.name == "limit" else param.max
    if parameter.type is int and not param.many:
        asked = Query(description=param.help, ge=param.min, le=most)
    else:
        asked = Query(description=param.help)
    kind = kind if needed or default is not None else kind | None
    return inspect.Parameter(
        parameter.name, inspect.Parameter.KEYWORD_ONLY, annotation=Annotated[kind, asked],
        default=inspect.Parameter.empty if needed else default,
    )  # fmt: skip


_PAGED: Final = [
    inspect.Parameter(
        name, inspect.Parameter.KEYWORD_ONLY, annotation=Annotated[int, Query(description=help, ge=1, le=most)],
        default=default,
    )
    for name, help, most, default in (
        ("page", "Page of the lists of the answer; the header Link has the address of the next one.", MOST, 1),
        ("page_size", "Entries of each list on a page.", MOST, PAGE),
    )
]  # fmt: skip
_REQUEST: Final = inspect.Parameter("request", inspect.Parameter.KEYWORD_ONLY, annotation=Request)
_FAILURES: Final[dict[int | str, dict[str, Any]]] = {
    code: {"description": told, "model": Failure}
    for code, told in (
        (400, "An option is wrong or missing."), (401, "No valid token."), (403, "Not for this role or site."),
        (404, "Several fit: `candidates` has the texts to ask with."),
        (503, "The time limit was reached, a load is running, or the store is away; ask again."),
    )
}  # fmt: skip


def _checked(request: Request, command: Command, given: dict[str, Any]) -> dict[str, Any]:
    """The arguments that were given. Raises `BadUse` for an unknown option, and for a file of this machine."""
    known = {*given, "page", "page_size"}
    for name in request.query_params:
        if name not in known:
            raise BadUse(f"{command.name}: no option {told_name(name)}; it takes {', '.join(given)}")
    arguments = {name: value for name, value in given.items() if value not in (None, [])}
    refuse_files(command, arguments)
    return arguments


def told_name(name: str) -> str:
    """The name of an option that there is none of, as it is told."""
    return logs.told(name)[:40]


def _add_question(made: FastAPI, pool: Pool, command: Command) -> None:
    """The route of a question."""

    async def endpoint(*, request: Request, page: int, page_size: int, **given: Any) -> Response:  # Any: of any method
        arguments = _checked(request, command, given)
        form = form_of(request.headers.get("accept", ""))
        size = page_size if form == "json" else None
        asked = {"name": command.name, "arguments": arguments, "page": page, "size": size, "form": form}
        reply = await pool.ask("question", **asked)
        return _response(request, reply, _next(request, page) if reply.more else None)

    parameters = [_option(one) for one in taken(command)]
    endpoint.__signature__ = inspect.Signature([_REQUEST, *parameters, *_PAGED])  # type: ignore[attr-defined]  # functions take attributes
    made.add_api_route(
        f"/v1/{command.name}", endpoint, methods=["GET"], operation_id=command.stem, summary=command.help,
        response_model=None, tags=[command.panel], responses=_responses(command),
    )  # fmt: skip


def _responses(command: Command) -> dict[int | str, dict[str, Any]]:
    """What a question answers, by status."""
    others: dict[str, dict[str, Any]] = {kind: {} for kind, form in TYPES.items() if form != "json"}
    return {200: {"model": registry.answer_of(command.stem), "content": others}, **_FAILURES}


def _next(request: Request, page: int) -> str:
    """The address of the next page."""
    rest = [(name, value) for name, value in request.query_params.multi_items() if name != "page"]
    return f"{request.url.path}?{urlencode([*rest, ('page', str(page + 1))])}"


# Questions that are sent


async def _body(request: Request, most: int = LARGEST) -> bytes:
    """The whole body. Raises `BadUse` where it is too large, or does not come."""
    found = bytearray()
    try:
        async with asyncio.timeout(BODY_SECONDS):
            async for block in request.stream():
                found += block
                if len(found) > most:
                    raise BadUse(f"too large: {most:,} bytes at most are read")
    except TimeoutError:
        raise BadUse(f"the rest of what is sent did not come within {BODY_SECONDS} s") from None
    return bytes(found)


class _Streamed(Response):
    """A response that is written while its request is still being read."""

    media_type = NDJSON

    def __init__(self, blocks: AsyncIterator[bytes]) -> None:
        super().__init__()
        del self.headers["content-length"]
        self._blocks = blocks

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        async for block in self._blocks:
            await send({"type": "http.response.body", "body": block, "more_body": True})
        await send({"type": "http.response.body", "body": b""})


def _add_posts(made: FastAPI, pool: Pool) -> None:
    """`POST /v1/investigate` and `POST /v1/who`."""
    investigate, who = QUESTIONS["investigate"], QUESTIONS["who"]

    async def report(*, request: Request, **given: Any) -> Response:  # Any: of the method
        arguments = _checked(request, investigate, given)
        alert = await _body(request)
        form = form_of(request.headers.get("accept", ""))
        asked = {"name": "investigate", "arguments": {**arguments, "alert": alert}, "form": form}
        return _response(request, await pool.ask("question", **asked))

    async def many(*, request: Request, **given: Any) -> Response:  # Any: as above
        options = _checked(request, who, given)

        async def answers() -> AsyncIterator[bytes]:
            lines, rows = Lines(), 0
            async for block in _ended(request.stream()):
                asks = lines.asks(block)
                if lines.held > LINE:
                    raise BadUse(f"an ask of more than {LINE:,} bytes")
                for begin in range(0, len(asks), TOGETHER):
                    some = asks[begin : begin + TOGETHER]
                    reply = await pool.ask("who", asks=some, options=options)
                    rows += reply.rows
                    request.scope["lineage.rows"] = rows
                    if reply.status != 200:
                        yield reply.body + b"\n"
                        return
                    yield reply.body

        async def told() -> AsyncIterator[bytes]:
            try:
                async for block in answers():
                    yield block
            except BadUse as error:
                yield failed(error).body + b"\n"

        return _Streamed(told())

    for stem, endpoint, what, kinds in (
        ("investigate", report, "Report on a finding or record that is sent.", (JSON,)),
        ("who", many, "Answer one ask or record a line, each as soon as it has come.", (NDJSON,)),
    ):
        command = QUESTIONS[stem]
        options = [_option(one) for one in taken(command) if not one.positional]
        endpoint.__signature__ = inspect.Signature([_REQUEST, *options])  # type: ignore[attr-defined]  # as above
        body = {"required": True, "content": {kind: {"schema": {}} for kind in kinds}}
        answered = _responses(command) if stem == "investigate" else {200: {"content": {NDJSON: {}}}, **_FAILURES}
        made.add_api_route(
            f"/v1/{stem}", endpoint, methods=["POST"], operation_id=f"{stem}_sent", summary=what, response_model=None,
            tags=[command.panel], responses=answered, openapi_extra={"requestBody": body},
        )  # fmt: skip


async def _ended(blocks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Blocks that are not empty, and an empty one at their end."""
    async for block in blocks:
        if block:
            yield block
    yield b""


# Pages


def _add_pages(made: FastAPI, settings: Settings) -> None:
    """The pages of `lineage explore`, signing in and out, and the page of the API."""
    pool, access = settings.pool, settings.access

    def route(path: str, method: str, endpoint: Callable[..., Any]) -> None:
        made.add_api_route(path, endpoint, methods=[method], include_in_schema=False, response_model=None)

    async def page(request: Request) -> Response:
        return _page(request, await pool.ask("page", query=dict(request.query_params)))

    async def part(request: Request) -> Response:
        return _response(request, await pool.ask("part", query=dict(request.query_params)))

    async def find(request: Request) -> Response:
        return _response(request, await pool.ask("find", text=request.query_params.get("text", "")))

    async def near(request: Request) -> Response:
        return _response(request, await pool.ask("near", node=request.query_params.get("node", "")))

    async def report(request: Request) -> Response:
        from lineage.explore.pages import sent

        try:
            alert = sent(request.headers.get("content-type", ""), await _body(request))
        except BadUse as error:
            return _page(request, failed(error))
        return _page(request, await pool.ask("report", alert=alert))

    async def login(request: Request) -> Response:
        caller: Caller | None = request.scope["lineage.caller"]
        return _html(forms.login(_inside(request.query_params.get("next", "")), caller.name if caller else None))

    async def sign_in(request: Request) -> Response:
        fields = parse_qs((await _body(request, FORM)).decode("utf-8", "replace"))
        begin = _inside(fields.get("next", [""])[0])
        cookie = access.sign_in(fields.get("token", [""])[0].strip())
        if cookie is None:
            return _html(forms.login(begin, None, "This token is not valid."), 401)
        answer = RedirectResponse(begin, 303)
        answer.set_cookie(
            COOKIE, cookie, max_age=HOURS * 3600, path="/", httponly=True, samesite="strict",
            secure=access.is_secure(request.scope["lineage.peer"]),
        )  # fmt: skip
        return answer

    async def sign_out(request: Request) -> Response:
        access.sign_out(request.scope["lineage.peer"])
        answer = RedirectResponse("/login", 303)
        answer.delete_cookie(COOKIE, path="/", httponly=True, samesite="strict")
        return answer

    async def docs(request: Request) -> Response:
        return _html(forms.docs(made.openapi()))

    for path, method, endpoint in (
        ("/", "GET", page), ("/part", "GET", part), ("/find", "GET", find), ("/near", "GET", near),
        ("/investigate", "POST", report), ("/login", "GET", login), ("/login", "POST", sign_in),
        ("/logout", "POST", sign_out), ("/docs", "GET", docs),
    ):  # fmt: skip
        route(path, method, endpoint)


def _page(request: Request, reply: Reply) -> Response:
    """A page; what went wrong is a line on one."""
    if reply.kind == HTML:
        return _response(request, reply)
    from lineage.explore import pages

    problem = str(json.loads(reply.body).get("error"))
    shown = pages.page(request.query_params.get("question", ""), tuple(QUESTIONS), problem=problem)
    return _response(request, Reply(reply.status, HTML, shown.encode()))


def _html(page: str, status: int = 200) -> Response:
    return Response(page, status, media_type=HTML)


def _inside(address: str) -> str:
    """An address on this server to go on to, whatever was asked for.

    >>> _inside("/?question=who"), _inside("//attacker.example"), _inside("https://attacker.example")
    ('/?question=who', '/', '/')
    """
    return address if re.fullmatch(r"/(?![/\\])[^\s\x00-\x1f\\]*", address) else "/"


# What keeps it running


def _add_health(made: FastAPI, settings: Settings, metrics: Metrics) -> None:
    """`/healthz`, `/readyz` and `/metrics`."""

    async def healthz() -> Response:
        return _json({"ok": True})

    known = (-READY_SECONDS, 503)

    async def readyz(request: Request) -> Response:
        # Whoever reaches the server may ask: it costs little, and does not tell where the store is.
        nonlocal known
        if time.monotonic() - known[0] > READY_SECONDS:
            reply = await settings.pool.ask("ready")
            known = time.monotonic(), 200 if reply.status == 200 else 503
        return _json({"ready": known[1] == 200}, known[1])

    async def measured(request: Request) -> Response:
        if metrics.is_old:
            reply = await settings.pool.ask("measures")
            metrics.counted(reply, json.loads(reply.body), _size(settings.store))
        return Response(metrics.text(settings.pool.busy), media_type="text/plain; version=0.0.4; charset=utf-8")

    for path, endpoint in (("/healthz", healthz), ("/readyz", readyz), ("/metrics", measured)):
        made.add_api_route(path, endpoint, methods=["GET"], include_in_schema=False, response_model=None)


def _size(store: str) -> int | None:
    """Bytes of a SQLite file with its log; None for a server."""
    if "://" in store:
        return None
    there = (Path(f"{store}{ending}") for ending in ("", "-wal"))
    return sum(path.stat().st_size for path in there if path.exists())


class Gate:
    """What each request passes: who asks, through which name; and on its way back the headers, audit and numbers."""

    def __init__(self, app: ASGIApp, settings: Settings, metrics: Metrics) -> None:
        self._app = app
        self._access, self._audit, self._metrics = settings.access, settings.audit, metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, or answer it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = time.monotonic()
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        given = headers.get("x-request-id", "")
        request_id = given if REQUEST_ID.fullmatch(given) else secrets.token_hex(8)
        peer = Peer((scope.get("client") or ("",))[0], headers, (scope.get("server") or ("",))[0],
                    scope.get("scheme") == "https")  # fmt: skip
        scope.update({"lineage.peer": peer, "lineage.rows": 0, "lineage.caller": None})
        status = size = 0

        async def sending(message: Message) -> None:
            nonlocal status, size
            if message["type"] == "http.response.start":
                status = message["status"]
                message = {**message, "headers": [*message["headers"], *_headers(request_id)]}
            else:
                size += len(message.get("body", b""))
            await send(message)

        try:
            answer = self._refusal(scope, peer)
            await (answer or self._app)(scope, receive, sending)
        except Exception as error:  # noqa: BLE001 - a bug becomes one line, and the server goes on
            if not status:
                await _response(Request(scope), failed(error))(scope, receive, sending)
            self._audit.write(log="server", level="error", message="unexpected", error=type(error).__name__,
                              request_id=request_id)  # fmt: skip
        seconds = time.monotonic() - began
        caller: Caller | None = scope["lineage.caller"]
        question = _question(scope["path"])
        self._metrics.asked(question, status, seconds)
        self._audit.write(
            log="audit", request_id=request_id, who=caller.name if caller else None,
            how=caller.how if caller else None, address=peer.address, method=scope["method"],
            path=logs.told(scope["path"]), options=logs.options(Request(scope).query_params.multi_items()),
            status=status, rows=scope["lineage.rows"], bytes=size, seconds=round(seconds, 4),
        )  # fmt: skip

    def _refusal(self, scope: Scope, peer: Peer) -> Response | None:
        """The answer to a request that may not pass."""
        path, method = scope["path"], scope["method"]
        if self._access.is_misdirected(peer, method):
            return _json({"error": "not from here: the Host or Origin is not that of this server"}, 403)
        if len(path) + len(scope["query_string"]) > LONGEST:
            return _json({"error": f"too long: an address has {LONGEST:,} characters at most"}, 414)
        try:
            caller = scope["lineage.caller"] = self._access.caller(peer)
        except LineageError as error:
            return _response(Request(scope), failed(error))
        if path in OPEN or (caller is not None and caller.may(path)):
            return None
        if caller is not None:
            return _json({"error": f"a token for a {caller.role} is not good for this"}, 403)
        if method == "GET" and "text/html" in peer.headers.get("accept", "") and not path.startswith("/v1/"):
            whole = f"{path}?{scope['query_string'].decode('latin-1')}" if scope["query_string"] else path
            if peer.headers.get("sec-fetch-site") == "cross-site":
                # A link on another site: the browser keeps a strict cookie back, and sends it when asked from here.
                return _html(forms.again(whole))
            return RedirectResponse(f"/login?{urlencode({'next': whole})}", 303)
        answer = _json({"error": "give a token: Authorization: Bearer TOKEN; lineage token new makes one"}, 401)
        answer.headers["WWW-Authenticate"] = "Bearer"
        return answer


def _question(path: str) -> str:
    """What a path is counted as: few values, whatever is asked for."""
    name = path.removeprefix("/v1/")
    known = path in PAGES or path in OPEN or path in ("/metrics", "/openapi.json")
    return name if path.startswith("/v1/") and name in QUESTIONS else path if known else "other"


def _headers(request_id: str) -> list[tuple[bytes, bytes]]:
    # Under `no-referrer` browsers send the origin `null` with a form, which could be anybody's.
    return [
        (b"x-request-id", request_id.encode()), (b"cache-control", b"no-store"), (b"referrer-policy", b"same-origin"),
        (b"x-content-type-options", b"nosniff"), (b"x-frame-options", b"DENY"),
    ]  # fmt: skip
