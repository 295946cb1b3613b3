// Write the sums of one load
// $p.id: text. $p.finished: ISO time, null while it runs. $p.body: bytes.
MATCH (l:_Load {id: $p.id})
SET l.body = $p.body, l.finished = $p.finished
