// Resources that calls are about, by a part of their key
// Workloads that only have sessions are found by those.
// $p.text: text in lower case.
// Columns: key. No order.
MATCH (r:Resource)
WHERE toLower(r.key) CONTAINS $p.text AND EXISTS { (r)<-[:TOUCHED|CHANGED|STARTED]-() }
RETURN r.key AS key
