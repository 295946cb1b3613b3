"""The verdict about a chain of digests: is each as CloudTrail wrote it, and the log files that it lists?

A digest is vouched for by its signature, which is in the next digest, in the metadata of its S3 object or in a side
file; or by a later digest that is vouched for and has its hash. Without any of that a digest that fits its neighbours
is consistent. Digests are matched by hash first and by name second, wherever the copies lie.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from lineage.model.times import iso, parse_when
from lineage.questions.verify import Chain, Kind, Problem, Stretch, Verdict
from lineage.verify.index import ChainKey, Held, Index
from lineage.verify.keys import Keys
from loaders.digests import UNREAD, name_of, place_of

WEAKEST: tuple[Verdict, ...] = ("altered", "missing", "consistent", "intact")
ALGORITHM = "SHA256withRSA"
HOUR = 3600
LATEST = "its signature is in the next digest and in its S3 metadata, and neither is here"
"""Why the newest digest of a chain is not vouched for."""


def weakest(verdicts: Iterable[str]) -> Verdict:
    """The weakest verdict; what was not validated does not count.

    >>> weakest(["intact", "missing", "not validated"]), weakest([])
    ('missing', 'consistent')
    """
    held = set(verdicts)
    return next((one for one in WEAKEST if one in held), "consistent")


@dataclass
class _Link:
    """A digest in its chain."""

    held: Held
    followers: list[Held]
    """Digests that have its hash as that of the digest before them."""
    deniers: list[Held]
    """Digests that name it, with another hash."""
    signed: bool | None
    """Is its signature right? None if it could not be checked."""
    unsigned: str
    """Why it could not be checked."""
    trusted: bool = False
    """Is it vouched for?"""
    spare: bool = False
    """Is it an altered copy of a digest that is there too?"""
    problems: list[Problem] = field(default_factory=list)
    """The first of them."""
    kinds: Counter[Kind] = field(default_factory=Counter)
    """How many there are of each kind."""
    verdict: Verdict = "consistent"
    logs: int = 0
    logs_intact: int = 0

    def alter(self, why: str, kind: Kind = "digest altered") -> None:
        """Note that it is not as CloudTrail wrote it."""
        self.problems.append(_problem(self.held, kind, self.held.object, self.held.path, why))
        self.kinds[kind] += 1


class Checked(NamedTuple):
    """A chain, and what is needed to judge it beside others."""

    key: ChainKey
    chain: Chain
    end: int | None
    """End of its newest digest."""


def check(index: Index, key: ChainKey, keys: Keys, limit: int) -> Checked:
    """The verdict about a chain."""
    held = index.digests(key)
    links = [_link(index, one, keys) for one in held if not one.backfill]
    late = [_link(index, one, keys) for one in held if one.backfill]
    _trust(links)
    for link in late:
        link.trusted = link.signed is True
    for link in links:
        _check_link(index, link, links)
    for link in (*links, *late):
        if link.signed is False and not link.problems:
            link.alter("its signature is wrong: the digest or the signature was altered", "signature wrong")
        if not link.spare:
            _check_logs(index, link, limit)
        link.verdict = _verdict(link)
    chain = [link for link in links if not link.spare]
    stretches, missing = _stretches(index, chain)
    stretches += _merged(_stretch(link, backfill=True) for link in late)
    problems = [one for link in (*links, *late) for one in link.problems] + missing
    kinds = sum((link.kinds for link in (*links, *late)), Counter(one.kind for one in missing))
    found = _chain(key, [*links, *late], stretches, problems, kinds, limit)
    return Checked(key, found, chain[-1].held.end if chain else None)


def broken(index: Index, limit: int) -> Iterator[Checked]:
    """Files that should be digests and are not, as chains of their own."""
    for path, damage in index.broken_digests():
        place = place_of(path)
        end = parse_when(place.end) if place is not None else None
        key = ChainKey(*place[:4]) if place is not None else ChainKey("", "", "", "")
        text = iso(end) if end is not None else None
        kind: Kind = "digest missing" if damage.startswith(UNREAD) else "digest altered"
        problem = Problem(kind=kind, since=None, until=text, object=None, path=path, why=damage)
        yield Checked(key, _chain(key, [], [], [problem], Counter([kind]), limit), None)


def joined(checked: Sequence[Checked], limit: int) -> Checked:
    """Several results about one chain as one."""
    first, *others = checked
    if not others:
        return first
    problems = [one for each in checked for one in each.chain.problems]
    total = sum(each.chain.problems_total for each in checked)
    verdict = weakest(each.chain.verdict for each in checked)
    chain = first.chain.model_copy(
        update={"problems": _ordered(problems)[:limit], "problems_total": total, "verdict": verdict}
    )
    return first._replace(chain=chain)


def with_missing_end(checked: Checked, until: int, why: str) -> Checked:
    """A chain of which the newest digests are missing."""
    assert checked.end is not None
    missing = Stretch(verdict="missing", since=iso(checked.end), until=iso(until), digests=0, logs=0, why=why)
    problem = Problem(kind="digest missing", since=missing.since, until=missing.until, object=None, why=why)
    chain = checked.chain
    stretches = [one for one in chain.stretches if not one.backfill]
    late = [one for one in chain.stretches if one.backfill]
    changed = {
        "stretches": [*stretches, missing, *late], "verdict": weakest((chain.verdict, "missing")),
        "problems": [*chain.problems, problem], "problems_total": chain.problems_total + 1,
    }  # fmt: skip
    return checked._replace(chain=chain.model_copy(update=changed))


def _link(index: Index, held: Held, keys: Keys) -> _Link:
    naming = index.named_by(held)
    signatures = {one.stated.previous_signature for one in naming if not held.backfill} - {None, ""}
    signatures |= set(index.signatures(held))
    signed: bool | None = None
    unsigned = LATEST if not held.backfill else "the signature of a backfill is only in its S3 metadata"
    if signatures and held.stated.algorithm != ALGORITHM:
        unsigned = f"its signature algorithm is not {ALGORITHM}"
    elif signatures and held.stated.fingerprint not in keys:
        unsigned = f"there is no public key with its fingerprint {held.stated.fingerprint}"
    elif signatures:
        text = held.stated.signed_text(held.sha256)
        signed = any(keys.is_valid(held.stated.fingerprint, str(one), text) for one in signatures)
    elif naming:
        unsigned = "the next digest does not state its signature"
    followers = [one for one in naming if one.stated.previous_hash == held.sha256]
    deniers = [one for one in naming if one.stated.previous_hash != held.sha256]
    return _Link(held, followers, deniers, signed, unsigned)


def _trust(links: Sequence[_Link]) -> None:
    """Mark what is vouched for: from the newest digest back."""
    trusted: set[str] = set()
    for link in reversed(links):
        if link.signed or link.held.sha256 in trusted:
            link.trusted = True
            if link.held.stated.previous_hash:
                trusted.add(link.held.stated.previous_hash)


def _check_link(index: Index, link: _Link, links: Sequence[_Link]) -> None:
    """Compare a digest with the digests before and after it."""
    held, stated = link.held, link.held.stated
    if not link.trusted and not link.followers:
        if link.deniers:
            denier = link.deniers[0]
            link.spare = index.of_hash(denier.stated.previous_hash or "") is not None
            of = "; an unaltered copy is there too" if link.spare else ""
            link.alter(f"its hash is not the one that {denier.object} states{of}")
        elif others := [one for one in index.of_name(stated.object) if one.id != held.id]:
            better = {one.held.id for one in links if one.trusted or one.followers}
            link.spare = any(one.id in better or one.id < held.id for one in others)
            link.alter(f"{others[0].path} claims to be the same digest, with another content")
        elif stated.previous_hash and (others := index.beside(held)):
            link.alter(f"it follows the same digest as {others[0].object}, and no other digest follows it")
        elif place_of(held.path) is not None and name_of(held.path) != name_of(stated.object):
            link.alter(f"the file has the name of another digest than it states, {held.object}")
    if not stated.previous_hash:
        if stated.previous_object is not None and not link.trusted:
            link.alter("it names the digest before it, but not its hash")
        return
    before = index.of_hash(stated.previous_hash)
    if before is None:
        named = index.of_name(stated.previous_object)
        trusted = {one.held.id for one in links if one.trusted}
        if not link.trusted and any(one.id in trusted for one in named):
            link.alter(f"it states another hash of {named[0].object} than that has, whose signature is right")
    elif (before.stated.bucket, before.stated.object) != (stated.previous_bucket, stated.previous_object):
        link.alter(f"it names s3://{stated.previous_bucket}/{stated.previous_object} as the digest before it, "
                   f"with the hash of {before.object}")  # fmt: skip
    elif before.chain != held.chain or before.backfill:
        link.alter(f"the digest before it is of another trail, account or region: {before.object}")


def _check_logs(index: Index, link: _Link, limit: int) -> None:
    """Compare the log files that a digest lists with those that are here; of the problems the first are kept."""
    for log in index.logs(link.held):
        link.logs += 1
        unread = log.damage is not None and log.damage.startswith(UNREAD)
        if log.other is not None and not unread:
            kind: Kind = "log altered"
            why = log.damage or "its SHA-256 is not the one that the digest states"
        elif log.found:
            link.logs_intact += 1
            continue
        else:
            kind = "log missing"
            why = str(log.damage) if unread else "no file with its hash or its name is here"
        link.kinds[kind] += 1
        if len(link.problems) < limit:
            link.problems.append(_problem(link.held, kind, log.object, log.other, why))


def _verdict(link: _Link) -> Verdict:
    if link.kinds.keys() - {"log missing"}:
        return "altered"
    if link.kinds:
        return "missing"
    return "intact" if link.trusted else "consistent"


def _stretches(index: Index, links: Sequence[_Link]) -> tuple[list[Stretch], list[Problem]]:
    """The stretches of a chain in order of time, and the digests that are missing in it."""
    parts: list[Stretch] = []
    problems: list[Problem] = []
    end: int | None = None
    for link in links:
        gap = _gap(index, link, end) if end is not None else None
        if gap is not None:
            parts.append(gap)
            if gap.verdict == "missing":
                stated = link.held.stated
                problems.append(Problem(
                    kind="digest missing", since=gap.since, until=gap.until,
                    object=f"s3://{stated.previous_bucket}/{stated.previous_object}", why=str(gap.why),
                ))  # fmt: skip
        parts.append(_stretch(link))
        end = max(end or 0, link.held.end)
    return _merged(parts), problems


def _gap(index: Index, link: _Link, end: int) -> Stretch | None:
    """What is between a digest and the end of those before it."""
    held, stated = link.held, link.held.stated
    gap = Stretch(verdict="missing", since=iso(end), until=iso(max(held.start, end)), digests=0, logs=0)
    if stated.previous_hash is None:
        why = "the chain ended and began anew: log file validation or logging was off, or the trail was made again"
        return gap.model_copy(update={"verdict": "not validated", "why": why})
    if index.of_hash(stated.previous_hash):
        return None
    if any(one.chain == held.chain for one in index.of_name(stated.previous_object)):
        return None  # it is altered, and a stretch of its own
    there = index.files_named(stated.previous_object or "")
    if there and all((damage or "").startswith(UNREAD) for _, damage in there):
        return gap.model_copy(update={"why": there[0][1]})
    if there:
        why = f"the digest of that time is altered: {there[0][0]}"
        return gap.model_copy(update={"verdict": "altered", "why": why})
    count = max(1, round((held.start - end) / HOUR))
    why = "a digest is not here" if count == 1 else f"about {count:,} digests are not here"
    return gap.model_copy(update={"why": why})


def _stretch(link: _Link, *, backfill: bool = False) -> Stretch:
    why = next((one.why for one in link.problems), None) or (None if link.trusted else link.unsigned)
    if link.kinds.total() > 1:
        why = None  # the list of problems has them
    return Stretch(
        verdict=link.verdict, since=iso(link.held.start), until=iso(link.held.end), digests=1, logs=link.logs,
        backfill=backfill, why=why,
    )  # fmt: skip


def _merged(parts: Iterable[Stretch]) -> list[Stretch]:
    """Neighbours with the same verdict as one."""
    found: list[Stretch] = []
    for part in parts:
        last = found[-1] if found else None
        if last is None or last.verdict != part.verdict or not (last.digests and part.digests):
            found.append(part)
            continue
        found[-1] = last.model_copy(update={
            "until": max(last.until, part.until), "digests": last.digests + part.digests,
            "logs": last.logs + part.logs, "why": last.why if last.why == part.why else None,
        })  # fmt: skip
    return found


def _chain(
    key: ChainKey, links: Sequence[_Link], stretches: list[Stretch], problems: list[Problem], kinds: Counter[Kind],
    limit: int,
) -> Chain:  # fmt: skip
    told = ["altered"] if kinds.keys() - {"log missing", "digest missing"} else ["missing"] if kinds else []
    times = [one for one in stretches if not one.backfill]
    return Chain(
        account=key.account or None, region=key.region or None, trail=key.trail or None, home_region=key.home or None,
        verdict=weakest([*(one.verdict for one in stretches), *told]),
        since=times[0].since if times else None, until=times[-1].until if times else None,
        digests=len(links), signed=sum(link.trusted for link in links), logs=sum(link.logs for link in links),
        logs_intact=sum(link.logs_intact for link in links), stretches=stretches,
        problems=_ordered(problems)[:limit], problems_total=kinds.total(),
    )  # fmt: skip


def _ordered(problems: Iterable[Problem]) -> list[Problem]:
    return sorted(problems, key=lambda one: (one.since or one.until or "", one.kind, one.object or "", one.path or ""))


def _problem(held: Held, kind: Kind, object: str, path: str | None, why: str) -> Problem:
    return Problem(kind=kind, since=iso(held.start), until=iso(held.end), object=object, path=path, why=why)
