"""Bytes from the web -> articles. Only fetch.py and workers.py do I/O; the rest is pure."""
