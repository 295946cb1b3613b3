// Changing, sensitive and refused calls about targets in some hours
// $p.resources: list of keys of targets. $p.roles: list of keys of the roles that refused assumptions were about.
// $p.low, $p.high: ISO texts of the first and the last hour.
// Columns: labels, key (of the node that the calls are attached to), api, row (properties). No order.
CALL () {
  UNWIND $p.resources AS resource
  MATCH (:Resource {key: resource})<-[t:TOUCHED]-()
  RETURN t
  UNION ALL
  UNWIND $p.roles AS role
  MATCH (:Principal {key: role})<-[t:TRIED]-()
  RETURN t
}
WITH t, split(t.key, ' ') AS parts
WHERE t.hour >= $p.low AND t.hour <= $p.high
WITH DISTINCT type(t) AS way, parts[0] + ' ' + parts[1] AS row_key
MATCH ()-[r:USED {key: row_key}]->()
WHERE way = 'TOUCHED' OR r.resource IN $p.resources
WITH r, startNode(r) AS n, endNode(r) AS a
RETURN labels(n) AS labels, n.key AS key, a.key AS api, properties(r) AS row
