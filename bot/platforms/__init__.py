"""Adapters of the Platform protocol. They never import each other."""
