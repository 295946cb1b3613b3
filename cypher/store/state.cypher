// Which write was the last, and whether anything of it waits to be derived or placed
// Columns: lock (text), waiting (true or false). One row, none in a new store.
MATCH (s:_Store {key: 'store'})
RETURN s.lock AS lock, EXISTS { MATCH (d:_Dirty) WHERE size(d.join_keys) > 0 } OR EXISTS { MATCH (:_Pending) } AS waiting
