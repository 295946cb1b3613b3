"""The questions: a folder for each, with its answer, model, view and picture."""
