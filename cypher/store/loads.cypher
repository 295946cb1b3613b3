// The sums of every load
// Columns: body (bytes). Oldest first.
MATCH (l:_Load)
RETURN l.body AS body
ORDER BY l.started, l.id
