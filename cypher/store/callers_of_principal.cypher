// Identities of a principal with a long-term key
// $p.principal: key of the Principal.
// Columns: id, key, hours (bytes). No order.
MATCH (a:_Actor {principal: $p.principal})
WHERE a.key IS NOT NULL AND NOT a.key STARTS WITH 'ASIA'
RETURN a.id AS id, a.key AS key, a.hours AS hours
