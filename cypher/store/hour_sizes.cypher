// Sizes of hours
// $p.hours: list of UTC hours since the epoch.
// Columns: hour, buckets. No order.
UNWIND $p.hours AS hour
MATCH (h:_Hour {hour: hour})
RETURN h.hour AS hour, h.buckets AS buckets
