"""What a query is asked of: the visible text of one article. Holds no markup and no identity."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One article's text. Words without a field are looked for in `title` and `summary`.

    `source` is the outlet or feed as people see it; `language` a BCP 47 tag or "".
    """

    title: str
    summary: str
    source: str = ""
    authors: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    language: str = ""

    def texts(self, scope: str) -> tuple[tuple[str, str], ...]:
        """The (field, text) pairs that `scope` covers; "" covers what is read first."""
        match scope:
            case "":
                return (("title", self.title), ("summary", self.summary))
            case "title":
                return (("title", self.title),)
            case "summary":
                return (("summary", self.summary),)
            case "source":
                return (("source", self.source),)
            case "author":
                return tuple(("author", author) for author in self.authors)
            case "category":
                return tuple(("category", category) for category in self.categories)
            case _:
                return ()

    @property
    def primary_language(self) -> str:
        """The tag's first part in lower case: "pt" for "pt-BR", "" if it is not known."""
        return self.language.replace("_", "-").partition("-")[0].lower()
