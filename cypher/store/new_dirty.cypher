// Mark terms to be derived
// $terms: list of texts.
CREATE (d:_Dirty {terms: $terms})
