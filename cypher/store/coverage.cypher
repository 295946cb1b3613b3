// All coverage of some days
// $low, $high: days since the epoch.
// Columns: account, body (bytes). In order of account and day.
MATCH (c:_Coverage)
WHERE c.day >= $low AND c.day <= $high
RETURN c.account AS account, c.body AS body
ORDER BY account, c.day
