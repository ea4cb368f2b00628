"""Cormorant measured beside SQLAlchemy and the standard library's sqlite3.

`python -m benchmarks` runs every workload on all peers in one process, interleaved,
and reports medians as ratios.
"""
