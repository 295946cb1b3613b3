// What was loaded of an account, and whether a digest covers a time
// $p.account: text, '' for none. $p.days: list of days since the epoch whose hours are wanted. $p.time: seconds.
// Columns: covered (boolean), first, last (seconds), regions, body (bytes, null on other days). No order. One record with
// nulls where nothing was loaded.
WITH EXISTS {
  MATCH (d:_Digest {account: $p.account})
  WHERE d.start <= $p.time AND d.end > $p.time
} AS covered
OPTIONAL MATCH (c:_Coverage {account: $p.account})
WHERE c.count > 0
RETURN covered, c.first AS first, c.last AS last, c.regions AS regions, CASE WHEN c.day IN $p.days THEN c.body END AS body
