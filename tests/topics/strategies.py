"""Random queries and documents from a small vocabulary, so that they meet often."""

from __future__ import annotations

from hypothesis import strategies as st

from bot.topics.document import Document

WORDS = (
    "talk", "talks", "Talks", "talked", "Miami", "MIAMI", "NATO", "OTAN", "who", "WHO", "us", "US",
    "U.S.", "Zelensky", "Zelenskyy", "Kyiv", "Kiev", "Federer", "federal", "white", "White",
    "house", "House", "of", "the", "ceasefire", "cease-fire", "résumé", "Müller", "ukraine",
    "Ukrainian", "US-Russia", "O'Brien", "Trump", "Trump's", "台湾", "总统", "台湾总统", "北约",
    "东京都", "京都", "서울", "서울에서", "НАТО", "Путина", "переговоры", "переговорах", "الناتو",
    "नाटो", "สหรัฐอเมริกา", "AI技术", "10:30", "covid", "COVID-19",
)  # fmt: skip
FIELDS = ("", "", "", "", "title:", "summary:", "source:", "author:", "category:")

_word = st.sampled_from(WORDS)
_leaf = st.one_of(
    _word,
    _word,
    _word.map(lambda word: f"={word}"),
    st.sampled_from(("ukr*", "tal*", "ceas*", "台湾*", "=Tal*", "White-hou*", "US-Rus*")),
    st.lists(_word, min_size=1, max_size=4).map(lambda row: f'"{" ".join(row)}"'),
    st.lists(_word, min_size=2, max_size=2, unique_by=str.lower).map(
        lambda row: f'"{row[0]} {row[1]}"~3'
    ),
    st.sampled_from(
        ("/tal.s/", "=/Tal+/", "/[0-9]{2}/", "/о+т|总统/", "lang:en", "lang:es", "lang:ru")
    ),
    st.sampled_from(('"United States"', '"north atlantic treaty organization"')),
)


def _with_field(field: str, leaf: str) -> str:
    return leaf if leaf.startswith("lang:") else field + leaf


_fielded = st.builds(_with_field, st.sampled_from(FIELDS), _leaf)
_near = st.builds(
    lambda a, b, n, o, c: f"({a} OR {c}) {o}NEAR/{n} {b}",
    _word, _word, st.integers(0, 4), st.sampled_from(("", "O")), _word,
)  # fmt: skip


def _joined(children: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    some = st.lists(children, min_size=2, max_size=3)
    return st.one_of(
        some.map(" ".join),
        some.map(lambda parts: f"({' OR '.join(parts)})"),
        some.map(lambda parts: f"({' AND '.join(parts)})"),
        children.map(lambda part: f"-{part}" if not part.startswith("-") else part),
        children.map(lambda part: f"NOT ({part})"),
    )


queries = st.recursive(st.one_of(_fielded, _fielded, _near), _joined, max_leaves=6)
"""Mostly well-formed queries: some refuse themselves (a word near itself, only negatives)."""

_text = st.lists(
    st.tuples(_word, st.sampled_from((" ", " ", " ", ", ", " — ", "! ", ""))), max_size=14
).map(lambda parts: "".join(word + gap for word, gap in parts))
documents = st.builds(
    Document,
    title=_text,
    summary=_text,
    source=_text,
    authors=st.lists(_text, max_size=2).map(tuple),
    categories=st.lists(_text, max_size=2).map(tuple),
    language=st.sampled_from(("", "en", "en-GB", "es", "ru")),
)
