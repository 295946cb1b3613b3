"""Identity lineage from AWS CloudTrail: whose credentials were these really?

>>> import lineage
>>> callable(lineage.open)
True
"""

from typing import TYPE_CHECKING

from lineage.model.errors import LineageError

if TYPE_CHECKING:
    from lineage.api import Lineage, open
    from lineage.api import Lineage as Store

__all__ = ["Lineage", "LineageError", "Store", "open"]
__version__ = "0.1.0"


def __getattr__(name: str) -> object:
    # Late, so that the processes that only read logs start without the stores and the answers.
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from lineage import api

    return api.open if name == "open" else api.Lineage
