// Coverage of an account of some days
// $p.account: text. $p.low, $p.high: days since the epoch.
// Columns: account, body (bytes). In order of day.
MATCH (c:_Coverage {account: $p.account})
WHERE c.day >= $p.low AND c.day <= $p.high
RETURN c.account AS account, c.body AS body
ORDER BY c.day
