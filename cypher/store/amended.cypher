// Events that an addendum amends
// $p.id: text (hexadecimal ID of the addendum).
// Columns: original (event ID). No order.
MATCH (a:_Amended {id: $p.id})
RETURN a.original AS original
