"""Kubernetes end to end: a real control plane, a kubelet whose containers are local processes, Greenlight whole."""
