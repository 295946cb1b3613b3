"""A person as a subject: one identity at one provider, with its sessions in all roles and accounts and its keys.

Nothing is merged by a name: an Identity Center user is one of its identity store, a SAML or web identity one of its
provider, an IAM user one of its account.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from lineage.model import schema
from lineage.model.arn import role_of
from lineage.model.keys import Ref, ref
from lineage.model.results import Graph, PrincipalRow
from lineage.questions.shared import called, models
from lineage.questions.shared.climb import BY_GRANT_ALONE, BY_TUPLE, account_of
from lineage.questions.shared.whose import call_it, whose
from lineage.questions.shared.words import KINDS
from lineage.stores.reader import Reader

PERSONS = ("IAMUser", "IdentityCenterUser", "SAMLIdentity", "WebIdentity")
"""Kinds of principals that are one identity with sessions in roles. A federated user is a name that several use."""
NAMESAKES = (*PERSONS, "FederatedUser")
LISTED = 20
SESSION_NAMED = "Session "

Way = dict[str, Any]
"""Properties of a relationship."""


class Person(NamedTuple):
    """What came from a principal along resolved parents."""

    whose: models.Whose
    """Itself, as sure as its weakest chain."""
    nodes: tuple[str, ...]
    """The principal, its keys and sessions, and what came from these, as references; sorted."""
    roles: int
    accounts: tuple[str, ...]
    """Those that the sessions are in; sorted."""
    perhaps: tuple[str, ...]
    """Keys of the sessions whose chain only possibly leads to it; sorted."""
    namesakes: tuple[str, ...]
    """Others of that name: the text to ask with, and the kind; sorted."""

    @property
    def name(self) -> str:
        """What to call it."""
        return call_it(self.whose)

    @property
    def sessions(self) -> tuple[str, ...]:
        """Keys of the sessions; sorted."""
        return tuple(node.removeprefix(SESSION_NAMED) for node in self.nodes if node.startswith(SESSION_NAMED))

    def to_model(self) -> models.Person:
        """As it is in an answer."""
        return models.Person(
            name=self.name, kind=self.whose.kind, roles=self.roles, accounts=list(self.accounts),
            confidence=self.whose.confidence, perhaps=list(self.perhaps[:LISTED]), perhaps_total=len(self.perhaps),
            namesakes=list(self.namesakes[:LISTED]),
        )  # fmt: skip


def person_of(reader: Reader, key: str) -> Person | None:
    """The person that a principal is, None where it is none (a role, a service, …).

    Parameters
    ----------
    reader : the store
    key : of the principal

    Returns
    -------
    All that came from it along resolved parents. What it made for others is not its own.

    Notes
    -----
    Cost: proportional to what came from it; each node is visited once, so cycles end.

    Examples
    --------
    >>> dana = person_of(incident(), "d-29279b1489/a4441acb-e00d-42f9-8207-2df8d55d375d")
    >>> dana.name, len(dana.sessions), dana.roles, dana.accounts
    ('dana.whitfield', 11, 3, ('537140928816', '804275613390'))
    """
    top = str(Ref(schema.PRINCIPAL, key))
    graph = reader.descend([top])
    kind = graph.nodes[top].get("kind") if top in graph else None
    if kind not in PERSONS:
        return None
    found, perhaps, classes = _walk(reader, graph, top)
    sessions = [node for node in found if ref(node).label == schema.SESSION]
    roles = {str(role) for node in sessions if (role := graph.nodes[node].get("role_arn"))}
    accounts = {account for node in sessions if (account := account_of(node))}
    itself = whose(reader, [top])[top].model_copy(update={"confidence": schema.weakest(classes)})
    return Person(
        itself, tuple(sorted(found)), len({role_of(role) or role for role in roles}), tuple(sorted(accounts)),
        tuple(sorted(ref(node).key for node in perhaps)), _namesakes(reader, call_it(itself), key),
    )  # fmt: skip


def _walk(reader: Reader, graph: Graph, top: str) -> tuple[set[str], set[str], list[str]]:
    """What came from the principal, the sessions that possibly did, and how sure the links are."""
    shared = _shared(reader, graph, top)
    found, waiting, perhaps, classes = {top}, [top], set(shared), []
    while waiting:
        node = waiting.pop()
        for target, way in _below(graph, node, top):
            if way["type"] == schema.ASSUMED and not way["parent"]:
                perhaps.add(target)
            elif target not in shared:
                classes.append(_confidence(graph, node, way))
                if target not in found:
                    found.add(target)
                    waiting.append(target)
    return found, perhaps - found, classes


def _below(graph: Graph, node: str, top: str) -> list[tuple[str, Way]]:
    """What a node obtained or was issued; of the person its own sessions and keys too."""
    below = [
        (str(target), way)
        for _, target, way in graph.out_edges(node, data=True)
        if way["type"] == schema.ASSUMED or (way["type"] == schema.ISSUED and way["parent"])
    ]
    if node == top:
        below += [
            (str(source), way)
            for source, _, way in graph.in_edges(node, data=True)
            if way["type"] in (schema.SESSION_OF, schema.BELONGS_TO)
        ]
    return below


def _shared(reader: Reader, graph: Graph, top: str) -> set[str]:
    """The sessions whose records state this person and others: a service acts for several."""
    stated = [
        str(source)
        for source, _, way in graph.in_edges(top, data=True)
        if way["type"] == schema.SESSION_OF and way.get("stated")
    ]
    above = reader.ascend(stated) if stated else graph
    return {
        node
        for node in stated
        if sum(way["type"] == schema.SESSION_OF and bool(way.get("stated"))
               for _, _, way in above.out_edges(node, data=True)) > 1
    }  # fmt: skip


def _confidence(graph: Graph, node: str, way: Way) -> str:
    """How sure a link is: as the chain of what it leads to has it."""
    if way["type"] == schema.ASSUMED and ref(node).label == schema.SESSION:
        # The caller states its ID and time, and no key of its grant.
        into = [above for _, _, above in graph.in_edges(node, data=True) if above["type"] == schema.ASSUMED]
        if any(above["confidence"] == "EXACT" and above["rule"] in BY_GRANT_ALONE for above in into):
            return schema.weakest([str(way["confidence"]), BY_TUPLE[1]])
    return str(way.get("confidence") or "EXACT")


def _namesakes(reader: Reader, name: str, key: str) -> tuple[str, ...]:
    others = [one for one in reader.named(name) if one.key != key and one.kind in NAMESAKES]
    return tuple(sorted(f"{_ask(one)} ({KINDS.get(one.kind, 'federated user')})" for one in others))


def _ask(one: PrincipalRow) -> str:
    return called.ask_of(called.of_principal(one))
