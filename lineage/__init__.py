"""Identity lineage from AWS CloudTrail: whose credentials were these really?

>>> import lineage
>>> callable(lineage.open)
True
"""

from lineage.api import Lineage, open
from lineage.errors import LineageError

Store = Lineage

__all__ = ["Lineage", "LineageError", "Store", "open"]
__version__ = "0.1.0"
