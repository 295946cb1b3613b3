"""A picture of many nodes, for tests and the benchmark."""

from __future__ import annotations

from lineage.draw.shape import Box, Link, Node, Shape


def crowd(count: int, *, lit: int = 0) -> Shape:
    """A person and so many nodes that come from it, over twelve accounts."""
    accounts = [f"{number:012d}" for number in range(12)]
    nodes = [
        Node(id=f"n{n}", label=f"thing {n}", caption=f"thing {n}", kind="resource", account=accounts[n % 12],
             box=f"account {accounts[n % 12]}", lit=0 < n <= lit)
        for n in range(count)
    ]  # fmt: skip
    return Shape(
        title="many", about="lineage trace x",
        boxes=tuple(Box(id=f"account {one}", kind="account", label=one, caption=one, account=one) for one in accounts),
        nodes=tuple(nodes),
        links=tuple(Link(id=f"e{n}", source=f"n{n // 3}", target=f"n{n}", type="ASSUMED", label="assumed")
                    for n in range(1, count)),
    )  # fmt: skip
