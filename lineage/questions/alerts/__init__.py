"""Parts of `investigate`: from an alert to sessions, groups and sections."""
