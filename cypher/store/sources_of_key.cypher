// Nodes that calls with an access key are attached to
// $p.key: text.
// Columns: source (label and key), hours (bytes, empty: no call counts any more). No order.
MATCH (a:_Actor {key: $p.key})
WHERE a.source IS NOT NULL
RETURN a.source AS source, a.hours AS hours
