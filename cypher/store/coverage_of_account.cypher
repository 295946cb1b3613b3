// What was loaded of an account
// $p.account: text, '' for none. $p.days: list of days since the epoch whose hours are wanted.
// Columns: first, last (seconds), regions, body (bytes, null on other days). No order.
MATCH (c:_Coverage {account: $p.account})
WHERE c.count > 0
RETURN c.first AS first, c.last AS last, c.regions AS regions, CASE WHEN c.day IN $p.days THEN c.body END AS body
