"""Slack: Block Kit messages, `/news …` and buttons. The only importer of slack_bolt, slack_sdk."""
