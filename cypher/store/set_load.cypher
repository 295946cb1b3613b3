// Write the sums of one load
// $id: text. $finished: ISO time, null while it runs. $body: bytes.
MATCH (l:_Load {id: $id})
SET l.body = $body, l.finished = $finished
