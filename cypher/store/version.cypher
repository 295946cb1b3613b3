// The form in which the store is written
// Columns: version (text, null in the oldest). One row, none in a new store.
MATCH (s:_Store {key: 'store'})
RETURN s.version AS version
