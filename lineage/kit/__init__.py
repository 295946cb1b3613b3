"""What Neo4j Browser needs to show the graph well: a style sheet, a guide and the questions as saved Cypher.

All of it is text, generated from `lineage/model/schema.py` and `cypher/`, so it cannot drift from them.
"""
