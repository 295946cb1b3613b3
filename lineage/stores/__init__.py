"""Stores: where lineage is kept. Both keep the same graph and answer the same questions alike.

What their methods take and return is documented once, in `lineage.stores.reader`.
"""
