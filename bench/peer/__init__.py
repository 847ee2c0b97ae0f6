"""`bin/bench --peer`: the same work done by another ticket system, in the same run (docs/performance.md)."""
