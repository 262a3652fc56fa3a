"""Wirewatch: a news wire desk inside Discord and Slack."""

__version__ = "0.1.0"
