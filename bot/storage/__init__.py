"""Rows and the plain functions that read and write them, one module per aggregate.

Every function takes the connection of the caller's transaction; none of them commits.
"""
