// Access keys by a part of their ID
// $p.text: text in lower case.
// Columns: key, hours (bytes, empty: no call counts any more; of keys that were issued one byte). No order.
MATCH (c:Credential)
WHERE toLower(c.access_key_id) CONTAINS $p.text
RETURN DISTINCT c.access_key_id AS key, '1' AS hours
UNION ALL
MATCH (a:_Actor)
WHERE toLower(a.key) CONTAINS $p.text
RETURN a.key AS key, a.hours AS hours
