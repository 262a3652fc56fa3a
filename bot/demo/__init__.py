"""`wirewatch demo`: the feeds of invented outlets, and the main job shown on them."""
