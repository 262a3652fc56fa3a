"""The tests of Wirewatch; they mirror `bot/`."""
