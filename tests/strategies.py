"""Hypothesis strategies: random histories of a small organization, with the truth about every event."""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import strategies as st

from tests.aws import Cloud, Identity, Role

Step = tuple[str, int, int, int]
"""What happens, which actor and which role (numbers taken modulo), and the seconds that pass before."""


class World:
    """Three accounts and an outside one, a few people and roles, and the sessions alive in them."""

    def __init__(self, seed: int, twins: bool) -> None:
        self.cloud = cloud = Cloud(seed)
        self.twins = twins
        self.home, self.work, self.hub = (cloud.account(n) for n in ("home", "work", "hub"))
        self.vendor = cloud.account("vendor", logged=False)
        self.users = [cloud.user(a, n) for a, n in ((self.home, "ana"), (self.work, "bo"), (self.hub, "cy"))]
        self.roles = [cloud.role(a, n) for a in (self.home, self.work) for n in ("admin", "reader", "deploy")]
        self.directory = cloud.directory(self.hub)
        self.people = [cloud.person(n) for n in ("dora", "emil")]
        self.sets = [cloud.permission_set(self.directory, a, "Power") for a in (self.home, self.work)]
        self.partner = cloud.session(cloud.role(self.vendor, "scanner"), "scan", cloud.user(self.vendor, "x"))
        self.actors: list[Identity] = list(self.users)
        self.count = 0

    def alive(self) -> list[Identity]:
        """Who can act now: users, and sessions within their life (a console session: 12 hours)."""
        now = self.cloud.now
        return [a for a in self.actors if (a.expires or (a.created or now) + 43200) > now]

    def session_name(self) -> str:
        """A session name: a new one each time, or one of two where twins are wanted."""
        self.count += 1
        return f"s{self.count % 2}" if self.twins else f"s{self.count}"

    def play(self, step: Step) -> None:
        """Let one step happen."""
        name, actor, role, seconds = step
        self.cloud.tick(seconds if self.twins else seconds + 3)
        alive = self.alive()
        made = ACTIONS[name](self, alive[actor % len(alive)], self.roles[role % len(self.roles)])
        if made is not None:
            self.actors.append(made)


def _user(world: World, who: Identity) -> Identity:
    return next(u for u in world.users if u.account == who.account) if who.account != world.vendor else who


def _sign_in(world: World, who: Identity, role: Role) -> Identity:
    person = world.people[len(who.principal_id) % 2]
    return world.cloud.sso_cli(world.directory, person, world.sets[role.account == world.work])


def _portal(world: World, who: Identity, role: Role) -> Identity:
    return world.cloud.sso_console(world.directory, world.people[0], world.sets[role.account == world.work])


def _read(world: World, who: Identity, role: Role) -> None:
    world.cloud.call(who, "ec2.amazonaws.com", "DescribeInstances")


def _write(world: World, who: Identity, role: Role) -> None:
    world.cloud.attach_role_policy(who, role, "arn:aws:iam::aws:policy/ReadOnlyAccess")


def _switch(world: World, who: Identity, role: Role) -> Identity:
    console = world.cloud.console_login(_user(world, who))
    world.cloud.tick(5)
    return world.cloud.switch_role(console, role)


def _forward(world: World, who: Identity, role: Role) -> None:
    secrets, kms = "secretsmanager.amazonaws.com", "kms.amazonaws.com"
    world.cloud.forward(who, (secrets, "GetSecretValue"), (kms, "Decrypt"))


def _key(world: World, who: Identity, role: Role) -> Identity:
    return world.cloud.create_access_key(who, _user(world, who))


def _deny(world: World, who: Identity, role: Role) -> None:
    world.cloud.deny_assume_role(who, role)


def _anonymous(world: World, who: Identity, role: Role) -> None:
    world.cloud.anonymous_get(role.account, "public-site")


ACTIONS: dict[str, Callable[[World, Identity, Role], Identity | None]] = {
    "read": _read,
    "write": _write,
    "assume": lambda w, who, role: w.cloud.assume_role(who, role, w.session_name()),
    "deny": _deny,
    "vendor": lambda w, who, role: w.cloud.assume_role(w.partner, role, w.session_name()),
    "saml": lambda w, who, role: w.cloud.saml(role, "fay@corp.example", session=w.session_name()),
    "github": lambda w, who, role: w.cloud.web_identity(role, "repo:org/app:ref:main", session=w.session_name()),
    "sso": _sign_in,
    "portal": _portal,
    "token": lambda w, who, role: w.cloud.get_session_token(_user(w, who)),
    "federate": lambda w, who, role: w.cloud.get_federation_token(_user(w, who), w.session_name()),
    "login": lambda w, who, role: w.cloud.console_login(_user(w, who)),
    "switch": _switch,
    "instance": lambda w, who, role: w.cloud.ec2(role, f"i-{w.session_name()}"),
    "function": lambda w, who, role: w.cloud.lambda_function(role, f"fn-{w.session_name()}"),
    "forward": _forward,
    "key": _key,
    "anonymous": _anonymous,
}
"""Every action by name; a name is what a failing example shows."""


def history(seed: int, steps: list[Step], twins: bool = False) -> Cloud:
    """The cloud after these steps."""
    world = World(seed, twins)
    for step in steps:
        world.play(step)
    return world.cloud


@st.composite
def clouds(draw: st.DrawFn, twins: bool = False, max_steps: int = 24, last: str | None = None) -> Cloud:
    """A cloud with a random history of up to about 60 records.

    Without `twins`, three seconds pass between actions, session names are new each time, and `truth`
    holds for every event. With them, seconds and names coincide: several callers may fit one
    session, so only what does not depend on the truth can be asked (order, repetition, both stores).
    `last` is an action that every history ends with.
    """
    steps = draw(
        st.lists(
            st.tuples(
                st.sampled_from(sorted(ACTIONS)),
                st.integers(0, 7),
                st.integers(0, 5),
                st.integers(0, 1) if twins else st.sampled_from([0, 1, 40, 700, 3000]),
            ),
            min_size=2,
            max_size=max_steps,
        )
    )
    if last is not None:
        steps.append((last, draw(st.integers(0, 7)), draw(st.integers(0, 5)), 1))
    return history(draw(st.integers(0, 2**16)), steps, twins)
