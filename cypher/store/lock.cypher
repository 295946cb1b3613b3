// Take the write lock
// One writer at a time: whoever holds it sees all that others committed. Run first in every write transaction.
// $p.token: text, a new value each time. $p.version: text, of the form in which a new store is written.
MERGE (s:_Store {key: 'store'})
  ON CREATE SET s.version = $p.version
SET s.lock = $p.token
