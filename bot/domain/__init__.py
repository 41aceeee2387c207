"""The pure heart: incidents as sums of events; stdlib only, no await, no clock, no log."""
