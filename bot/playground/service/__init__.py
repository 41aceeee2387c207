"""A small real web shop service with real faults, its load, its deployments and its supervisor."""
