"""Every statement that Neo4j runs, one `.cypher` file each: questions, schema and writes.

There is no code here; the package makes the files part of the wheel. Each pastes into Neo4j Browser as it is.
"""
