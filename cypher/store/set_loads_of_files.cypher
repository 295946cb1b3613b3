// Note which load gave files an event, or changed one of theirs
// $p.ids: list of numbers. $p.load: text.
UNWIND $p.ids AS id
MATCH (f:_File {id: id})
SET f.load = $p.load
