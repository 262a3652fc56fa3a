"""The nouns of the house, one module per thing. Frozen values only; nothing here does anything."""
