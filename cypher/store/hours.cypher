// The hours of the ledger, made where they are not there
// $p.hours: list of UTC hours since the epoch.
// Columns: rows, one list of lists of hour, buckets, events, settled. No order.
UNWIND $p.hours AS hour
MERGE (h:_Hour {hour: hour})
  ON CREATE SET h.buckets = 1, h.events = 0
RETURN collect([h.hour, h.buckets, h.events, h.settled]) AS rows
