"""A card as a diligent person writes it, with everything that an edit must leave alone."""

from __future__ import annotations

GOOD = """\
---
# who may do what
license: CC-BY-4.0   # agreed in May
owner: Bird Team <birds@company.org>
personal_data: none
language:
  # two of them
  - en
  - no   # Norwegian
tags: [birds, "sea: ice"]
notes: |
  # not a comment
  text

pretty_name: "Penguins"
---

# Penguins

Intro.

## Summary

One row is a penguin.

### Columns

As in the contract.

## Collection
By hand, 2007 to 2009.

<!-- ## Limitations -->
```
## Not a section
```

## Intended Use

Teaching."""
