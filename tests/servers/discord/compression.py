"""The gateway's transport compression: https://discord.com/developers/docs/events/gateway#transport-compression"""

from __future__ import annotations

import importlib
import zlib
from collections.abc import Callable
from typing import TypeAlias

Compressor: TypeAlias = Callable[[bytes], bytes]


def compressor(name: str | None) -> Compressor | None:
    """A compressor whose stream goes on from message to message; None for plain text."""
    if name == "zlib-stream":
        return _zlib()
    if name == "zstd-stream":
        return _zstd()
    return None


def _zlib() -> Compressor:
    stream = zlib.compressobj()

    def compress(data: bytes) -> bytes:
        return stream.compress(data) + stream.flush(zlib.Z_SYNC_FLUSH)

    return compress


def _zstd() -> Compressor:
    """discord.py asks for it where it finds a decompressor: Python 3.14, or `zstandard`."""
    try:
        zstd = importlib.import_module("compression.zstd")
    except ImportError:
        zstd = importlib.import_module("backports.zstd")
    stream = zstd.ZstdCompressor()

    def compress(data: bytes) -> bytes:
        return bytes(stream.compress(data, stream.FLUSH_BLOCK))

    return compress
