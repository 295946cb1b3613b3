"""Files, folders and archives in, documents out."""
