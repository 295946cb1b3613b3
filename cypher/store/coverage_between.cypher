// Coverage of an account of some days
// $account: text. $low, $high: days since the epoch.
// Columns: account, body (bytes). In order of day.
MATCH (c:_Coverage {account: $account})
WHERE c.day >= $low AND c.day <= $high
RETURN c.account AS account, c.body AS body
ORDER BY c.day
