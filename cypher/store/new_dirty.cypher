// Mark join keys to be derived
// $join_keys: list of texts.
CREATE (d:_Dirty {join_keys: $join_keys})
