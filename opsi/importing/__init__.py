"""Customers, people and queues out of a CSV file: looked at first, then all of it or nothing (docs/first-hour.md)."""
