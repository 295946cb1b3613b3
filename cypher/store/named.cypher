// Principals by name, unique ID, or the ID or a learnt name of an Identity Center user
// $p.text: text.
// Columns: key, kind, account. No order.
CALL () {
  MATCH (p:Principal {name: $p.text})
  RETURN p
  UNION
  MATCH (s:_Sighting {unique_id: $p.text})
  MATCH (p:Principal {key: s.principal})
  RETURN p
  UNION
  MATCH (s:_Sighting {arn: $p.text})
  MATCH (p:Principal {key: s.principal})
  RETURN p
  UNION
  MATCH (p:ExternalAccount)
  WHERE p.key ENDS WITH ':' + $p.text
  RETURN p
  UNION
  MATCH (p:IdentityCenterUser)
  WHERE p.key ENDS WITH '/' + $p.text AND NOT p.key STARTS WITH 'name/'
  RETURN p
}
WITH p
WHERE EXISTS { (p)-[:!IN_ACCOUNT]-() }
RETURN p.key AS key, p.kind AS kind, p.account AS account
