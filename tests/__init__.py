"""The tests: stories, properties, both stores, a real Neo4j."""
