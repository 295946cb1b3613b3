// Principals by key or ARN
// $identifier: text.
// Columns: key. In order.
MATCH (p:Principal {key: $identifier})
RETURN p.key AS key
UNION
MATCH (s:_Sighting {arn: $identifier})
RETURN s.principal AS key
