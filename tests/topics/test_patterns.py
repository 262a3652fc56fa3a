"""Regular expressions, alone and many at once."""

from __future__ import annotations

from bot.topics.patterns import PatternBank, compiled, problem

PATTERNS = ("mia+mi", "[0-9]{3}", "(foo|bar)baz", "Киї?в", "a.c", "^Talks", "x[abc]y")
TEXTS = (
    "MIAAMI",
    "call 911",
    "BARbaz",
    "Київ",
    "aXc",
    "Talks on",
    "no Talks",
    "xbyz",
    "",
    "nothing",
)


def test_the_bank_finds_what_each_pattern_finds() -> None:
    bank = PatternBank()
    for pattern in PATTERNS:
        bank.add(f"/{pattern}/", f"any {pattern}")
        bank.add(f"=/{pattern}/", f"exact {pattern}")
    for text in TEXTS:
        alone = {f"any {p}" for p in PATTERNS if compiled(p, exact=False).search(text)}
        alone |= {f"exact {p}" for p in PATTERNS if compiled(p, exact=True).search(text)}
        assert bank.search([text]) == alone


def test_the_bank_follows_changes() -> None:
    bank = PatternBank()
    bank.add("/abc/", "one")
    assert bank.search(["abc"]) == {"one"}
    bank.add("/b./", "two")
    assert bank.search(["abc"]) == {"one", "two"}
    bank.remove("one")
    assert bank.search(["abc"]) == {"two"}


def test_problems_are_told_in_words() -> None:
    assert problem("ab+c") == ""
    assert "does not read" in problem("(")
    assert "matches everything" in problem("x?")
    assert "matches everything" in problem(r"\b")
    assert "200 characters" in problem("a" * 201)
