"""Parts of the questions about the whole store."""
