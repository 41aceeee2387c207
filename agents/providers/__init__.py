"""The makers of models, in a closed table; each is loaded when a roster names it."""
