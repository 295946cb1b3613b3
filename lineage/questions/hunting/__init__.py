"""The rules of `hunt`: each a small function from what the store holds to findings.

A rule says what it finds and what it cannot see. To add one, write it in a module of this package and put it into
`lineage.questions.hunting.rules`.
"""
