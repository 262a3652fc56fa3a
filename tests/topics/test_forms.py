"""What a word is found by."""

from __future__ import annotations

import pytest

from bot.topics.forms import fold, minds_case, query_keys, run_length, stem_key, text_keys


@pytest.mark.parametrize(
    ("word", "folded"),
    [
        ("NATO", "nato"), ("N.A.T.O", "nato"), ("Trump's", "trump"), ("Trump’s", "trump"),
        ("Müller", "muller"), ("STRASSE", "strasse"), ("Straße", "strasse"), ("Łódź", "lodz"),
        ("İstanbul", "istanbul"), ("Diyarbakır", "diyarbakir"), ("Œuvre", "oeuvre"),
        ("ＮＡＴＯ", "nato"), ("Ёлка", "елка"), ("أوكرانيا", "اوكرانيا"), ("مُحَمَّد", "محمد"),
        ("ガス", "ガス"), ("ｳｸﾗｲﾅ", "ウクライナ"), ("हिन्दी", "हिन्दी"),
        ("Staats\u00admann", "staatsmann"),
        ("Ελλάδα", "ελλαδα"), ("cafe\u0301", "cafe"),
    ],
)  # fmt: skip
def test_folds(word: str, folded: str) -> None:
    assert fold(word) == folded
    assert fold(folded) == folded


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("talks", "talked", True),
        ("negotiations", "negotiate", True),
        ("countries", "country", True),
        ("universities", "university", True),
        ("university", "universal", False),
        ("federal", "federation", False),
        ("federal", "Federer", False),
        ("negotiators", "negotiator", True),
        ("переговоры", "переговорах", True),
        ("Путина", "Путиным", True),
        ("المفاوضات", "مفاوضات", True),
        ("कि", "की", False),
    ],
)
def test_stems_join_one_word_and_not_its_relatives(one: str, other: str, same: bool) -> None:
    assert (stem_key(one) == stem_key(other) != "") is same


def test_a_declared_language_chooses_the_stemmer_of_latin_script() -> None:
    assert stem_key("elecciones", "es") == stem_key("elección", "es")
    assert stem_key("elecciones", "es") != stem_key("elecciones", "en")
    assert stem_key("переговоры", "uk") == stem_key("переговорах", "ru")
    assert stem_key("talks", "xx") == ""


@pytest.mark.parametrize(
    ("word", "expected"),
    [("US", True), ("U.S.", True), ("WHO", True), ("NATO", False), ("Us", False), ("I", False)],
)
def test_acronyms_mind_their_case_only_beside_a_common_word(word: str, expected: bool) -> None:
    assert minds_case(word) is expected


def test_the_keys_of_a_query_word() -> None:
    assert query_keys("talks") == ("talks", "~talk")
    assert query_keys("talks", quoted=True) == ("talks",)
    assert query_keys("Talks") == ("talks",)
    assert query_keys("WHO") == ("=WHO",)
    assert query_keys("Apple", exact=True) == ("=Apple",)
    assert query_keys("Ukrain", prefix=True) == ("*ukrain",)
    assert query_keys("Zelenskyy") == ("zelenskyy", "%zelensk")
    assert query_keys("台湾") == ("@台湾",)
    assert query_keys("서울") == ("^서울",)


def test_a_text_word_has_its_keys_in_every_way() -> None:
    assert text_keys("Talks", "en") == ("talks", "=Talks", "~talk")
    assert text_keys("Zelenskiy's", "en")[:2] == ("zelenskiy", "=Zelenskiy")
    assert "%zelensk" in text_keys("Zelenskiy's", "en")


def test_a_run_ends_where_a_word_does_but_for_hangul() -> None:
    assert run_length("@台湾总统", ["台湾", "总统", "访问"], 0) == 2
    assert run_length("@台湾总", ["台湾", "总统"], 0) == 0
    assert run_length("^서울", ["서울에서"], 0) == 1
    assert run_length("@京都", ["東京都"], 0) == 0
