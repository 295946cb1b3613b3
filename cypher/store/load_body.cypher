// The sums of one load
// $id: text.
// Columns: body (bytes).
MATCH (l:_Load {id: $id})
RETURN l.body AS body
