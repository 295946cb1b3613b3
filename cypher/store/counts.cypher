// How many nodes and relationships there are
// Columns: name (label, kind of principal, or type), count. No order.
MATCH (n:Principal)
WITH count(n) AS count
RETURN 'Principal' AS name, count
UNION ALL
MATCH (n:Principal)
WITH n.kind AS name, count(n) AS count
RETURN name, count
UNION ALL
MATCH (n:Session)
WITH count(n) AS count
RETURN 'Session' AS name, count
UNION ALL
MATCH (n:Credential)
WITH count(n) AS count
RETURN 'Credential' AS name, count
UNION ALL
MATCH (n:Action)
WITH count(n) AS count
RETURN 'Action' AS name, count
UNION ALL
MATCH (n:Account)
WITH count(n) AS count
RETURN 'Account' AS name, count
UNION ALL
MATCH (n:IPAddress)
WITH count(n) AS count
RETURN 'IPAddress' AS name, count
UNION ALL
MATCH (n:Resource)
WITH count(n) AS count
RETURN 'Resource' AS name, count
UNION ALL
MATCH ()-[r:ASSUMED]->()
WITH count(r) AS count
RETURN 'ASSUMED' AS name, count
UNION ALL
MATCH ()-[r:ISSUED]->()
WITH count(r) AS count
RETURN 'ISSUED' AS name, count
UNION ALL
MATCH ()-[r:BELONGS_TO]->()
WITH count(r) AS count
RETURN 'BELONGS_TO' AS name, count
UNION ALL
MATCH ()-[r:SESSION_OF]->()
WITH count(r) AS count
RETURN 'SESSION_OF' AS name, count
UNION ALL
MATCH ()-[r:USED]->()
WITH count(r) AS count
RETURN 'USED' AS name, count
UNION ALL
MATCH ()-[r:TRIED]->()
WITH count(r) AS count
RETURN 'TRIED' AS name, count
UNION ALL
MATCH ()-[r:CREATED]->()
WITH count(r) AS count
RETURN 'CREATED' AS name, count
UNION ALL
MATCH ()-[r:CHANGED]->()
WITH count(r) AS count
RETURN 'CHANGED' AS name, count
UNION ALL
MATCH ()-[r:TOUCHED]->()
WITH count(r) AS count
RETURN 'TOUCHED' AS name, count
UNION ALL
MATCH ()-[r:STARTED]->()
WITH count(r) AS count
RETURN 'STARTED' AS name, count
UNION ALL
MATCH ()-[r:RUNS_AS]->()
WITH count(r) AS count
RETURN 'RUNS_AS' AS name, count
UNION ALL
MATCH ()-[r:SEEN_FROM]->()
WITH count(r) AS count
RETURN 'SEEN_FROM' AS name, count
UNION ALL
MATCH ()-[r:IN_ACCOUNT]->()
WITH count(r) AS count
RETURN 'IN_ACCOUNT' AS name, count
