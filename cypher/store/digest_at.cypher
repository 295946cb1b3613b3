// Does a digest of an account cover a time?
// $account: text. $time: seconds.
// Columns: covered (boolean).
RETURN EXISTS {
  MATCH (d:_Digest {account: $account})
  WHERE d.start <= $time AND d.end > $time
} AS covered
