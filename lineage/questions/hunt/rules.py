"""Every rule of `hunt`, in the order in which they are run and shown."""

from __future__ import annotations

from lineage.questions.hunt import chained, contradicting, elsewhere, made, outside
from lineage.questions.hunt.ground import Rule

RULES: tuple[Rule, ...] = (*outside.RULES, *made.RULES, *elsewhere.RULES, *chained.RULES, *contradicting.RULES)
NAMES = tuple(rule.name for rule in RULES)
