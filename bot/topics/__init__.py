"""Topics: a query language, what its words mean in many scripts, and the index that matches.

Pure: no I/O, no clock. It knows nothing of feeds, stories, channels or storage.
Read `query.py`, `terms.py`, `index.py` in this order.
"""
