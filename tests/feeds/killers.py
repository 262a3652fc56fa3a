"""Documents that hang, swell or crash a parser: the ones measured, and their relatives."""

from __future__ import annotations

from tests.feeds.documents import rss


def _attributes(count: int) -> str:
    return " ".join(f'a{number}="1"' for number in range(count))


KILLERS: dict[str, bytes] = {
    "a long author": rss(f"<author>{'a' * 60_000}</author>"),
    "a long author of dots": rss(f"<author>{'a.' * 40_000}@</author>"),
    "many attributes": rss(f"<x {_attributes(40_000)}/>"),
    "many attributes, ill-formed": rss(f"<x {_attributes(40_000)}>")[:-20],
    "unclosed comments": rss(f"<description>{'&lt;!--' * 100_000}</description>"),
    "unclosed comments, ill-formed": rss("<title>t</title>" + "<!--" * 100_000),
    "a huge CDATA": rss(f"<description><![CDATA[{'x ' * 4_900_000}]]></description>"),
    "a huge text": rss(f"<description>{'x ' * 4_900_000}</description>"),
    "100k items": rss(*["<title>x</title>"] * 100_000),
    "deep nesting": rss("<a>" * 200_000),
    "deep nesting, closed": rss("<a>" * 100_000 + "</a>" * 100_000),
    "deep markup": rss(f"<description>{'&lt;div&gt;' * 100_000}</description>"),
    "deep XHTML": b'<feed xmlns="http://www.w3.org/2005/Atom"><entry><content type="xhtml">'
    + b'<div xmlns="http://www.w3.org/1999/xhtml">' * 50_000,
    "a huge page": b"<html><body>" + b"<div class='x'>" * 300_000,
    "a page without a root": b"<div>" * 800_000,
    "a billion laughs": b'<!DOCTYPE r [<!ENTITY a "ha">'
    + b"".join(
        b'<!ENTITY l%d "%s">' % (n, b"&l%d;" % (n - 1) * 10 if n else b"&a;" * 10)
        for n in range(12)
    )
    + b"]>"
    + rss("<title>&l11;</title>"),
    "quadratic entities": b'<!DOCTYPE r [<!ENTITY a "'
    + b"x" * 100_000
    + b'">]>'
    + rss(f"<title>{'&a;' * 50_000}</title>"),
    "many entities": b"<!DOCTYPE r ["
    + b"".join(b'<!ENTITY e%d "x">' % n for n in range(100_000))
    + b"]>"
    + rss(),
    "many namespaces": rss("<x " + " ".join(f'xmlns:n{n}="u{n}"' for n in range(30_000)) + "/>"),
    "ampersands": rss(f"<title>{'&' * 500_000}</title>"),
    "less-than signs": rss(f"<title>{'<' * 500_000}</title>"),
    "character references": rss(f"<title>{'&#128512;' * 400_000}</title>"),
    "surrogates": rss(f"<title>{'&#xD800;' * 100_000}</title>"),
    "many links": rss("<link>https://a.example/</link>" * 100_000),
    "many categories": rss("<category>x</category>" * 30_000),
    "different categories": rss("".join(f"<category>c{n}</category>" for n in range(20_000))),
    "many authors": rss("<author>a</author>" * 50_000),
    "a long title": rss(f"<title>{'x' * 5_000_000}</title>"),
    "a long date": rss(f"<pubDate>{'1' * 2_000_000}</pubDate>"),
    "a date of spaces": rss(f"<pubDate>{' ' * 1_000_000}1</pubDate>"),
    "a long link": rss(f"<link>https://a.example/{'a/../' * 500_000}</link>"),
    "combining marks": rss(f"<title>z{chr(0x335) * 1_000_000}</title>"),
    "deep JSON": b'{"version": "https://jsonfeed.org/version/1", "items": ' + b"[" * 2_000_000,
    "wide JSON": b'{"version": "https://jsonfeed.org/version/1", "items": ['
    + b",".join([b"{}"] * 1_000_000)
    + b"]}",
    "JSON with a long number": b'{"version": "https://jsonfeed.org/version/1", "items": [{"id": '
    + b"1" * 1_000_000
    + b"}]}",
    "zeros": b"\x00" * 9_000_000,
    "line feeds": b"\n" * 9_000_000 + b"<rss/>",
    "declarations": b"<?" * 3_000_000,
    "noise": bytes(range(256)) * 30_000,
    "punycode": b"<?xml version='1.0' encoding='punycode'?>" + b"a-" * 300_000,
    "utf-7": b"<?xml version='1.0' encoding='utf-7'?>" + b"+AGE-" * 300_000,
}
