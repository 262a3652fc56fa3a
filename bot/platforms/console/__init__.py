"""The terminal as a channel: where `run` posts until a chat is connected."""
