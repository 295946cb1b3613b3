// How many nodes of the store's own bookkeeping there are
// Columns: name (label), count. No order.
MATCH (n:_Store)
WITH count(n) AS count
RETURN '_Store' AS name, count
UNION ALL
MATCH (n:_Hour)
WITH count(n) AS count
RETURN '_Hour' AS name, count
UNION ALL
MATCH (n:_Shard)
WITH count(n) AS count
RETURN '_Shard' AS name, count
UNION ALL
MATCH (n:_Actor)
WITH count(n) AS count
RETURN '_Actor' AS name, count
UNION ALL
MATCH (n:_Fact)
WITH count(n) AS count
RETURN '_Fact' AS name, count
UNION ALL
MATCH (n:_JoinKey)
WITH count(n) AS count
RETURN '_JoinKey' AS name, count
UNION ALL
MATCH (n:_Dirty)
WITH count(n) AS count
RETURN '_Dirty' AS name, count
UNION ALL
MATCH (n:_Pending)
WITH count(n) AS count
RETURN '_Pending' AS name, count
UNION ALL
MATCH (n:_Amended)
WITH count(n) AS count
RETURN '_Amended' AS name, count
UNION ALL
MATCH (n:_Copies)
WITH count(n) AS count
RETURN '_Copies' AS name, count
UNION ALL
MATCH (n:_Lost)
WITH count(n) AS count
RETURN '_Lost' AS name, count
UNION ALL
MATCH (n:_Sighting)
WITH count(n) AS count
RETURN '_Sighting' AS name, count
UNION ALL
MATCH (n:_Scope)
WITH count(n) AS count
RETURN '_Scope' AS name, count
UNION ALL
MATCH (n:_Load)
WITH count(n) AS count
RETURN '_Load' AS name, count
UNION ALL
MATCH (n:_File)
WITH count(n) AS count
RETURN '_File' AS name, count
UNION ALL
MATCH (n:_Aside)
WITH count(n) AS count
RETURN '_Aside' AS name, count
UNION ALL
MATCH (n:_Digest)
WITH count(n) AS count
RETURN '_Digest' AS name, count
UNION ALL
MATCH (n:_Coverage)
WITH count(n) AS count
RETURN '_Coverage' AS name, count
UNION ALL
MATCH (n:_AccountName)
WITH count(n) AS count
RETURN '_AccountName' AS name, count
UNION ALL
MATCH (n:_Note)
WITH count(n) AS count
RETURN '_Note' AS name, count
