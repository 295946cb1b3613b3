// Nodes that calls with an access key are attached to
// $key: text.
// Columns: source (label and key), hours (bytes, empty: no call counts any more). No order.
MATCH (a:_Actor {key: $key})
WHERE a.source IS NOT NULL
RETURN a.source AS source, a.hours AS hours
