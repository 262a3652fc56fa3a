"""Loopback servers: the platforms as the real SDKs see them."""
