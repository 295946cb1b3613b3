// Sizes of hours
// $hours: list of UTC hours since the epoch.
// Columns: hour, buckets. No order.
UNWIND $hours AS hour
MATCH (h:_Hour {hour: hour})
RETURN h.hour AS hour, h.buckets AS buckets
