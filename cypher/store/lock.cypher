// Take the write lock
// One writer at a time: whoever holds it sees all that others committed. Run first in every write transaction.
// $token: text, a new value each time.
MERGE (s:_Store {key: 'store'})
SET s.lock = $token
