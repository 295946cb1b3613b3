"""The command line. `generate` makes a command of each question; a module is here for each command that does more."""
