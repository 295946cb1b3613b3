// Mark join keys to be derived
// $p.join_keys: list of texts.
CREATE (d:_Dirty {join_keys: $p.join_keys})
