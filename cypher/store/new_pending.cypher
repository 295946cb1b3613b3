// Keep rows until their identities' places are derived
// $rows: list of maps: hour, size (bytes), body.
UNWIND $rows AS row
CREATE (p:_Pending)
SET p = row
