"""The demo: a local workspace, a real small service that breaks, and the whole application beside them."""
