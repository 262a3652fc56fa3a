"""What a text means, as a vector: WordLlama's, from the files of its wheel. The `semantic` extra.

Its own `load()` looks for the tokenizer in another folder than the wheel has it in, and would then
go to the network (0.4.0.post1); here both files are read where they are, and nothing is fetched.
A vector is the mean of the text's tokens, less that of common news words, which all texts share.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any, TypeAlias

from bot.errors import SettingsError
from bot.stories.common_terms import PER_THOUSAND
from bot.stories.likeness import MEANING_SCALE

Meaning: TypeAlias = Callable[[str], bytes]
"""Text -> a vector of length 1, times MEANING_SCALE, as 256 signed bytes; b"" for no words."""

MOST_CHARACTERS = 1000
_WEIGHTS = Path("weights/l2_supercat_256.safetensors")
_TOKENIZER = Path("tokenizers/l2_supercat_tokenizer_config.json")


def load_meaning() -> Meaning:
    """Read the weights: half a second, about 100 MB. Raises SettingsError without the extra."""
    found = find_spec("wordllama")
    if found is None or found.origin is None:
        raise SettingsError(
            "stories.semantic is on, but its library is missing: install wirewatch[semantic],"
            " or set stories.semantic = false"
        )
    import numpy as np
    from safetensors.numpy import load_file
    from tokenizers import Tokenizer

    folder = Path(found.origin).parent
    table = load_file(folder / _WEIGHTS)["embedding.weight"].astype(np.float32)
    tokenizer = Tokenizer.from_file(str(folder / _TOKENIZER))

    def mean_of(text: str) -> Any:
        ids = tokenizer.encode(text, add_special_tokens=False).ids
        return table[ids].mean(axis=0) if ids else None

    common = sum(rate * mean_of(term.removeprefix("~")) for term, rate in PER_THOUSAND.items())
    common = common / sum(PER_THOUSAND.values())

    def meaning(text: str) -> bytes:
        vector = mean_of(text[:MOST_CHARACTERS])
        if vector is None:
            return b""
        vector = vector - common
        length = np.linalg.norm(vector)
        scaled = np.rint(vector / length * MEANING_SCALE) if length else vector
        return bytes(scaled.clip(-127, 127).astype(np.int8).tobytes())

    return meaning
