// Source addresses
// Principals' own calls are looked through, for only sessions and keys have SEEN_FROM.
// Columns: address. No order.
MATCH (i:IPAddress)
RETURN i.address AS address
UNION
MATCH (:Principal)-[r:USED]->()
WHERE r.source_ip IS NOT NULL
RETURN r.source_ip AS address
