"""Would demanding a session name or source identity tell the callers of a role apart?

It does where several people with credentials of their own come to one role and write the session's name themselves.
Where one pipeline or service is the only caller, the name it must give tells nothing new.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from lineage.model import schema
from lineage.questions.names.trust import SESSION_NAME, SOURCE_IDENTITY
from lineage.questions.shared.forest import PEOPLE, Forest

Advice = tuple[Literal["yes", "no", "not known"], Literal["sts:RoleSessionName", "sts:SourceIdentity"] | None, str]

_BY_OTHERS = {
    "identity-center": "Identity Center writes the user's name itself",
    "saml": "the SAML provider writes the name", "saml-console": "the SAML provider writes the name",
    "service": "a service writes the name of its workload", "service-linked": "a service writes the name itself",
}  # fmt: skip


def advice(forest: Forest, role: str, sessions: Sequence[str]) -> Advice:
    """Whether demanding a name would help, which, and why."""
    hops = [(node, hop) for node in sessions if (hop := forest.hops.get(node)) is not None]
    if not hops:
        return "not known", None, "no grant of its sessions is in the logs"
    hows = {hop.way["how"] for _, hop in hops}
    if hows <= set(_BY_OTHERS):
        return "no", None, "; ".join(sorted({_BY_OTHERS[how] for how in hows}))
    chosen = [(node, hop) for node, hop in hops if hop.way["how"] not in _BY_OTHERS]
    origins = {node: forest.origin(node) for node, _ in chosen}
    people = {one.node for one in origins.values() if one is not None and one.kind in PEOPLE}
    if len(people) > 1:
        direct = all(_is_user(forest, hop.caller) for node, hop in chosen if _kind(origins[node]) in PEOPLE)
        if direct:
            return "yes", SESSION_NAME, f"{len(people)} users assume it themselves: demand ${{aws:username}}"
        return (
            "yes", SOURCE_IDENTITY,
            f"{len(people)} people come to it through other roles: a source identity set there stays along the chain",
        )  # fmt: skip
    if any(one is None for one in origins.values()):
        return "not known", None, "the chains of some callers are open"
    known = {one.node for one in origins.values() if one is not None}
    if people and len(known) == 1:
        return "no", None, "only one person assumes it in these logs"
    return "no", None, "its callers are pipelines and services, which give a name of their own anyway"


def _is_user(forest: Forest, caller: str) -> bool:
    """Is the caller an IAM user with a key, or a session of the user itself?"""
    owner = caller if caller.startswith(f"{schema.PRINCIPAL} ") else forest.owners.get(caller)
    return owner is not None and forest.graph.nodes.get(owner, {}).get("kind") == "IAMUser"


def _kind(origin: object) -> str | None:
    return getattr(origin, "kind", None)
