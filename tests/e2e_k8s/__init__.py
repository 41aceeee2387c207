"""Kubernetes end to end: a real control plane, containers that are local processes, Greenlight whole."""
