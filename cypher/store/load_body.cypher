// The sums of one load
// $p.id: text.
// Columns: body (bytes).
MATCH (l:_Load {id: $p.id})
RETURN l.body AS body
