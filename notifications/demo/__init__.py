"""The demo data: people, queues and some weeks of a service desk's work (docs/demo.md says how a story is written)."""
