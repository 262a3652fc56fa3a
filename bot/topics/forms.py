"""What a written word may be found by: its folded form, its exact form, its stem, its spelling.

A *key* is one such form, told apart by its first character:
    kyiv        folded: no case, no accents
    =WHO        exactly this, case and all
    ~talk       stem
    %zelensk    the ending -sky in any transliteration
    *ukrain     anything that begins so (`*=Ukr` minds the case)
    @台湾        a stretch of unspaced script that starts and ends where words do
    ^서울        the same, free at its end (Hangul, whose particles follow directly)
Pure functions over single words; knows no query and no text.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache

import Stemmer

from bot.topics.common_words import COMMON_WORDS
from bot.topics.words import ends_in_hangul, is_unspaced

MIN_PREFIX = 3
RUNS = "@^"
"""What the keys of unspaced script begin with."""
_CACHE = 1 << 16  # words; about 20 MB when full

_possessive = re.compile(r"['’]s$")
_invisible = dict.fromkeys((0xAD, 0x200C, 0x200D, 0x2060, 0x0640))  # and the Arabic tatweel
_dropped = _invisible | dict.fromkeys(
    code
    for first, last in (
        (0x0300, 0x036F),  # Latin, Greek and Cyrillic accents
        (0x0591, 0x05C7),  # Hebrew points
        (0x0610, 0x061A),
        (0x064B, 0x065F),  # Arabic vowels and hamza above or below
        (0x0670, 0x0670),
        (0x06D6, 0x06ED),
        (0x093C, 0x093C),  # the nukta of Devanagari
    )
    for code in range(first, last + 1)
)
# Letters that Unicode does not take apart, and Arabic ones that keyboards mix up.
_letters = _dropped | str.maketrans(
    {
        "ı": "i", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe",
        "ħ": "h", "ə": "e", "ŋ": "n", "ґ": "г",
        "ى": "ي", "ی": "ي", "ک": "ك", "ة": "ه", "ۀ": "ه", "ٱ": "ا",
    }
)  # fmt: skip
_article = re.compile("^[وف]?(?:ال|بال|كال|لل)(?=...)")
_SHORTEST_STEMMED = 4  # outside Latin script: Hindi's stemmer makes one word of "that" and "of"
_sky = re.compile(r"(\w{3,}sk)(?:y|yy|iy|ii|yi|yj|ij|i)")

_scripts = (
    ("a", "\u024f", "english"),
    ("\u0370", "\u03ff", "greek"),
    ("\u0400", "\u052f", "russian"),
    ("\u0530", "\u058f", "armenian"),
    ("\u0600", "\u06ff", "arabic"),
    ("\u0900", "\u097f", "hindi"),
    ("\u0b80", "\u0bff", "tamil"),
)
LATIN_STEMMERS = {
    "ca": "catalan", "cs": "czech", "da": "danish", "de": "german", "es": "spanish",
    "et": "estonian", "eu": "basque", "fi": "finnish", "fr": "french", "ga": "irish",
    "hu": "hungarian", "id": "indonesian", "it": "italian", "lt": "lithuanian", "nb": "norwegian",
    "nl": "dutch", "no": "norwegian", "pl": "polish", "pt": "portuguese", "ro": "romanian",
    "sv": "swedish", "tr": "turkish",
}  # fmt: skip
"""Languages in Latin script that have a stemmer besides English (Snowball, through PyStemmer)."""
# An English stem counts only when what it took away is an ending of the same word: Snowball
# alone also joins Federer, federal and federation (11 % of capitalised words collide).
_inflections = {
    "s", "es", "e", "ed", "ing", "ings", "ion", "ions", "ation", "ations", "y", "ies", "ied",
    "ying", "ment", "ments", "ate", "ates", "ated", "ating",
}  # fmt: skip


def bare(word: str) -> str:
    """The word without possessive, acronym dots and invisible characters: "U.S." -> "US"."""
    if word.isascii() and word.isalnum():
        return word
    word = unicodedata.normalize("NFC", _possessive.sub("", word).replace(".", ""))
    return word.translate(_invisible)


def fold(word: str) -> str:
    """The word as searched: no case, accents, possessive or acronym dots."""
    word = bare(word)
    if word.isascii():
        return word.lower()
    if is_unspaced(word):
        return unicodedata.normalize("NFKC", word).casefold()
    split = unicodedata.normalize("NFKD", word.casefold()).translate(_letters)
    return unicodedata.normalize("NFC", split)


def stem_key(word: str, language: str = "") -> str:
    """The stem key of a word, or "" if its script has no stemmer.

    `language` is the text's primary tag. In Latin script it chooses the stemmer (English when
    it is unknown), so that an English stem never meets a French one; elsewhere the script does.
    """
    lowered = bare(word).lower()
    stemmer = _script_of(lowered)
    if stemmer == "english":
        own = LATIN_STEMMERS.get(language)
        if own:
            return f"~{language}-{fold(_stemmer(own).stemWord(lowered))}"
        return "~" + fold(_english_stem(lowered)) if language in ("", "en") else ""
    if stemmer == "arabic":  # its stemmer treats words with the article best
        lowered = "ال" + _article.sub("", lowered)
    if not stemmer or len(lowered) < _SHORTEST_STEMMED:
        return ""
    return "~" + fold(_stemmer(stemmer).stemWord(lowered))


def sky_key(folded: str) -> str:
    """The key that Zelensky, Zelenskyy, Zelenskiy, Zelenskyi… share; "" for other words."""
    match = _sky.fullmatch(folded)
    return "%" + match[1] if match else ""


@lru_cache(maxsize=_CACHE)
def text_keys(word: str, language: str = "") -> tuple[str, ...]:
    """Every key under which a word of a text can be found, but prefixes and runs."""
    folded = fold(word)
    others = (stem_key(word, language), sky_key(folded))
    return (folded, "=" + bare(word), *filter(None, others))


def query_keys(
    word: str,
    *,
    quoted: bool = False,
    exact: bool = False,
    prefix: bool = False,
    language: str = "",
) -> tuple[str, ...]:
    """The keys that a word of a query looks for; any one of them is enough."""
    folded = fold(word)
    if is_unspaced(word):
        return (("^" if prefix or ends_in_hangul(word) else "@") + folded,)
    exact = exact or minds_case(word)
    form = "=" + bare(word) if exact else folded
    if prefix:
        return ("*" + form,)
    if exact:
        return (form,)
    stem = stem_key(word, language) if takes_stem(word) and not quoted else ""
    return (form, *filter(None, (stem, sky_key(folded))))


def run_length(key: str, words: Sequence[str], at: int) -> int:
    """How many of the folded, unspaced `words` from `at` on make up a run key; 0 if none do.

    A run ends where a word does; one with ^ may end inside a word, which then counts as whole.
    """
    wanted, have = key[1:], ""
    for count, word in enumerate(words[at:], start=1):
        have += word
        if len(have) >= len(wanted):
            fits = have.startswith(wanted) if key[0] == "^" else have == wanted
            return count if fits else 0
        if not wanted.startswith(have):
            return 0
    return 0


def minds_case(word: str) -> bool:
    """Whether a query's word is an acronym that would read as a common word: WHO, US, IT."""
    plain = bare(word)
    return len(plain) > 1 and plain.isupper() and plain.lower() in COMMON_WORDS


def takes_stem(word: str) -> bool:
    """Whether stems help a query's word: lower case, or Cyrillic, where names inflect too."""
    plain = bare(word)
    if plain == plain.lower():
        return True
    return "\u0400" <= plain[0] <= "\u052f" and not plain.isupper()


def _script_of(lowered: str) -> str:
    first = lowered[:1]
    if not first.isalpha():
        return ""
    return next((name for low, high, name in _scripts if low <= first <= high), "")


@lru_cache(maxsize=64)
def _stemmer(name: str) -> Stemmer.Stemmer:
    return Stemmer.Stemmer(name, 0)


def _english_stem(word: str) -> str:
    stem: str = _stemmer("english").stemWord(word)
    kept = next((i for i, (a, b) in enumerate(zip(word, stem, strict=False)) if a != b), len(stem))
    if word == stem or word[kept:] in _inflections:
        return stem
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    return word[:-1] if word.endswith("s") and not word.endswith("ss") else word
