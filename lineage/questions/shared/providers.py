"""The identity provider behind an origin, and who the loaded logs show to have created or changed it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from lineage.model import schema
from lineage.model.arn import parse_arn
from lineage.model.results import ChangeEdge, Graph
from lineage.model.times import parse_when
from lineage.stores.reader import Reader

PROVIDED = ("SAMLIdentity", "WebIdentity", "IdentityCenterUser")
"""Kinds of origins that a provider vouches for."""
CREATED = "Create"
"""What the operations that make a provider begin with."""


def providers_of(graph: Graph, origin: str | None, first_session: str | None) -> tuple[str, ...]:
    """The nodes that changes of the provider of an origin are attached to, as references; sorted.

    Parameters
    ----------
    graph : holds the origin and what leads to the session
    origin : reference of the principal, None where it has no node
    first_session : reference of the first session of its chain, None where that is not known
    """
    found: set[str] = set()
    if origin is not None and origin in graph:
        found.add(str(graph.nodes[origin].get("provider") or ""))
    if first_session is not None and first_session in graph:
        ways = graph.in_edges(first_session, data=True)
        found |= {str(way.get("provider") or "") for _, _, way in ways if way["type"] == schema.ASSUMED}
    return tuple(sorted(f"{schema.RESOURCE} {name}" for arn in found for name in _spelled(arn)))


def _spelled(arn: str) -> Iterator[str]:
    """What changes may name a provider by: its ARN; of one of OpenID Connect that is being made its URL."""
    parts = parse_arn(arn)
    if parts is None:
        return
    yield arn
    kind, _, host = parts.resource.partition("/")
    if kind == "oidc-provider":
        yield from (f"{parts.account}:AWS::IAM::OIDCProvider:{scheme}{host}" for scheme in ("", "https://"))


def changes_of(reader: Reader, nodes: Iterable[str]) -> list[ChangeEdge]:
    """What created or changed a provider, in order of time; what deleted it is left out."""
    found = reader.changes((schema.CHANGED,), targets=nodes)
    return [one for one in found if one.properties["what"] == "provider" and one.properties["after"] != "deleted"]


def decisive(changes: Iterable[ChangeEdge], before: str | None) -> ChangeEdge | None:
    """The change that an origin rests on: its provider's creation, else the last change, before a time (ISO)."""
    until = parse_when(before)
    past = [one for one in changes if until is None or one.time <= until]
    made = [one for one in past if operation(one).startswith(CREATED)]
    return next(iter((made or past)[::-1]), None)


def operation(change: ChangeEdge) -> str:
    """The name of the operation that changed it."""
    return str(change.properties["api"]).partition(":")[2]


def verb(api: str) -> str:
    """Was a provider created or changed by an operation?

    >>> verb("iam:CreateSAMLProvider"), verb("iam:UpdateSAMLProvider")
    ('created', 'changed')
    """
    return "created" if api.partition(":")[2].startswith(CREATED) else "changed"
