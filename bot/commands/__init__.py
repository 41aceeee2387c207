"""One module per command: parse the arguments, run, return the exit code."""
