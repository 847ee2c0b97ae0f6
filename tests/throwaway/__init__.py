"""A throw-away app: what somebody adds who changes no file of the house (docs/guide/developer.md, Adding to it)."""
