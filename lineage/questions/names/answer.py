"""`names`: session names and source identities against the true origin.

A name is evidence only where the caller cannot choose it, or where the trust policy demanded it at that time.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import Literal, NamedTuple

from lineage.model import keys, schema
from lineage.model.arn import role_of
from lineage.model.errors import BadUse
from lineage.model.keys import Ref, ref
from lineage.model.results import Graph, Window
from lineage.model.times import iso
from lineage.questions.names import Demanded, Name, Names, NamesOfRole, Verdict, trust
from lineage.questions.names.advice import advice
from lineage.questions.names.people import People, default_name
from lineage.questions.shared import grants
from lineage.questions.shared.forest import Forest, Origin
from lineage.questions.shared.log_coverage import sight
from lineage.stores.reader import Reader

ORDER: tuple[Verdict, ...] = ("names-another", "names-origin", "names-nobody", "not-known")
OTHERS_SHOWN = 5
DEMANDS_SHOWN = 20

Setter = Literal["caller", "identity provider", "console", "AWS service"]
_SETTERS: dict[str, Setter] = {
    "identity-center": "identity provider", "saml": "identity provider", "saml-console": "identity provider",
    "console-switch-role": "console", "service": "AWS service", "service-linked": "AWS service",
}  # fmt: skip


class Claim(NamedTuple):
    """A name that one session carries."""

    name: str
    what: Literal["session name", "source identity"]
    verdict: Verdict
    others: tuple[str, ...]
    set_by: Setter
    demanded: bool
    role: str | None
    """Reference of the role."""
    origin: str
    """What tells the origin from others; of an open chain the class alone."""
    session: str
    time: int


def answer(
    reader: Reader, role: str | None = None, *, since: int | None = None, until: int | None = None, limit: int = 200
) -> Names:
    """Hold the names of all sessions, or of those of one role, against their origins.

    The window is over the times at which sessions began. Raises `BadUse` where `role` is no role's ARN.
    """
    wanted = _wanted(role)
    window = Window(since, until)
    forest = Forest(_graph(reader, wanted, window))
    chosen = [
        node
        for node in forest.sessions
        if grants.within(forest.begun(node), window) and wanted in (None, forest.owners.get(node))
    ]
    if wanted is not None and not reader.has(ref(wanted)):
        return Names(asked=role, found=False)
    people, demands = People(reader), trust.Demands(reader)
    claims = [claim for node in chosen for claim in _claims(forest, people, demands, node)]
    owners = grants.Owners(reader, forest.graph)
    lines, roles = _lines(claims), _roles(forest, claims, demands)
    looked = sight(reader, {forest.sessions[node].get("account") for node in chosen}, window)
    counts = Counter(claim.verdict for claim in claims if claim.what == "session name")
    return Names(
        asked=role, found=bool(chosen) if wanted is None else True, scope=grants.whole(looked, window),
        sessions=len(chosen), names_another=counts["names-another"], names_origin=counts["names-origin"],
        names_nobody=counts["names-nobody"], not_known=counts["not-known"], unnamed=len(chosen) - counts.total(),
        names=[_name(forest, owners, line) for line in lines[:limit]], names_total=len(lines),
        roles=roles[:limit], roles_total=len(roles), truncated=len(lines) > limit or len(roles) > limit, sight=looked,
    )  # fmt: skip


def _graph(reader: Reader, wanted: str | None, window: Window) -> Graph:
    """The lineage of one role's sessions that began in a window, or of all sessions."""
    if wanted is None:
        return reader.lineage()
    seen = reader.sessions_of(ref(wanted).key, None, False)
    return reader.ascend([f"{schema.SESSION} {one.key}" for one in seen if grants.within(one.created, window)])


def _wanted(role: str | None) -> str | None:
    if role is None:
        return None
    parts = role_of(role.strip())
    if parts is None:
        raise BadUse(f"{role}: no role; write its ARN, like arn:aws:iam::111122223333:role/NAME")
    return str(keys.role(*parts[:3]).ref)


def _claims(forest: Forest, people: People, demands: trust.Demands, node: str) -> Iterable[Claim]:
    """What the names of a session say: its session name, and its source identity if it has one."""
    body, hop = forest.sessions[node], forest.hops.get(node)
    role = forest.owners.get(node) if body.get("type") == "role" else None
    origin, time = forest.origin(node), forest.begun(node)
    setter: Setter = _SETTERS.get(hop.way["how"], "caller") if hop is not None else "caller"
    if origin is not None and origin.kind == "AWSService" and hop is None:
        setter = "AWS service"
    demand = demands.at(role, time) if role is not None else None
    names = demand.names if demand is not None and demand.names is not None else frozenset()
    told: list[tuple[str | None, Literal["session name", "source identity"], str]] = []
    if role is not None or body.get("type") == "federated":
        told.append((body.get("name"), "session name", trust.SESSION_NAME))
    told.append((body.get("source_identity"), "source identity", trust.SOURCE_IDENTITY))
    for name, what, key in told:
        if not name:
            continue
        verdict, others = _verdict(people, origin, name)
        apart = f"{origin.node} {body.get('workload') or ''}" if origin is not None else ""
        by: Setter = setter if what == "session name" else "caller"
        yield Claim(name, what, verdict, others, by, key in names, role, apart, node, time)


def _verdict(people: People, origin: Origin | None, name: str) -> tuple[Verdict, tuple[str, ...]]:
    """Whom a name names, and the other people of that name."""
    if origin is None:
        return "not-known", tuple(sorted({one.name for one in people.named(name)}))
    named = people.named(name)
    if any(one.node == origin.node for one in named) or name == origin.name:
        return "names-origin", ()
    if default_name(name) is not None or not named:
        return "names-nobody", ()
    if origin.kind == "AWSService":
        return "names-nobody", ()
    return "names-another", tuple(sorted({one.name for one in named}))


def _lines(claims: list[Claim]) -> list[list[Claim]]:
    """Claims of one name, role and origin together, in the order of the answer."""
    groups: dict[tuple[object, ...], list[Claim]] = defaultdict(list)
    for claim in claims:
        groups[claim.what, claim.name, claim.verdict, claim.set_by, claim.role, claim.origin].append(claim)
    found = [sorted(group, key=lambda claim: (claim.time, claim.session)) for group in groups.values()]
    return sorted(
        found,
        key=lambda line: (
            ORDER.index(line[0].verdict), -len(line), line[0].name, line[0].role or "", line[0].what, line[0].origin,
            line[0].set_by,
        ),
    )  # fmt: skip


def _name(forest: Forest, owners: grants.Owners, line: list[Claim]) -> Name:
    first = line[0]
    ids: list[str] = []
    for claim in line[: grants.EVENTS_SHOWN]:
        hop = forest.hops.get(claim.session)
        ids += hop.way["event_ids"] if hop is not None else []
    return Name(
        name=first.name, what=first.what, verdict=first.verdict, others=list(first.others[:OTHERS_SHOWN]),
        why=_why(first), set_by=first.set_by, demanded=sum(claim.demanded for claim in line),
        whose=owners.whose(first.session), role_arn=forest.role(first.session), sessions=len(line),
        first=iso(first.time), last=iso(line[-1].time), event_ids=ids[: grants.EVENTS_SHOWN],
    )  # fmt: skip


def _why(claim: Claim) -> str | None:
    if claim.verdict == "names-nobody":
        return default_name(claim.name) or "nobody of that name is known"
    return "its chain is open" if claim.verdict == "not-known" else None


def _roles(forest: Forest, claims: list[Claim], demands: trust.Demands) -> list[NamesOfRole]:
    """The roles whose sessions carry names, in the order of the answer."""
    by_role: dict[str, list[Claim]] = defaultdict(list)
    identified: set[tuple[str, str]] = set()
    for claim in claims:
        if claim.role is None:
            continue
        if claim.what == "session name":
            by_role[claim.role].append(claim)
        if claim.demanded:
            identified.add((claim.role, claim.session))
    found = [_role(forest, role, held, demands, identified) for role, held in by_role.items()]
    rank = {"yes": 0, "not known": 1, "no": 2}
    return sorted(found, key=lambda one: (rank[one.helps], -one.sessions, one.role_arn))


def _role(
    forest: Forest, role: str, claims: list[Claim], demands: trust.Demands, identified: set[tuple[str, str]]
) -> NamesOfRole:
    counts = Counter(claim.verdict for claim in claims)
    sessions = [claim.session for claim in claims]
    helps, demand, why = advice(forest, role, sessions)
    return NamesOfRole(
        role_arn=forest.role(sessions[0]) or Ref(*role.split(" ", 1)).key, sessions=len(claims),
        naming=counts["names-origin"] + counts["names-another"], names_origin=counts["names-origin"],
        names_another=counts["names-another"], names_nobody=counts["names-nobody"], not_known=counts["not-known"],
        origins=len({claim.origin for claim in claims if claim.origin}),
        demands=[_demanded(one) for one in demands.of(role)[:DEMANDS_SHOWN]],
        demanded=sum((role, session) in identified for session in sessions),
        not_shown=sum(demands.at(role, claim.time) is None for claim in claims), helps=helps, demand=demand, why=why,
    )  # fmt: skip


def _demanded(demand: trust.Demand) -> Demanded:
    names = demand.names or frozenset()
    return Demanded(
        since=iso(demand.time), session_name=trust.SESSION_NAME in names,
        source_identity=trust.SOURCE_IDENTITY in names, readable=demand.names is not None, event_ids=[demand.event_id],
    )  # fmt: skip


__all__ = ["answer"]
