"""`lineage explore`: the page of a picture, served on this machine, with live questions to the store behind it."""
