// Names of constraints and indexes
// Columns: name. No order.
SHOW INDEXES YIELD name
RETURN name
