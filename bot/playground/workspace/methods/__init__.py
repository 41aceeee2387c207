"""The Web API methods of the local workspace, one module per family."""
