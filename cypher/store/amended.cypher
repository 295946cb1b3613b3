// Events that an addendum amends
// $id: text (hexadecimal ID of the addendum).
// Columns: original (event ID). No order.
MATCH (a:_Amended {id: $id})
RETURN a.original AS original
