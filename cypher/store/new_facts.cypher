// Add facts
// $rows: list of maps: key (event and number), event, actor, body.
UNWIND $rows AS row
CREATE (x:_Fact)
SET x = row
