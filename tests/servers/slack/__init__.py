"""A loopback Slack that the real slack-bolt and slack_sdk talk to. It reaches no network."""
