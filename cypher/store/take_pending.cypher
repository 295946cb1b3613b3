// Take the waiting rows of some hours
// $p.hours: list of UTC hours since the epoch.
// Columns: rows, one list of lists of hour, body (bytes). No order.
UNWIND $p.hours AS hour
MATCH (p:_Pending {hour: hour})
WITH p, p.hour AS hour, p.body AS body
DELETE p
RETURN collect([hour, body]) AS rows
