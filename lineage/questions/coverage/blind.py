"""What an answer of a store cannot say, by what is not loaded: one sentence for each blind spot."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from lineage.model.results import Coverage
from lineage.questions.coverage import AccountUnseen, Opened
from lineage.stores.reader import Reader

HOMES = {"cn": "cn-north-1", "us-gov": "us-gov-west-1"}
"""Where sign-ins and global services are logged, by how regions of a partition begin; `us-east-1` else (guide §9.2)."""
ACCOUNTS_SHOWN = 5


def sentences(
    reader: Reader, loaded: Sequence[Coverage], unseen: Sequence[AccountUnseen], gaps: Sequence[Opened],
    nameless: int = 0, otherwise: bool = False,
) -> list[str]:  # fmt: skip
    """The blind spots, those that hide most first.

    `nameless`: events that name no account; `otherwise`: of what is asked about there are logs of other times.
    """
    none = f"{nameless:,} events name no account: they count for none." if nameless else ""
    if not loaded:
        if otherwise:
            return ["No event of that time is loaded, though others of the account are: silence says nothing."]
        return [text for text in ("Nothing is loaded of that, so nothing can be said about it.", none) if text]
    kinds: dict[str, set[str]] = defaultdict(set)
    regions: dict[str, set[str]] = defaultdict(set)
    for one in loaded:
        kinds[one.account or ""].add(one.category.split(":")[0])
        regions[one.account or ""].add(one.region or "")
    found = [
        _told(
            [account for account in sorted(kinds) if "management-read" not in kinds[account]],
            "no management reads are loaded, and AssumeRole is one: no assumption and no looking around is seen there",
        ),
        _told(
            [account for account in sorted(kinds) if "management-write" not in kinds[account]],
            "no management writes are loaded: no change can be seen there",
        ),
        _told(
            [account for account in sorted(regions) if _home(regions[account]) not in regions[account]],
            "nothing is loaded of the region where sign-ins, IAM and other global services are logged (us-east-1; "
            "cn-north-1 and us-gov-west-1 in their partitions): console sign-ins and changes of IAM are not seen",
        ),
        _told(
            [account for account in sorted(kinds) if "data" not in kinds[account]],
            "no data events are loaded: reads and writes of S3 objects, invocations of functions and reads of table "
            "items are not seen, and nothing says that they did not happen",
        ),
        _told(
            [one.account for one in unseen],
            "callers or roles of these accounts stand in the logs of others, but none of their own is loaded: what was "
            "done there, and what led to their calls, is not seen",
        ),
        _told(
            sorted({gap.account for gap in gaps if gap.kind == "no events" and gap.account}),
            "there are gaps of more than six hours: silence in them says nothing",
        ),
        _told(
            sorted({gap.account for gap in gaps if gap.kind in ("stopped", "deleted") and gap.account}),
            "a trail was stopped or deleted: of that time only what other trails recorded can be loaded",
        ),
        none,
        *_losses(reader),
    ]
    return [sentence for sentence in found if sentence]


def _told(accounts: Sequence[str], what: str) -> str:
    """The sentence about some accounts; empty about none."""
    if not accounts:
        return ""
    shown = ", ".join(accounts[:ACCOUNTS_SHOWN])
    more = f" and {len(accounts) - ACCOUNTS_SHOWN:,} more" if len(accounts) > ACCOUNTS_SHOWN else ""
    return f"{shown}{more}: {what}."


def _home(regions: Iterable[str]) -> str:
    """The region where an account's global services are logged.

    >>> _home({"eu-west-1"}), _home({"cn-northwest-1"})
    ('us-east-1', 'cn-north-1')
    """
    begins = {region.rsplit("-", 2)[0] for region in regions}
    return next((home for begin, home in HOMES.items() if begin in begins), "us-east-1")


def _losses(reader: Reader) -> Iterable[str]:
    """What loads themselves lost."""
    sums = reader.loads()
    aside = sum(one.set_aside for one in sums)
    if aside:
        yield f"Set aside while loading, since they could not be read: {aside:,} of the records."
    if any(one.finished is None for one in sums):
        yield "A load was cut off before its end; its files may hold more."
