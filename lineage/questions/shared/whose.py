"""Whose credentials, of many nodes at once: the `who` answers in one line each."""

from __future__ import annotations

from collections.abc import Iterable

from lineage.model import schema
from lineage.model.arn import role_of
from lineage.model.results import ChangeEdge, Graph
from lineage.model.times import iso
from lineage.questions.shared import providers
from lineage.questions.shared.identifiers import Caller
from lineage.questions.shared.models import Whose
from lineage.questions.shared.providers import PROVIDED
from lineage.questions.who import WhoAnswer
from lineage.questions.who.answer import explain, explained
from lineage.stores.reader import Reader


def whose(reader: Reader, refs: Iterable[str]) -> dict[str, Whose]:
    """Whose credentials nodes are, as `who` answers it, in one line each.

    Parameters
    ----------
    reader : the store
    refs : references of sessions, credentials and principals

    Returns
    -------
    By reference, in the order given. An open chain has the kind `Unresolved`, with the callers that fit.

    Notes
    -----
    All nodes are read in one `ascend`; who made a long-term key is looked up once for each key.

    Examples
    --------
    >>> session = "Session 804275613390/AROA3WQUP53HIZHAFMVCF:ops-maintenance/2026-03-11T21:53:30Z"
    >>> whose(incident(), [session])[session].name
    'dana.whitfield'
    """
    wanted = list(dict.fromkeys(refs))
    graph = reader.ascend(wanted)
    makers = Makers(reader)
    return {node: whose_node(reader, graph, node, makers) for node in wanted}


class Makers:
    """Whose credentials made keys and providers, each looked up once."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._keys: dict[str, str | None] = {}
        self._changes: dict[tuple[str, ...], list[ChangeEdge]] = {}
        self._names: dict[str, Whose] = {}

    def of_key(self, key: str) -> str | None:
        """Whose credentials made a long-term key; None where they were its owner's own, or its making is not logged."""
        if key not in self._keys:
            found = explain(self._reader, Caller(f"{schema.CREDENTIAL} {key}", None, None))
            made = found[0].made_by if found else None
            self._keys[key] = name_of(made.answer) if made is not None and made.what == "access key" else None
        return self._keys[key]

    def of_provider(self, nodes: tuple[str, ...], before: str | None) -> str | None:
        """Whose credentials created or changed a provider before a time, and when; None where AWS did, or no log shows
        it."""
        if nodes not in self._changes:
            self._changes[nodes] = providers.changes_of(self._reader, nodes) if nodes else []
        change = providers.decisive(self._changes[nodes], before)
        if change is None:
            return None
        if change.source not in self._names:
            graph = self._reader.ascend([change.source])
            self._names[change.source] = short(
                *explained(self._reader, Caller(change.source, None, None), graph=graph, provenance=False)
            )
        maker = self._names[change.source]
        if maker.kind == "AWSService":
            return None
        return f"{providers.verb(str(change.properties['api']))} by {named(maker)} {iso(change.time)}"


def whose_node(reader: Reader, graph: Graph, node: str, makers: Makers | None = None) -> Whose:
    """Whose a node is; `graph` holds all that leads to it. `makers` remembers whose credentials made keys."""
    found, fitting = explained(reader, Caller(node, None, None), graph=graph, provenance=False)
    whose = short(found, fitting)
    makers = makers if makers is not None else Makers(reader)
    if whose.kind in PROVIDED:
        first = found[0].hops[0] if found[0].hops else None
        session = f"{schema.SESSION} {first.session.key}" if first is not None else None
        nodes = providers.providers_of(graph, whose.node, session)
        by = makers.of_provider(nodes, first.time if first is not None else None)
        return whose.model_copy(update={"provider_by": by}) if by else whose
    key = whose.access_key_id
    if key is None or whose.kind != "IAMUser":
        return whose
    made_by = makers.of_key(key)
    return whose.model_copy(update={"made_by": made_by}) if made_by else whose


def short(found: list[WhoAnswer], fitting: int | None = None) -> Whose:
    """The answers for one identity in one line: open, with the candidates named, where several callers fit.

    `fitting` says how many answers there are, where not all were worked out: those may name others.
    """
    whole = fitting is None or fitting <= len(found)
    if whole and len({(answer.origin.kind, answer.origin.id, answer.origin.name) for answer in found}) == 1:
        answer = found[0]
        origin = answer.origin
        return Whose(
            kind=origin.kind, id=origin.id, account=origin.account, name=origin.name,
            person=answer.person.name if answer.person else None, access_key_id=origin.access_key_id,
            resource=origin.resource, provider=origin.provider, node=origin.node, confidence=answer.confidence,
            ambiguous=answer.ambiguous, reason=answer.reason,
            via=next((hop.via for hop in reversed(answer.hops) if hop.via), None), chain=chain_in_words(answer),
            attempt=answer.attempt,
        )  # fmt: skip
    return Whose(
        kind="Unresolved", id=None, confidence="NONE", ambiguous=bool(found),
        reason=(found[0].reason if found[0].copied_from else "ambiguous") if found else "no-identity",
        candidates=sorted({name_of(answer) for answer in found}),
        candidates_more=0 if whole else (fitting or 0) - len(found),
    )  # fmt: skip


def name_of(answer: WhoAnswer) -> str:
    """What to call an origin: its name, else its ID, else its kind."""
    return answer.origin.name or answer.origin.id or answer.origin.kind


def chain_in_words(answer: WhoAnswer) -> list[str]:
    """The way from the origin to the identity, in words."""
    result = [name_of(answer) if answer.origin.kind != "Unresolved" else "?"]
    for hop in answer.hops:
        role = role_of(hop.role_arn) if hop.role_arn else None
        name = role[2] if role else hop.how
        result.append(f"{name} as {hop.session_name}" if role and hop.session_name else name)
    return result


def call_it(whose: Whose) -> str:
    """The display name: as `named`, with who made its key, where another user did."""
    return f"{named(whose)}{by_another(whose)}"


def by_another(whose: Whose) -> str:
    """`, by a key that X made` where another user made the key: the owner is never named without the maker."""
    return f", by a key that {whose.made_by} made" if whose.made_by else ""


def named(whose: Whose) -> str:
    """The attempt to sign in that it is, the origin's name, else the person, else the candidates or `unknown`."""
    if whose.attempt:
        return whose.attempt
    if whose.kind == "Unresolved":
        more = [f"one of {whose.candidates_more:,} more"] if whose.candidates_more else []
        return " or ".join([*whose.candidates, *more]) or "unknown"
    return whose.name or whose.person or whose.id or whose.kind


def credentials_of(whose: Whose) -> str:
    """`credentials of X` for a sentence; an attempt to sign in has no credentials.

    >>> credentials_of(Whose(kind="IAMUser", id="arn:aws:iam::1:user/a", name="a", confidence="EXACT"))
    'credentials of a'
    """
    return whose.attempt or f"credentials of {call_it(whose)}"
