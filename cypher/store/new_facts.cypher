// Add facts
// $rows: list of maps: key (event and number), event, actor, body, and terms by their first letter.
UNWIND $rows AS row
CREATE (x:_Fact)
SET x = row
