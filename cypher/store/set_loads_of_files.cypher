// Note which load gave files an event, or changed one of theirs
// $ids: list of numbers. $load: text.
UNWIND $ids AS id
MATCH (f:_File {id: id})
SET f.load = $load
