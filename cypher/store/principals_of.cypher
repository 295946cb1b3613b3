// Principals by key or ARN
// $p.identifier: text.
// Columns: key. In order.
MATCH (p:Principal {key: $p.identifier})
RETURN p.key AS key
UNION
MATCH (s:_Sighting {arn: $p.identifier})
RETURN s.principal AS key
