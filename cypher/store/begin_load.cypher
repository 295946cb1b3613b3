// Note that a load began
// $id: text. $started: ISO time. $body: bytes, its sums.
CREATE (l:_Load {id: $id, started: $started, body: $body})
