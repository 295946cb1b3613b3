"""`names`: session names and source identities against the true origin.

A name is evidence only where the caller cannot choose it, or where the trust policy required it at that time.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final, Literal, NamedTuple

from lineage.model import keys, schema
from lineage.model.arn import role_of
from lineage.model.errors import BadUse
from lineage.model.keys import Ref, ref
from lineage.model.results import CallFilter, CallRow, Window, json_value
from lineage.model.times import iso
from lineage.questions.names import Demanded, Name, Names, NamesOfRole, Verdict
from lineage.questions.shared import grants
from lineage.questions.shared.climb import account_of
from lineage.questions.shared.forest import PEOPLE, Forest, InGraph, Origin, Parts
from lineage.questions.shared.identifiers import meant
from lineage.questions.shared.log_coverage import log_coverage
from lineage.stores.reader import Reader

SESSION_NAME: Final = "sts:RoleSessionName"
SOURCE_IDENTITY: Final = "sts:SourceIdentity"


class Demand(NamedTuple):
    """What a role's trust policy demanded from a second on."""

    time: int
    names: frozenset[str] | None
    """Condition keys that every way in demands; None where the policy was logged but cannot be read."""
    event_id: str


class Demands:
    """What the logs show of the trust policies of roles: made by CreateRole, changed by UpdateAssumeRolePolicy."""

    def __init__(self, reader: Reader) -> None:
        self._by_role: dict[str, list[Demand]] = defaultdict(list)
        for row in reader.calls(CallFilter("api", ("iam:CreateRole",)), every=True):
            self._created(row)
        for deed in reader.changes((schema.CHANGED,)):
            if deed.properties.get("what") == "trust" and deed.target.startswith(f"{schema.PRINCIPAL} "):
                after = deed.properties.get("after")
                found = demanded(after if isinstance(after, str) else None)
                self._by_role[deed.target].append(Demand(deed.time, found, deed.event_ids[0]))
        for known in self._by_role.values():
            known.sort(key=lambda one: (one.time, one.event_id))

    def _created(self, row: CallRow) -> None:
        if row.row.error is not None or row.row.account is None:
            return
        partition = {"cn": "aws-cn", "us-gov": "aws-us-gov"}.get((row.row.region or "").rsplit("-", 2)[0], "aws")
        for sample in row.samples:
            request = json_value(sample.parameters)
            if isinstance(request, dict) and isinstance(name := request.get("roleName"), str):
                role = keys.role(partition, row.row.account, name).ref
                document = request.get("assumeRolePolicyDocument")
                self._by_role[str(role)].append(Demand(sample.time, demanded(document), sample.event_id))

    def of(self, role: str) -> list[Demand]:
        """What the logs show of a role (its reference), oldest first."""
        return self._by_role.get(role, [])

    def at(self, role: str, time: int) -> Demand | None:
        """What was in force at a time; None where the logs do not show it."""
        return next((one for one in reversed(self.of(role)) if one.time <= time), None)


def demanded(policy: object) -> frozenset[str] | None:
    """The condition keys among `sts:RoleSessionName` and `sts:SourceIdentity` that a policy demands of every principal
    that may assume the role; None of what is no policy.

    >>> condition = {"StringEquals": {"sts:RoleSessionName": "${aws:username}"}}
    >>> way = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": "*"}, "Condition": condition}
    >>> demanded({"Statement": way})
    frozenset({'sts:RoleSessionName'})
    """
    document = json_value(policy) if isinstance(policy, str) else policy
    statements = document.get("Statement") if isinstance(document, dict) else None
    if isinstance(statements, dict):
        statements = [statements]
    if not isinstance(statements, list):
        return None
    ways: list[set[str]] = []
    everywhere: set[str] = set()
    for statement in statements:
        if not isinstance(statement, dict):
            return None
        if statement.get("Effect") == "Deny":
            everywhere |= _refused_without(statement.get("Condition"))
        elif _lets_callers_in(statement):
            ways.append(_conditions(statement.get("Condition")))
    return frozenset(everywhere | (set.intersection(*ways) if ways else set()))


def _lets_callers_in(statement: Mapping[str, Any]) -> bool:
    """May principals that write the session's name themselves assume the role by the statement?"""
    principal = statement.get("Principal")
    actions = statement.get("Action")
    assumes = {"sts:assumerole", "sts:assumerole*", "sts:*", "*"}
    asked = [actions] if isinstance(actions, str) else actions if isinstance(actions, list) else []
    own = principal == "*" or (isinstance(principal, dict) and "AWS" in principal)
    return own and any(isinstance(action, str) and action.lower() in assumes for action in asked)


def _conditions(condition: object) -> set[str]:
    """The keys that a statement's condition demands a value of."""
    found = set()
    for operator, tests in _tests(condition):
        if operator == "null":
            found |= {key for key, values in tests if key == SOURCE_IDENTITY and _says(values, "false")}
        elif operator.startswith(("stringequals", "stringlike")) and not operator.endswith("ifexists"):
            found |= {key for key, values in tests if key == SOURCE_IDENTITY or not _says(values, "*")}
    return found


def _refused_without(condition: object) -> set[str]:
    """The keys without whose value a Deny refuses."""
    found = set()
    for operator, tests in _tests(condition):
        if operator == "null":
            found |= {key for key, values in tests if key == SOURCE_IDENTITY and _says(values, "true")}
        elif operator.startswith(("stringnotequals", "stringnotlike")):
            found |= {key for key, _ in tests}
    return found


def _tests(condition: object) -> Iterable[tuple[str, list[tuple[str, object]]]]:
    """Operators in small letters, each with the two keys in AWS's spelling and the values."""
    known = {SESSION_NAME.lower(): SESSION_NAME, SOURCE_IDENTITY.lower(): SOURCE_IDENTITY}
    for operator, tests in condition.items() if isinstance(condition, dict) else ():
        if isinstance(tests, dict):
            named = [(known[str(key).lower()], value) for key, value in tests.items() if str(key).lower() in known]
            yield str(operator).lower().rsplit(":", 1)[-1], named


def _says(values: object, word: str) -> bool:
    result = values if isinstance(values, list) else [values]
    return any(str(value).lower() == word for value in result)


SHORTEST = 2
"""Names shorter than this identify no one."""

_DEFAULTS: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (why, re.compile(pattern, re.IGNORECASE))
    for why, pattern in (
        ("default of botocore", r"botocore-session-\d+"),
        ("default of the command line", r"aws-?cli-session-?\w*"),
        ("default of an SDK", r"(aws-(sdk-)?(go|java|js|php|net|ruby|python|rust|cpp|swift)-?|aws-?sdk)[\w.-]*"),
        ("default of an SDK", r"(assume-?role(-from-profile)?(-?session)?[\w.-]*|default_session_name)"),
        ("instance ID", r"m?i-[0-9a-f]{8,17}"),
        ("name of a service", r"[\w.-]+\.amazonaws\.com(\.cn)?"),
        ("name of a service", r"(AWSCodeBuild|AWSConfig|MandoService|SLRManagement|AWSLF|eks)-.*"),
        ("name of a service", r"(CLOUDWATCH_LOGS_DELIVERY_SESSION|CloudTrail|GlueJobRunnerSession|SageMaker)"),
        ("name of a service", r"(CognitoIdentityCredentials|RolesAnywhereInternalSession)"),
        ("name of a pipeline", r"(GitHubActions|gitlab[\w-]*|terraform[\w-]*|jenkins[\w-]*|circleci[\w-]*)"),
        ("number or ID", r"[\d._-]+|[0-9a-f]{16,}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"),
        ("generic name", r"(session|my-?session|test|tmp|temp|default|cli|web-identity-token-[\w-]*)[-_]?\d*"),
    )
)


def default_name(name: str) -> str | None:
    """Why a session name says nothing about a person, None where it may.

    >>> default_name("botocore-session-1700000000"), default_name("i-0a41c7d2e95b3f608"), default_name("alice")
    ('default of botocore', 'instance ID', None)
    """
    return next((why for why, pattern in _DEFAULTS if pattern.fullmatch(name)), None)


@lru_cache(maxsize=8_192)
def normal(name: str) -> str:
    """A name without what spellings differ in: case, separators, domain part and plus-tag.

    >>> [normal(name) for name in ("Alice.Smith@corp.example", "alice_smith+aws", "CORP\\\\alice-smith")]
    ['alicesmith', 'alicesmith', 'alicesmith']
    """
    local = name.rsplit("\\", 1)[-1].split("@", 1)[0].split("+", 1)[0]
    return re.sub(r"[\W_]+", "", local).casefold()


class Person(NamedTuple):
    """A principal that may be a person."""

    node: str
    kind: str
    name: str


class People:
    """The known people of a store, by the names that they go by."""

    def __init__(self, reader: Reader) -> None:
        self._whole: dict[str, set[Person]] = defaultdict(set)
        self._local: dict[str, set[Person]] = defaultdict(set)
        for key, kind, name in reader.principals(PEOPLE):
            if name:
                self._add(f"{schema.PRINCIPAL} {key}", kind, name)
        for key, name in reader.user_names():
            self._add(f"{schema.PRINCIPAL} {key}", "IdentityCenterUser", name)

    def _add(self, node: str, kind: str, name: str) -> None:
        one = Person(node, kind, name)
        self._whole[name.casefold()].add(one)
        if len(normal(name)) >= SHORTEST:
            self._local[normal(name)].add(one)

    def named(self, name: str) -> list[Person]:
        """The people that a name identifies: those of exactly that name, else those of its normal form; sorted."""
        return sorted(self._whole.get(name.casefold()) or self._local.get(normal(name)) or ())


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
    hows = {hop.how for _, hop in hops}
    if hows <= set(_BY_OTHERS):
        return "no", None, "; ".join(sorted({_BY_OTHERS[how] for how in hows}))
    chosen = [(node, hop) for node, hop in hops if hop.how not in _BY_OTHERS]
    origins = {node: forest.origin(node) for node, _ in chosen}
    people = {one.node for one in origins.values() if one is not None and one.kind in PEOPLE}
    if len(people) > 1:
        direct = [hop.caller for node, hop in chosen if (one := origins[node]) is not None and one.kind in PEOPLE]
        if all(_is_user(forest, caller) for caller in direct):
            return "yes", SESSION_NAME, f"{len(people)} users assume it themselves: demand ${{aws:username}}"
        return (
            "yes", SOURCE_IDENTITY,
            f"{len(people)} people reach it through other roles: a source identity set there stays along the chain",
        )  # fmt: skip
    if any(one is None for one in origins.values()):
        return "not known", None, "the chains of some callers are open"
    known = {one.node for one in origins.values() if one is not None}
    if people and len(known) == 1:
        return "no", None, "only one person assumes it in these logs"
    return "no", None, "its callers are pipelines and services, which set a session name anyway"


def _is_user(forest: Forest, caller: str) -> bool:
    """Is the caller an IAM user with a key, or a session of the user itself?"""
    owner = caller if caller.startswith(f"{schema.PRINCIPAL} ") else forest.owners.get(caller)
    return owner in forest.principals and forest.principals[owner].kind == "IAMUser"


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
    made_by: str | None
    """Name of the person who made the key that the chain begins with, where that is not its owner."""
    origin: str
    """What distinguishes the origin from others; of an open chain the class alone."""
    session: str
    time: int


def answer(
    reader: Reader, role: str | None = None, *, since: int | None = None, until: int | None = None, limit: int = 200
) -> Names:
    """Hold the names of all sessions, or of those of one role, against their origins.

    The window is over the times at which sessions began. Raises `BadUse` where `role` is no role, `NotFound` where
    several have that name.
    """
    wanted = _wanted(reader, role)
    window = Window(since, until)
    forest = Forest(_parts(reader, wanted, window))
    chosen = [
        node
        for node in forest.sessions
        if grants.in_window(forest.begun(node), window) and wanted in (None, forest.owners.get(node))
    ]
    if wanted is not None and not reader.has(ref(wanted)):
        return Names(asked=role, found=False)
    people, demands = People(reader), Demands(reader)
    claims = [claim for node in chosen for claim in _claims(forest, people, demands, node)]
    owners = grants.Owners(reader)
    lines, roles = _lines(claims), _roles(forest, claims, demands)
    owners.read(line[0].session for line in lines[:limit])
    looked = log_coverage(reader, set(map(account_of, chosen)), window)
    counts = Counter(claim.verdict for claim in claims if claim.what == "session name")
    return Names(
        asked=role, found=bool(chosen) if wanted is None else True, scope=grants.whole_scope(looked, window),
        sessions=len(chosen), names_another=counts["names-another"], names_origin=counts["names-origin"],
        names_nobody=counts["names-nobody"], not_known=counts["not-known"], unnamed=len(chosen) - counts.total(),
        names=[_name(forest, owners, line) for line in lines[:limit]], names_total=len(lines),
        roles=roles[:limit], roles_total=len(roles), truncated=len(lines) > limit or len(roles) > limit, sight=looked,
    )  # fmt: skip


def _parts(reader: Reader, wanted: str | None, window: Window) -> Parts:
    """The lineage of one role's sessions that began in a window, or of all sessions."""
    if wanted is None:
        return reader
    seen = reader.sessions_of(ref(wanted).key, None, False)
    began = [f"{schema.SESSION} {one.key}" for one in seen if grants.in_window(one.created, window)]
    return InGraph(reader.ascend(began))


def _wanted(reader: Reader, role: str | None) -> str | None:
    if role is None:
        return None
    what = meant(reader, role.strip(), "Role")
    parts = role_of(what.texts[0]) if what.kind == "arn" else None
    if parts is None:
        raise BadUse(f"{role}: not a role; give its name or ARN, like arn:aws:iam::111122223333:role/NAME")
    return str(keys.role(*parts[:3]).ref)


def _claims(forest: Forest, people: People, demands: Demands, node: str) -> Iterable[Claim]:
    """What the names of a session say: its session name, and its source identity if it has one."""
    body, hop = forest.sessions[node], forest.hops.get(node)
    role = forest.owners.get(node) if body.type == "role" else None
    origin, time = forest.origin(node), forest.begun(node)
    setter: Setter = _SETTERS.get(hop.how, "caller") if hop is not None else "caller"
    if origin is not None and origin.kind == "AWSService" and hop is None:
        setter = "AWS service"
    demand = demands.at(role, time) if role is not None else None
    names = demand.names if demand is not None and demand.names is not None else frozenset()
    result: list[tuple[str | None, Literal["session name", "source identity"], str]] = []
    if role is not None or body.type == "federated":
        result.append((body.name, "session name", SESSION_NAME))
    result.append((body.source_identity, "source identity", SOURCE_IDENTITY))
    for name, what, key in result:
        if not name:
            continue
        behind = forest.behind(node)
        verdict, others = _verdict(people, behind, name)
        maker = behind.name if behind is not None and origin is not None and behind.node != origin.node else None
        apart = f"{origin.node} {body.workload or ''}" if origin is not None else ""
        by: Setter = setter if what == "session name" else "caller"
        yield Claim(name, what, verdict, others, by, key in names, role, maker, apart, node, time)


def _verdict(people: People, origin: Origin | None, name: str) -> tuple[Verdict, tuple[str, ...]]:
    """Whom a name names, and the other people of that name."""
    if origin is None:
        return "not-known", tuple(sorted({one.name for one in people.named(name)}))
    named = people.named(name)
    if any(one.node == origin.node for one in named) or name == origin.name:
        return "names-origin", ()
    if not named or origin.kind == "AWSService" or default_name(name) is not None:
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
        ids += hop.event_ids if hop is not None else ()
    return Name(
        name=first.name, what=first.what, verdict=first.verdict, others=list(first.others[:OTHERS_SHOWN]),
        why=_why(first), set_by=first.set_by, demanded=sum(claim.demanded for claim in line),
        whose=owners.whose(first.session), role_arn=forest.role(first.session), sessions=len(line),
        first=iso(first.time), last=iso(line[-1].time), event_ids=ids[: grants.EVENTS_SHOWN],
    )  # fmt: skip


def _why(claim: Claim) -> str | None:
    if claim.verdict == "names-nobody":
        return default_name(claim.name) or "no known user has that name"
    if claim.made_by is not None:
        return f"the key behind it was made by {claim.made_by}"
    return "its chain is open" if claim.verdict == "not-known" else None


def _roles(forest: Forest, claims: list[Claim], demands: Demands) -> list[NamesOfRole]:
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
    forest: Forest, role: str, claims: list[Claim], demands: Demands, identified: set[tuple[str, str]]
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


def _demanded(demand: Demand) -> Demanded:
    names = demand.names or frozenset()
    return Demanded(
        since=iso(demand.time), session_name=SESSION_NAME in names,
        source_identity=SOURCE_IDENTITY in names, readable=demand.names is not None, event_ids=[demand.event_id],
    )  # fmt: skip
