// Note that a load began
// $p.id: text. $p.started: ISO time. $p.body: bytes, its sums.
CREATE (l:_Load {id: $p.id, started: $p.started, body: $p.body})
