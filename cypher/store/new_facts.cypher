// Add facts
// $p.rows: list of maps: key (event and number), event, actor, body.
UNWIND $p.rows AS row
CREATE (x:_Fact)
SET x = row
