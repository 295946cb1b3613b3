// Keep rows until their identities' places are derived
// $p.rows: list of maps: hour, size (bytes), body.
UNWIND $p.rows AS row
CREATE (p:_Pending)
SET p = row
