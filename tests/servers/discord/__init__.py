"""A loopback Discord for tests: REST v10, gateway and interactions, for the real discord.py."""
