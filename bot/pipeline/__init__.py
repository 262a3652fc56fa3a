"""The program itself. Read poll.py, ingest.py, deliver.py, top to bottom."""
