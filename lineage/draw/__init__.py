"""Pictures of answers: what is drawn, where it stands, and the files that show it."""
