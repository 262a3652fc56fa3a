"""Discord as a platform: the only place that imports discord.py."""

import importlib
import warnings

with warnings.catch_warnings():
    # discord.py imports audioop, deprecated since Python 3.11: an error where warnings are.
    warnings.simplefilter("ignore", DeprecationWarning)
    importlib.import_module("discord")
