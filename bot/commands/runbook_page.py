"""The page that `greenlight runbook new` writes: it lints as it stands, and says what belongs where."""

TEMPLATE = """\
---
title: TITLE
# Lines that only this failure writes, as RE2 patterns; without case, found anywhere in a line.
# Single quotes keep backslashes as they are. `greenlight runbook test PAGE LOG` shows what they match.
signatures:
  - 'replace this by words that only this failure writes'
# What the metrics of services.yaml must be. One of: abnormal: true, above: 0.05, below: 3,
# or a part of another metric: {metric: pool_in_use, above: 90%, of: pool_size}
conditions: []
# Usual causes, the most usual one first.
causes:
  - What usually brings this about
# Actions of actions.yaml, the smallest one first; when_change: only where something was changed before.
# A parameter is a value, {from: FIELD, percent: 150} of an observed field, or {from_change: before}.
remedies: []
# What a person should look at to tell the causes apart.
checks:
  - What tells these causes apart?
# Lines that look like a signature and are harmless.
excludes: []
---
# TITLE

How it looks to users and to the services beside this one, and what is hurt first.

## Tell the causes apart

- **One cause**: what shows it, and what helps then.
- **Another cause**: what shows it, and what does not help.

## Before anything is changed

What must be kept for later, who owns it, and what must not be done.
"""
