"""Cypher, one `.cypher` file a statement.

`store/`: what the Neo4j store runs. `questions/` and `draw/`: for analysts, to paste into Neo4j Browser and adapt; the
first answer with tables, the others with paths. There is no code here; the package makes the files part of the wheel.
"""
