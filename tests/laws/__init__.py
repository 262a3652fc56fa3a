"""The rules that tests/invariants.py checks, each from facts to broken rules in words."""
