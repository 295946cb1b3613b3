"""From facts to lineage: who obtained which session, by which rule, and how sure that is."""
