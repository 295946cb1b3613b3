"""The words of the answers: codes of the JSON as sentences for people.

A chain proves credentials, not hands: every sentence says "credentials of X", never that X did it.
Source of the codes: field guide §12.3 (confidence) and §12.5 (reasons).
"""

from __future__ import annotations

from typing import Final

from lineage.model.keys import UNNAMED_SERVICE
from lineage.questions.shared.explained import named
from lineage.questions.shared.providers import verb
from lineage.questions.who import CopyPlace, Hop, KnownCredential, Missing, Origin, Provenance, WhoAnswer
from lineage.render.text import moment

CONFIDENCE: Final[dict[str, str]] = named("confidence")
"""What each class of confidence means, whatever rule it comes from."""

BASES: Final[dict[str, dict[str, str]]] = {
    "2": {
        "EXACT": "the key that was issued is the key that was used",
        "STRONG": "several calls issued the key that was used; only one has the same identity and time",
    },
    "2b": {
        "STRONG": "one issue of the key was valid then; the record names no identity",
        "LIKELY": "the newest of several issues of the key that were valid then",
    },
    "3": {"EXACT": "the sign-in and the call have the same sign-in session"},
    "4": {
        "EXACT": "the grant itself",
        "STRONG": "one grant has the same identity and time",
        "LIKELY": "grants of several callers have the same identity and time",
    },
    "4b": {
        "STRONG": "one grant has the same role, session name and time",
        "LIKELY": "grants of several callers have the same role, session name and time",
    },
    "5": {
        "STRONG": "one sign-in has the same identity and time",
        "LIKELY": "sign-ins of several callers have the same identity and time",
    },
    "5b": {
        "STRONG": "one SAML sign-in has the same identity and time",
        "LIKELY": "SAML sign-ins of several callers have the same identity and time",
    },
    "7": {"STRONG": "the user called that service within the same seconds"},
    "8": {
        "STRONG": "the session itself names the service that it belongs to",
        "LIKELY": "the session has the name that a service gives",
    },
    "9": {
        "LIKELY": "one session of that identity was live then; the record states none",
        "HEURISTIC": "the newest of several sessions of that identity that were live then",
    },
    "10": {"HEURISTIC": "the newest session of that role and session name that was live then"},
    "10b": {
        "LIKELY": "one session of that identity was live when the other account logged the call",
        "HEURISTIC": "the newest of several sessions that were live when the other account logged the call",
    },
}
"""What a confidence is based on, by rule (guide §12.3) and class."""

_SEVERAL: Final = {
    "4": "several grants of one caller have the same identity and time",
    "4b": "several grants of one caller have the same role, session name and time",
}
"""The same where one caller has several grants that fit."""

REASONS: Final[dict[str, str]] = {
    "account-not-loaded": "The logs of the caller's account are not loaded; only the other account's copy of the "
    "call is.",
    "ambiguous": "Several callers fit equally well; none is picked.",
    "before-collection": "The session began before the first loaded record of its account.",
    "conflicting-copies": "Copies of this event contradict each other; none is picked, each is shown with its file.",
    "data-event-vendor": "A service issued the key by a data event, which trails do not log by default.",
    "depth": "The chain is longer than 2,000 hops; the search stopped there.",
    "edited-data": "The times of the grants contradict each other; the records may have been edited.",
    "gap": "The session began in a gap of the loaded logs.",
    "grant-not-logged": "The logs cover that time but contain no grant of this session.",
    "masked-data": "The identity is masked in the loaded records, so nothing can be joined.",
    "no-identity": "The record identifies no caller: no principal, no session, no usable key.",
    "no-session-context": "The record does not say which session it belongs to.",
    "reads-not-logged": "The trail logs no management reads, and AssumeRole is one: no grant can be seen.",
    "recycled-key-mismatch": "The key was issued to another principal; AWS reuses key IDs.",
    "region-not-loaded": "The region where the session was granted is not loaded.",
    "response-omitted": "The grant was logged without its response, so its key is unknown.",
    "several-origins": "Its sessions have several origins; each is listed.",
    "sign-in-check": "An MFA check comes before the sign-in: the record names the user that was tried, not the caller.",
    "sign-in-failed": "The sign-in failed: the record names the user that was tried, not the caller.",
}
"""Why a chain ends open, by reason code."""

KINDS: Final[dict[str, str]] = {
    "Anonymous": "no credentials",
    "AWSService": "AWS service",
    "CloudFrontOriginAccessIdentity": "CloudFront origin access identity",
    "Directory": "directory user",
    "ExternalAccount": "outside account",
    "IAMUser": "IAM user",
    "IdentityCenterUser": "Identity Center user",
    "RootUser": "root user",
    "SAMLIdentity": "SAML identity",
    "Unknown": "identity of an unknown type",
    "Unresolved": "unresolved",
    "WebIdentity": "web identity",
}
"""Kinds of origin."""

HOWS: Final[dict[str, str]] = named("method")
"""How a session was obtained."""

VIAS: Final[dict[str, str]] = {
    "aws-login": "aws login",
    "eks-pod-identity": "EKS Pod Identity",
    "mcp": "an MCP agent",
    "roles-anywhere": "Roles Anywhere",
}
"""What is between a grant and its use, where that is no service name."""


def whose(origin: Origin) -> str:
    """Whose credentials an origin represents, as the object of "credentials of".

    >>> whose(Origin(kind="RootUser", id="arn:aws:iam::111122223333:root", account="111122223333"))
    'the root user of account 111122223333'
    """
    match origin.kind:
        case "RootUser":
            return f"the root user of account {origin.account}"
        case "AWSService":
            service = origin.name if origin.name != UNNAMED_SERVICE else None
            service = service or "an AWS service"
            return f"{service} for {origin.resource}" if origin.resource else service
        case "ExternalAccount":
            if not (origin.id or "").partition(":")[2]:
                return f"account {origin.account}"
            return f"{origin.name or origin.id}, a principal of account {origin.account}"
        case "Unresolved":
            return "a caller that the loaded logs do not name"
        case _:
            return origin.name or origin.id or "an identity without a name"


def verdict(answer: WhoAnswer) -> str:
    """The answer in one line, without its confidence."""
    if answer.attempt:
        return answer.attempt
    if answer.origin.kind == "Anonymous":
        return "no credentials: an anonymous call"
    if answer.origin.kind == "Unresolved":
        return f"credentials of {whose(answer.origin)}"
    shown = f"credentials of {whose(answer.origin)} ({KINDS.get(answer.origin.kind, answer.origin.kind)})"
    if answer.provider_by is not None:
        shown += f", {by_provider(answer.provider_by)}"
    return f"{shown}, {by_another(answer.made_by)}" if answer.made_by is not None else shown


def by_provider(made: Provenance) -> str:
    """Who created or changed the provider that vouches for an origin, for the headline."""
    return f"provider {verb(made.api)} by {whose(made.answer.origin)} {made.time}"


def by_another(made: Provenance) -> str:
    """What another identity made for the origin, for the headline: the owner of a key is never named alone."""
    maker = whose(made.answer.origin)
    if made.what == "access key":
        return f"by a key that {maker} made"
    if made.what == "login profile":
        return f"by a password that {maker} set"
    return f"a user that {maker} created"


def notes(answer: WhoAnswer) -> list[str]:
    """The notes below a verdict, one sentence each: why it is open or how the session was obtained is unknown,
    which logs would resolve it, on whose behalf the credentials acted, which credentials of the user are known."""
    found = []
    if answer.reason:
        why = reason(answer.reason)
        found.append(f"How the session was obtained is unknown. {why}" if _way_in_unseen(answer) else why)
    elif answer.ambiguous:
        found.append("The caller is certain; which of its grants was used is not.")
    if place := copied_from(answer.copied_from):
        found.append(place)
    if shown := settle(answer.missing):
        found.append(shown)
    if answer.on_behalf_of is not None:
        behalf = answer.on_behalf_of
        kind = KINDS.get(behalf.kind, behalf.kind)
        verb = "delegated by" if answer.origin.kind == "ExternalAccount" else "on behalf of"
        found.append(f"Acted {verb} {behalf.name or behalf.id} ({kind}).")
    if answer.identity.invoked_by and answer.origin.kind in ("IAMUser", "RootUser"):
        found.append(f"{answer.identity.invoked_by} made the call in the user's name (forward access).")
    return found + [_known(credential) for credential in answer.credentials]


def _way_in_unseen(answer: WhoAnswer) -> bool:
    return answer.origin.kind in ("IAMUser", "RootUser", "IdentityCenterUser") and answer.reason in (
        "account-not-loaded", "before-collection", "gap", "grant-not-logged", "reads-not-logged",
        "recycled-key-mismatch", "region-not-loaded",
    )  # fmt: skip


def _known(credential: KnownCredential) -> str:
    """A credential that could have been used, in a sentence."""
    what = f"{credential.what} {credential.key}" if credential.key else credential.what
    if credential.time is None:
        return f"Known credential: {what}; the call that made it is not in the loaded logs."
    verb = "set" if credential.what == "password" else "made"
    maker = f" with credentials of {credential.made_by}" if credential.made_by else " by the user"
    events = " ".join(credential.event_ids)
    return f"Known credential: {what}, {verb}{maker} at {moment(credential.time)} ({credential.api}, {events})."


SEVERAL: Final = ("ambiguous", "conflicting-copies")
"""Reasons of answers of which each is shown and none is picked."""


def copied_from(copy: CopyPlace | None) -> str | None:
    """Where the copy lies that an answer is for, and what it says; None where the event has no contradicting copies.

    >>> copied_from(None)
    """
    if copy is None:
        return None
    said = f"{copy.api} at {moment(copy.time)}" + (f", {copy.error}" if copy.error else "")
    keys = f", issued {', '.join(copy.issued_access_key_ids)}" if copy.issued_access_key_ids else ""
    return f"Copy in {copy.path or 'an unknown file'}, record {copy.index:,}: {said}{keys}."


def basis(answer: WhoAnswer) -> str:
    """What the confidence of an answer is based on: the rules of its weakest hops, else what names the origin."""
    found = [_of_hop(hop) for hop in answer.hops if hop.confidence == answer.confidence]
    if not answer.hops or not found:
        rules = [hint.rule for hint in answer.hints]
        found = [text for rule in rules if (text := BASES.get(rule, {}).get(answer.confidence))]
    if not found and not answer.hops and answer.confidence == "EXACT":
        found = ["stated by the record"]
    told = "; ".join(dict.fromkeys(text for text in found if text))
    return told or CONFIDENCE[answer.confidence]


def _of_hop(hop: Hop) -> str:
    if hop.candidates > 1 and hop.confidence == "STRONG" and hop.rule in _SEVERAL:
        return _SEVERAL[hop.rule]
    return BASES.get(hop.rule, {}).get(hop.confidence, "")


def reason(code: str) -> str:
    """The sentence for a reason code; the code itself where it is a new one."""
    return REASONS.get(code, f"The chain ends here: {code}.")


def settle(missing: Missing | None) -> str | None:
    """Which logs would settle an open end, as a sentence; None where that is not known.

    >>> settle(Missing(account="111122223333", region=None, day="2026-03-11"))
    'Logs that would resolve this: account 111122223333, any region, 2026-03-11.'
    """
    if missing is None or not (missing.account or missing.region or missing.day):
        return None
    parts = (
        f"account {missing.account}" if missing.account else "any account",
        missing.region or "any region",
        missing.day or "any day",
    )
    return f"Logs that would resolve this: {', '.join(parts)}."


def provenance(made: Provenance, relation: str) -> str:
    """The line above a maker's own answer; `relation` is `made_by`, `started_by` or `provider_by`."""
    done = {"made_by": "made", "started_by": "started or last changed"}.get(relation) or verb(made.api)
    return f"{made.what} {done} with {verdict(made.answer)}"


def ways(how: str, via: str | None) -> str:
    """How a session was obtained, in words.

    >>> ways("cli-sdk", "aws-login")
    'by API, command line or SDK, through aws login'
    """
    words = HOWS.get(how, how)
    return f"{words}, through {VIAS.get(via, via)}" if via else words
