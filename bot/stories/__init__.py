"""Which articles belong to the same event. Pure: no clock, no I/O, no database."""
