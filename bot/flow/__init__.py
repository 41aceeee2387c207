"""The verbs, as async generators of events, and the conductor, the only writer."""
