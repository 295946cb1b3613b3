// Principals by name, unique ID, or the ID or a learnt name of an Identity Center user
// $text: text.
// Columns: key, kind, account. No order.
CALL () {
  MATCH (p:Principal {name: $text})
  RETURN p
  UNION
  MATCH (s:_Sighting {unique_id: $text})
  MATCH (p:Principal {key: s.principal})
  RETURN p
  UNION
  MATCH (s:_Sighting {arn: $text})
  MATCH (p:Principal {key: s.principal})
  RETURN p
  UNION
  MATCH (p:ExternalAccount)
  WHERE p.key ENDS WITH ':' + $text
  RETURN p
  UNION
  MATCH (p:IdentityCenterUser)
  WHERE p.key ENDS WITH '/' + $text AND NOT p.key STARTS WITH 'name/'
  RETURN p
}
WITH p
WHERE EXISTS { (p)-[:!IN_ACCOUNT]-() }
RETURN p.key AS key, p.kind AS kind, p.account AS account
