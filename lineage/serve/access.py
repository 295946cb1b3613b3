"""Who may ask a server, and through which names it is asked.

A caller is known by a bearer token, by the cookie that a token was exchanged for, or by the header of a proxy whose
address is configured. Without tokens and proxies whoever is on this machine may ask, and nobody else.
"""

from __future__ import annotations

import hashlib
import secrets
import time
from collections.abc import Mapping, Sequence
from http.cookies import CookieError, SimpleCookie
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Final, NamedTuple
from urllib.parse import urlsplit

from lineage.model.errors import BadUse
from lineage.serve.tokens import Tokens

COOKIE: Final = "lineage"
HOURS: Final = 12
"""How long a browser stays signed in."""
MOST_SESSIONS: Final = 10_000
OPEN: Final = frozenset(("/healthz", "/readyz", "/login"))
"""Whoever reaches the server may ask these."""
OF_LOADERS: Final = frozenset(("/v1/info", "/v1/coverage", "/metrics", "/openapi.json", "/docs", "/logout"))
"""What a token for loading is good for."""
LOOPBACK: Final = frozenset(("127.0.0.1", "localhost", "::1"))
Network = IPv4Network | IPv6Network


class Caller(NamedTuple):
    """Who asks."""

    name: str
    role: str
    how: str
    """`token`, `cookie`, `proxy`, or `local`."""

    def may(self, path: str) -> bool:
        """May the caller ask for a path?"""
        return self.role == "reader" or path in OF_LOADERS


class Peer(NamedTuple):
    """What a request says of where it comes from and where it goes."""

    address: str
    headers: Mapping[str, str]
    """By lower-case name."""
    server: str
    """The address of this server that was connected to."""
    secure: bool
    """Did it come through TLS?"""


class Access:
    """The rules of one server."""

    def __init__(
        self, tokens: Tokens, *, host: str, proxies: Sequence[str] = (), header: str | None = None,
        names: Sequence[str] = (),
    ) -> None:  # fmt: skip
        """`host` is the address that is listened on, `names` other names of the server, `proxies` networks whose
        `header` names the user. Raises `BadUse` where anyone could ask."""
        self.tokens = tokens
        self._proxies = [_network(one) for one in proxies]
        self._header = (header or "").lower()
        self._names = LOOPBACK | {host.lower()} | {name.lower() for name in names}
        self._local = host in LOOPBACK
        self._sessions: dict[str, tuple[str, float]] = {}
        """Hash of a cookie: name of the token, and when it ends."""
        if bool(self._proxies) != bool(self._header):
            raise BadUse("--trusted-proxy and --user-header: go together")
        if not self._local and not self._proxies and not tokens.all():
            raise BadUse(
                f"--host {host}: anyone there could ask; make a token first (lineage token new NAME --tokens "
                f"{tokens.path}), or give --trusted-proxy and --user-header"
            )

    def is_misdirected(self, peer: Peer, method: str) -> bool:
        """Was the server asked by a name that is not its own, or by a page of another site?"""
        host, origin = peer.headers.get("host", ""), peer.headers.get("origin")
        try:
            name = (urlsplit(f"//{host}").hostname or "").lower()
            page = urlsplit(origin).netloc.lower() if origin is not None else None
        except ValueError:
            return True
        if name not in self._names and not (name == peer.server and name not in ("", "0.0.0.0", "::")):
            return True
        if page is not None and page != host.lower():
            return True
        return method != "GET" and peer.headers.get("sec-fetch-site") in ("cross-site", "same-site")

    def caller(self, peer: Peer) -> Caller | None:
        """Who asks; None for who is not known. Raises `StoreUnreachable` where the tokens cannot be read."""
        scheme, _, token = peer.headers.get("authorization", "").partition(" ")
        if scheme:
            found = self.tokens.valid(token.strip()) if scheme.lower() == "bearer" else None
            return Caller(found.name, found.role, "token") if found else None
        if self.is_proxy(peer.address):
            user = peer.headers.get(self._header, "").strip()
            if user:
                return Caller(user[:200], "reader", "proxy")
        session = self._sessions.get(_hash(cookie_in(peer.headers.get("cookie", ""))))
        if session is not None and session[1] > time.time() and (found := self.tokens.still(session[0])):
            return Caller(found.name, found.role, "cookie")
        if self._local and not self._proxies and not self.tokens.all():
            return Caller("local", "reader", "local")
        return None

    def is_proxy(self, address: str) -> bool:
        """Is it the address of a trusted proxy?"""
        try:
            found = ip_address(address)
        except ValueError:
            return False
        return any(found in network for network in self._proxies)

    def is_secure(self, peer: Peer) -> bool:
        """Did the request come through TLS, to this server or to a trusted proxy?"""
        return peer.secure or (self.is_proxy(peer.address) and peer.headers.get("x-forwarded-proto") == "https")

    def sign_in(self, token: str) -> str | None:
        """The value of a cookie for a valid token; None for another."""
        found = self.tokens.valid(token)
        if found is None:
            return None
        now = time.time()
        self._sessions = {key: one for key, one in self._sessions.items() if one[1] > now}
        while len(self._sessions) >= MOST_SESSIONS:
            del self._sessions[next(iter(self._sessions))]
        cookie = secrets.token_urlsafe(32)
        self._sessions[_hash(cookie)] = (found.name, now + HOURS * 3600)
        return cookie

    def sign_out(self, peer: Peer) -> None:
        """Forget the cookie of a request."""
        self._sessions.pop(_hash(cookie_in(peer.headers.get("cookie", ""))), None)


def cookie_in(header: str) -> str:
    """The value of the cookie in a header; empty for none.

    >>> cookie_in("a=b; lineage=x")
    'x'
    """
    try:
        found = SimpleCookie(header).get(COOKIE)
    except CookieError:
        return ""
    return found.value if found else ""


def _hash(cookie: str) -> str:
    return hashlib.sha256(cookie.encode("utf-8", "surrogateescape")).hexdigest() if cookie else ""


def _network(text: str) -> Network:
    try:
        return ip_network(text)
    except ValueError:
        raise BadUse(f"--trusted-proxy {text}: not an address or network; write it like 10.0.3.0/24") from None
