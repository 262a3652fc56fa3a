"""The catalogues of bot/locale, made from the code: what `say`, `say_many` and `later` are given.

`python -m tests.catalogues` writes the template and brings the languages up to date; with
`--check` it names what is behind and ends with 1. See docs/words.md.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

from babel.messages import Catalog, Message
from babel.messages.pofile import read_po, write_po

from bot.words import DOMAIN, ENGLISH, FOLDER, languages

ROOT = Path(__file__).resolve().parent.parent
TEMPLATE = FOLDER / f"{DOMAIN}.pot"
_KEYWORDS = {"say": 1, "later": 1, "say_many": 2}
"""Each function, and how many of its first arguments are texts."""
_PLACEHOLDER = re.compile(r"(?<!\{)(?:\{\{)*\{([a-z_0-9]+)(?:![rs])?(?::[^{}]*)?\}")


def texts_in(source: str) -> Iterator[tuple[str, ...]]:
    """What is said in a module, in the order of its lines. A call that is given anything but a
    literal says what another place has marked by `later`."""
    calls = [one for one in ast.walk(ast.parse(source)) if isinstance(one, ast.Call)]
    for call in sorted(calls, key=lambda one: (one.lineno, one.col_offset)):
        if not isinstance(call.func, ast.Name) or call.func.id not in _KEYWORDS:
            continue
        given = call.args[: _KEYWORDS[call.func.id]]
        literals = tuple(
            one.value
            for one in given
            if isinstance(one, ast.Constant) and isinstance(one.value, str)
        )
        if given and len(literals) == len(given):
            yield literals


def from_code() -> Catalog:
    """The template: each text with the modules that say it."""
    catalog = Catalog(
        domain=DOMAIN, project="Wirewatch", charset="utf-8", fuzzy=False, header_comment="#"
    )
    for path in sorted((ROOT / "bot").rglob("*.py")):
        for texts in texts_in(path.read_text(encoding="utf-8")):
            id_ = texts if len(texts) > 1 else texts[0]
            catalog.add(id_, locations=[(str(path.relative_to(ROOT)), 0)])
    return catalog


def catalogue_of(language: str) -> Path:
    return FOLDER / language / "LC_MESSAGES" / f"{DOMAIN}.po"


def read(path: Path, language: str | None = None) -> Catalog:
    with path.open("rb") as file:
        return read_po(file, locale=language, domain=DOMAIN)


def written(catalog: Catalog) -> bytes:
    """Sorted, and without dates, so that nothing changes but words."""
    out = BytesIO()
    write_po(
        out, catalog, width=99, sort_output=True, omit_header=True, include_lineno=False,
        ignore_obsolete=True,
    )  # fmt: skip
    return _HEADER.format(language=catalog.locale or "", plurals=_plurals(catalog)).encode() + (
        out.getvalue()
    )


_HEADER = """\
msgid ""
msgstr ""
"Language: {language}\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Plural-Forms: {plurals}\\n"

"""


def _plurals(catalog: Catalog) -> str:
    return catalog.plural_forms if catalog.locale else "nplurals=INTEGER; plural=EXPRESSION;"


def brought_up_to_date(language: str, template: Catalog) -> Catalog:
    """The language's catalogue with the template's texts; what is new is untranslated."""
    catalog = read(catalogue_of(language), language)
    catalog.update(template, no_fuzzy_matching=True)
    return catalog


def placeholders(text: str) -> list[str]:
    """The names that are filled in, sorted."""
    return sorted(_PLACEHOLDER.findall(text))


def wrong(message: Message) -> str:
    """Why a translation cannot be said; "" if it can."""
    if message.fuzzy:
        return "is marked as fuzzy"
    ids = message.id if isinstance(message.id, tuple | list) else (message.id,)
    string = message.string if isinstance(message.string, tuple | list) else (message.string,)
    said = [one for one in string if one]
    if not said or len(said) < len(string):
        return "is not translated"
    named = set(placeholders(ids[-1]))
    freely = {"count"} if len(ids) > 1 else set()  # "the last change" has no number
    for one in said:
        if differing := (set(placeholders(one)) ^ named) - freely:
            return f"has other placeholders: {', '.join(sorted(differing))}"
    return ""


def main(*, check: bool) -> int:
    template = from_code()
    wanted = {TEMPLATE: written(template)}
    for language in languages():
        if language != ENGLISH:
            wanted[catalogue_of(language)] = written(brought_up_to_date(language, template))
    behind = [
        path for path, text in wanted.items() if not path.exists() or path.read_bytes() != text
    ]
    for path in behind:
        if check:
            sys.stderr.write(f"{path.relative_to(ROOT)} is behind the code: run scripts/words\n")
        else:
            path.write_bytes(wanted[path])
            sys.stdout.write(f"{path.relative_to(ROOT)} written\n")
    return 1 if check and behind else 0


if __name__ == "__main__":
    sys.exit(main(check="--check" in sys.argv))
