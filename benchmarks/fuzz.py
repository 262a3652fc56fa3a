"""Coverage-guided fuzzing of what reads strangers' bytes: trim, JSON Feed, HTML to text, OPML.

Needs `pip install atheris` (Linux, Python 3.11 to 3.13), which is not among the dependencies. What
must hold: nothing is raised but what the functions promise, no input takes longer than a second
for each 100 kB, and a trimmed document lists what the whole one does. Prints one JSON object last.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

_RSS = b"""<rss><channel><title>t</title><item><guid>1</guid><title>a</title></item>
<item><guid>2</guid><title><![CDATA[b]]></title></item></channel></rss>"""
_ATOM = b"""<?xml version='1.0' encoding='utf-8'?><feed xmlns='http://www.w3.org/2005/Atom'>
<entry><id>1</id></entry><!-- <entry> --></feed>"""
_RDF = b"<rdf:RDF xmlns:rdf='r'><item rdf:about='1'/></rdf:RDF>"
_JSON = b"""{"version":"https://jsonfeed.org/version/1.1","title":"t","items":[{"id":"1","url":
"https://a.example/1","content_html":"<p>x</p>","date_published":"2026-03-01T00:00:00Z"}]}"""
_OPML = b"""<opml><body><outline text='f'><outline xmlUrl='https://a.example/' text='a &amp; b'/>
</outline></body></opml>"""
SEEDS: dict[str, tuple[bytes, ...]] = {
    "trim": (_RSS, _ATOM, _RDF),
    "json": (_JSON,),
    "html": (b"<p>a &amp; b<script>x</script><img src='x'></p><!-- c --><![CDATA[d]]>&#x41;",),
    "opml": (_OPML,),
}
WORDS = [
    "<item>",
    "</item>",
    "<entry>",
    "</entry>",
    "<![CDATA[",
    "]]>",
    "<!--",
    "-->",
    "<?xml",
    "?>",
    "<guid>",
    "</guid>",
    "&amp;",
    "&#x41;",
    "&#0;",
    "items",
    "version",
    "title",
    "id",
    "url",
    "content_html",
    "date_published",
    "authors",
    "<outline",
    "xmlUrl=",
    "/>",
    "<div>",
    "<br>",
    "<script>",
    "</script>",
    "<img",
    "encoding=",
    "utf-8",
    "utf-16",
    "xmlns:",
    "<!DOCTYPE",
]
"""What the fuzzer may put together, so that it need not find these by chance."""


def targets() -> dict[str, Callable[[bytes], object]]:
    """Imported late, so that atheris can watch the branches of what is imported."""
    from datetime import UTC, datetime

    from bot.errors import CommandError, ParseError
    from bot.feeds.encoding import decode, plain_utf8
    from bot.feeds.jsonfeed import parse_json_feed
    from bot.feeds.opml import OpmlFeed, parse_opml, write_opml
    from bot.feeds.text import clean_text, first_image, html_to_text
    from bot.feeds.trim import trim

    at = datetime(2026, 3, 1, tzinfo=UTC)

    def trims(data: bytes) -> None:
        plain, whole = plain_utf8(data), decode(data).text.encode("utf-8", "replace")
        if plain is not None and not trim(plain, ()).whole:
            assert plain == whole, "plain_utf8 and decode differ"
        found = trim(whole, ())
        if found.hashes:
            part = trim(whole, set(found.hashes[1:]))
            assert part.whole or part.hashes == found.hashes
            if not part.whole and found.hashes[0] not in found.hashes[1:]:
                assert trim(part.document, ()).hashes == found.hashes[:1]

    def json_feed(data: bytes) -> None:
        try:
            parse_json_feed(data.decode("utf-8", "replace"), url="https://a.example/", now=at)
        except ParseError:
            return

    def html(data: bytes) -> None:
        text = data.decode("utf-8", "replace")
        said = clean_text(html_to_text(text), limit=2000)
        assert "\u202e" not in said
        assert len(said) <= 2000
        first_image(text)

    def opml(data: bytes) -> None:
        try:
            listed = parse_opml(data)
        except CommandError:
            return
        again = parse_opml(write_opml(listed, title="t"))
        assert len(again) <= len(listed)
        assert all(isinstance(one, OpmlFeed) for one in again)

    return {"trim": trims, "json": json_feed, "html": html, "opml": opml}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("target", choices=sorted(SEEDS))
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--corpus", type=Path, help="a folder that keeps what was found, for more")
    options = parser.parse_args()
    import atheris  # type: ignore[import-not-found]

    sys.path.insert(0, str(Path(__file__).parents[1]))
    with atheris.instrument_imports(include=["bot.feeds"]):
        run = targets()[options.target]
    began, count, findings = time.monotonic(), 0, dict[str, str]()
    folder = options.corpus or Path(tempfile.mkdtemp(prefix="fuzz-"))
    folder.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(SEEDS[options.target]):
        (folder / f"seed{number}").write_bytes(seed)
    words = folder.with_suffix(".dict")
    words.write_text("\n".join(f'"{word}"' for word in WORDS), encoding="ascii")

    def report() -> None:
        result = {
            "target": options.target,
            "seconds": round(time.monotonic() - began),
            "inputs": count,
            "findings": findings,
        }
        print(json.dumps(result), flush=True)

    def one(data: bytes) -> None:
        nonlocal count
        count += 1
        start = time.process_time()
        try:
            run(data)
        except Exception as error:  # noqa: BLE001 - what this looks for; each kind once
            findings.setdefault(type(error).__name__, f"{error}"[:80] + repr(data[:300]))
        if time.process_time() - start > max(1.0, len(data) / 100_000):
            findings.setdefault("slow", repr(data[:300]))
        if time.monotonic() - began > options.seconds:
            report()
            os._exit(0)  # libFuzzer has no other way to stop in time

    arguments = [sys.argv[0], "-max_len=4096", "-verbosity=0", "-timeout=60", f"-dict={words}"]
    sys.stderr = io.StringIO()
    atheris.Setup([*arguments, str(folder)], one)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
