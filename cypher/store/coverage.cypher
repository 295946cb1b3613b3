// All coverage of some days
// $p.low, $p.high: days since the epoch.
// Columns: account, body (bytes). In order of account and day.
MATCH (c:_Coverage)
WHERE c.day >= $p.low AND c.day <= $p.high
RETURN c.account AS account, c.body AS body
ORDER BY account, c.day
