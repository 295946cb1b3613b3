// Does a digest of an account cover a time?
// $p.account: text. $p.time: seconds.
// Columns: covered (boolean).
RETURN EXISTS {
  MATCH (d:_Digest {account: $p.account})
  WHERE d.start <= $p.time AND d.end > $p.time
} AS covered
