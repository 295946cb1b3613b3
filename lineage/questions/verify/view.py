"""`verify` as shown: each chain's stretches, what is altered or missing, and files that no digest lists."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from lineage.questions.registry import Row
from lineage.questions.verify import Chain, Problem, Verify
from lineage.render.blocks import Block, Cell, Grid, Items, Para, Span
from lineage.render.columns import detail, head, line, number, span, when
from lineage.render.text import counted, size

SHOWN = 20
COLUMNS = (
    "what", "verdict", "account", "region", "trail", "since", "until", "digests", "logs", "object", "path", "why",
)  # fmt: skip
STYLES = {"altered": "denied", "missing": "denied", "not validated": "open"}


def blocks(answer: Verify) -> Iterator[Block]:
    """The verdict, the chains, problems, files without a digest, what could not be read."""
    count = Counter(chain.verdict for chain in answer.chains)
    told = ", ".join(f"{number:,} {verdict}" for verdict, number in sorted(count.items()))
    read = f"; {counted(answer.files, 'file')}, {size(answer.bytes)} unpacked; {_keys(answer)}"
    yield Para((_verdict(answer.verdict), f": {counted(answer.chains_total, 'chain')} of digests ({told}){read}"))
    yield Grid(
        f"chains ({answer.chains_total:,})",
        (head("verdict"), head("account", "whole", style="key"), head("region", "whole"), head("trail", style="name"),
         when(), number("digests", "digest"), number("log files", "log file"), line("why", lead="")),
        [
            (
                _verdict(part.verdict), chain.account or "account not known", chain.region, chain.trail,
                span(part.since, part.until), part.digests, part.logs,
                [f"{'backfill: ' if part.backfill else ''}{part.why}" if part.why else
                 "log files that came late" if part.backfill else None],
            )
            for chain in answer.chains
            for part in chain.stretches
        ],
        few=SHOWN, more="--json and --csv show more",
    )  # fmt: skip
    total = sum(chain.problems_total for chain in answer.chains)
    yield Grid(
        f"altered or missing ({total:,})",
        (head("what", style="denied"), head("region", "whole"), when(), line("object", lead=""), line("file"),
         line("why", lead="")),
        [_problem(chain, one) for chain in answer.chains for one in chain.problems],
        total, SHOWN,
    )  # fmt: skip
    yield Grid(
        f"{counted(answer.uncovered_files, 'log file')} that no digest lists: nothing shows whether they are genuine",
        (head("account", "whole", style="key"), head("region", "whole"), detail("delivered", "time"),
         number("files", "file"), line("why", lead=""), line("first", few=1)),
        [
            (one.account or "account not known", one.region, span(one.first, one.last), one.files, one.why, one.paths)
            for one in answer.uncovered
        ],
        answer.uncovered_total, SHOWN,
    )  # fmt: skip
    yield Grid(
        f"{counted(answer.unreadable_total, 'file')} that cannot be read", (line("file", lead=""),),
        [(f"{one.path}: {one.why}",) for one in answer.unreadable], answer.unreadable_total, SHOWN,
    )  # fmt: skip
    yield Items([(note,) for note in answer.notes])


def _keys(answer: Verify) -> str:
    if not answer.keys:
        return "no public keys, so no signature was checked (--keys)"
    return counted(answer.keys, "public key")


def _verdict(verdict: str) -> Span:
    return Span(verdict.upper() if verdict in ("altered", "missing") else verdict, STYLES.get(verdict, "name"))


def _problem(chain: Chain, one: Problem) -> tuple[Cell, ...]:
    return one.kind, chain.region, span(one.since, one.until), one.object, one.path, one.why


def rows(answer: Verify) -> Iterator[Row]:
    """A row for each stretch of a chain, each problem, each reason why files have no digest, each unreadable file."""
    for chain in answer.chains:
        place = {"account": chain.account, "region": chain.region, "trail": chain.trail}
        for part in chain.stretches:
            yield {"what": "backfill" if part.backfill else "chain", **place, **vars(part)}
        for one in chain.problems:
            yield {"what": one.kind, "verdict": chain.verdict, **place, **vars(one)}
    for gap in answer.uncovered:
        yield {
            "what": "not covered", **vars(gap), "since": gap.first, "until": gap.last, "logs": gap.files,
            "path": gap.paths[0],
        }  # fmt: skip
    for file in answer.unreadable:
        yield {"what": "unreadable", **vars(file)}
    for note in answer.notes:
        yield {"what": "note", "why": note}
