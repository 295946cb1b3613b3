"""The questions: each a function of a neighbourhood, the twin of the Cypher file of the same stem."""
