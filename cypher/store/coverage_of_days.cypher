// Coverage of all accounts on some days
// $p.days: list of days since the epoch.
// Columns: key (unique), account, day, body (bytes). No order.
MATCH (c:_Coverage)
WHERE c.day IN $p.days
RETURN c.key AS key, c.account AS account, c.day AS day, c.body AS body
