"""What `bin/bench` measures, each beside a bare twin that does the least such work can cost (docs/performance.md)."""
