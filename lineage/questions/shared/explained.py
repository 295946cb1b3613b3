"""What rules, classes of confidence and ways into a session mean: for `lineage explain`, answers and documentation.

Source: field guide §12.3 (rules and confidence) and §8 (ways).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final, Literal, NamedTuple

from lineage.render.blocks import Block, Fold, Grid, Heading, Note, Para, Span
from lineage.render.columns import head

Kind = Literal["rule", "confidence", "method"]


class Explained(NamedTuple):
    """One rule, class of confidence or way into a session."""

    name: str
    """As it is asked for: `rule-4b`, `STRONG`, `identity-center`."""
    kind: Kind
    title: str
    meaning: str
    applies: str
    """When it applies."""
    wrong: str
    """What could make it wrong."""


def _rule(name: str, title: str, meaning: str, applies: str, wrong: str) -> Explained:
    return Explained(f"rule-{name}", "rule", title, meaning, applies, wrong)


def _class(name: str, title: str, meaning: str, applies: str, wrong: str) -> Explained:
    return Explained(name, "confidence", title, meaning, applies, wrong)


def _method(name: str, title: str, meaning: str, wrong: str) -> Explained:
    return Explained(name, "method", title, meaning, "", wrong)


_SAME_SECOND = "Two grants of the same identity in the same second; then both are shown, and none is picked."
_STOLEN = "The records are right about the credentials. They do not show who held them."

EXPLAINED: Final[tuple[Explained, ...]] = (
    _rule(
        "1", "a long-term key and its owner",
        "The access key begins with AKIA. Such a key belongs to one user, and the record names that user.",
        "The call was signed with a long-term key, or the event that made the key is loaded.",
        "The key was made for the user by somebody else: the answer then says whose credentials made it. " + _STOLEN,
    ),
    _rule(
        "2", "the issued key is the used key",
        "An event issued a temporary access key, and the call was signed with that key by the same principal.",
        "The grant was logged with its response, and its key appears on a later call before it expires.",
        "AWS reuses the IDs of temporary keys after some time. The principal must agree: a reused key is not joined.",
    ),
    _rule(
        "2b", "the issued key, without a principal to compare",
        "An event issued the key, and the record states the key but no principal, as rows of event history do.",
        "The record comes from a CSV export or a finding that has only the key.",
        "The key ID was reused while both issues were valid; the newest one is taken, and the class says so.",
    ),
    _rule(
        "3", "the same sign-in session",
        "The sign-in and the call state the same ARN of a sign-in session.",
        "The call was made in the console or after `aws login`, and both records have that ARN.",
        "Nothing known: the ARN names one sign-in.",
    ),
    _rule(
        "4", "the same identity and creation time",
        "The call states the principal ID and the creation time of its session. One grant made a session of that "
        "principal ID at that time, up to two seconds apart.",
        "The key of the grant was not logged, or another key of the same session was used.",
        _SAME_SECOND,
    ),
    _rule(
        "4b", "the same role, session name and creation time",
        "As rule 4, but the grant was logged without a principal ID: role, session name and time are compared.",
        "Lambda, EC2 and ECS assume roles without stating the new principal ID.",
        _SAME_SECOND,
    ),
    _rule(
        "5", "the sign-in at the session's creation time",
        "A console sign-in of the same identity lies at the creation time of the session, up to two seconds apart.",
        "A user, root or Identity Center user signed in to the console.",
        "Two sign-ins of the same identity in the same second.",
    ),
    _rule(
        "5b", "the SAML sign-in at the session's creation time",
        "As rule 4 with AssumeRoleWithSAML, and a console sign-in of the same identity and second.",
        "A person came into the console through a SAML provider.",
        "Two sign-ins of the same identity in the same second.",
    ),
    _rule(
        "7", "the user's own call next to the call of a service",
        "A service called in the name of a user. The user's own call to that service lies within a few seconds, and "
        "its key is taken.",
        "The record has `invokedBy` and a user or root, and its temporary key was issued by no logged event.",
        "The user has several keys that were used in those seconds; then no key is picked. The user is certain anyway.",
    ),
    _rule(
        "8", "a session that names its service",
        "The grant is not logged, but the session itself shows the service or workload: a service-linked role, "
        "`inScopeOf`, a principal ID of a service, or an instance ID as session name.",
        "A service obtained the session where no trail logs it.",
        "A session name alone can be chosen by a caller: where nothing else shows the service the class is LIKELY.",
    ),
    _rule(
        "9", "the session that was live",
        "The record states the principal ID but no creation time. One session of that principal ID was live then.",
        "Some services, such as the billing console, log calls without the context of the session.",
        "A session of the same principal ID that is not in the loaded logs.",
    ),
    _rule(
        "10", "the newest session of that role and name",
        "The record states role and session name, but neither principal ID nor creation time. The newest session of "
        "that role and name that was live then is taken.",
        "Records that lost their session context, such as projections and exports.",
        "Several people who use the same session name. Check the address and the time of each session.",
    ),
    _rule(
        "10b", "the session that was live when another account logged the call",
        "Only another account's copy of the call is loaded. It states the caller's principal ID but no creation time; "
        "a session of that principal ID was live then.",
        "The call went to a resource of another account, whose log leaves out the context of the session.",
        "Another session of the same role and session name; load the logs of the caller's account to settle it.",
    ),
    _rule(
        "11", "an indication of a person",
        "A source identity, session name, tag, user name or `onBehalfOf` names somebody. That is no proof.",
        "No event shows the grant. The name is listed as a hint, and nobody is named as origin.",
        "Who assumes a role often chooses the session name freely.",
    ),
    _rule(
        "12", "the account alone",
        "The account was read from an access key ID or a principal ID.",
        "The record states no account, or the caller's account is not loaded.",
        "It says which account, never which principal.",
    ),
    _class(
        "EXACT", "stated by the records",
        "The record names the identity, or the key that was issued is the key that was used.",
        "Rules 1, 2 and 3, and identities that a record states.", _STOLEN,
    ),
    _class(
        "STRONG", "the records fit in one way only",
        "Several facts agree, such as identity and time to the second, and only one grant or caller fits.",
        "Rules 4, 4b, 5, 5b, 7 and 8, and rule 2b.",
        "A second event that fits as well and is not in the loaded logs; see `lineage coverage`.",
    ),
    _class(
        "LIKELY", "best match, not proven",
        "One candidate fits best, or several fit and the answer shows each of them.",
        "Rules 8, 9 and 10b, and any rule with several callers that fit.",
        "A candidate that is not in the loaded logs. Check address, user agent and time before you act.",
    ),
    _class(
        "HEURISTIC", "plausible, needs checking",
        "The newest of several sessions that could be meant.", "Rules 9, 10 and 10b.",
        "Another of the candidates is right. Do not act on it without a second fact.",
    ),
    _class(
        "HINT", "an indication, not proof",
        "A name or account in the record that somebody may have chosen.", "Rules 11 and 12.",
        "The name was chosen to mislead.",
    ),
    _class(
        "NONE", "open",
        "No origin is named. The answer says why, and which logs would resolve it.",
        "No rule applies.",
        "Nothing: no claim is made. Load the logs that are named and ask again.",
    ),
    _method("cli-sdk", "by API, command line or SDK", "AssumeRole or a related operation was called.", ""),
    _method("console", "console sign-in", "A user or root signed in to the console.", ""),
    _method("console-switch-role", "switched role in the console", "The role was switched in the console.", ""),
    _method("federation-token", "federation token", "GetFederationToken gave a user a session with a chosen name.",
            "The caller chooses the name."),
    _method("identity-center", "signed in through Identity Center",
            "A person chose an account and a permission set in the access portal.", ""),
    _method("root-task", "root task of the management account",
            "AssumeRoot gave the management account a root session in a member account.", ""),
    _method("saml", "SAML federation", "AssumeRoleWithSAML with an assertion of the provider.",
            "Whoever controls the provider can name anybody."),
    _method("saml-console", "SAML federation into the console",
            "As SAML federation, followed by a console sign-in of the same second.",
            "Whoever controls the provider can name anybody."),
    _method("service", "a service assumed it", "An AWS service assumed the role for a workload.", ""),
    _method("service-linked", "service-linked role", "A service assumed the role that is linked to it.", ""),
    _method("service-on-behalf", "a service, on behalf of a caller",
            "A service assumed the role because a caller asked it to.", ""),
    _method("session-token", "session token of a user", "GetSessionToken gave a user temporary keys.", ""),
    _method("web-identity", "web-identity federation",
            "AssumeRoleWithWebIdentity with a token of an OIDC provider: EKS, GitHub, Cognito.",
            "Whoever controls the provider can name anybody."),
)  # fmt: skip
BY_NAME: Final = {one.name: one for one in EXPLAINED}
TITLES: Final[dict[Kind, str]] = {
    "rule": "Rules that join a call to its session", "confidence": "Confidence", "method": "Ways into a session",
}  # fmt: skip
_RULE = re.compile(r"\brule (\d+[a-z]?)\b")


def named(kind: Kind) -> dict[str, str]:
    """The titles of all of a kind, by name."""
    return {one.name: one.title for one in EXPLAINED if one.kind == kind}


def meant(text: str) -> Explained | None:
    """What a name means: `rule-4`, `4`, `strong`, `identity-center`; None for an unknown one."""
    wanted = text.strip().lower().replace("_", "-").replace(" ", "-")
    names = {name.lower(): one for name, one in BY_NAME.items()}
    return names.get(wanted) or names.get(f"rule-{wanted}")


def entry(one: Explained) -> Iterator[Block]:
    """One explained, in full."""
    yield Heading((Span(one.name, "name"), f": {one.title}"))
    yield Para((one.meaning,), indent=1)
    for label, text in (("Applies: ", one.applies), ("Could be wrong: ", one.wrong)):
        if text:
            yield Para((Span(label, "quiet"), text), indent=1)


def listed() -> Iterator[Block]:
    """All names with their titles."""
    for kind, title in TITLES.items():
        yield Grid(title, (head("name", style="key"), head("meaning")), list(named(kind).items()))
    yield Note(("lineage explain NAME says what it means, when it applies and what could make it wrong.",))


def used(blocks: Iterable[object]) -> list[str]:
    """Names of the rules and classes of confidence that blocks show, in the order of `EXPLAINED`."""
    found = set(_names(blocks))
    return [one.name for one in EXPLAINED if one.name in found]


def _names(value: object) -> Iterator[str]:
    if isinstance(value, Span):
        yield value.style
        if value.style == "quiet":
            yield from (f"rule-{name}" for name in _RULE.findall(value.text))
    elif isinstance(value, (tuple, list)):
        for one in value:
            yield from _names(one)


def line(names: list[str]) -> Iterator[Block]:
    """Where what an answer shows is explained, for a terminal."""
    if names:
        yield Note((Span(f"Rules: lineage explain {' '.join(names)}", "quiet"),))


def fold(names: list[str]) -> Iterator[Block]:
    """What an answer shows, explained, for a page."""
    if names:
        told = [block for name in names for block in entry(BY_NAME[name])]
        yield Fold("Rules and confidence", "rules", (", ".join(names),), told)
