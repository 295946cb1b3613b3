// What waits to be written of some hours
// $p.hours: list of UTC hours since the epoch.
// Columns: rows, one list of lists of hour, body (bytes). No order.
UNWIND $p.hours AS hour
MATCH (p:_Pending {hour: hour})
RETURN collect([p.hour, p.body]) AS rows
