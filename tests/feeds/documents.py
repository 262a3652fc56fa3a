"""Small feeds in every format, written for these tests: two articles each, the same ones."""

from __future__ import annotations

RSS_20 = b"""<?xml version="1.0" encoding="utf-8"?>
<rss version="2.0" xmlns:media="http://search.yahoo.com/mrss/"
     xmlns:dc="http://purl.org/dc/elements/1.1/"
     xmlns:content="http://purl.org/rss/1.0/modules/content/">
<channel>
  <title>The Harbour Post</title><link>https://harbour.example/</link><language>en-gb</language>
  <ttl>30</ttl>
  <item>
    <title>Talks begin in Miami</title>
    <link>https://harbour.example/2026/03/talks?utm_source=rss&amp;id=7</link>
    <guid isPermaLink="false">post-7</guid>
    <pubDate>Sat, 14 Mar 2026 10:00:00 +0100</pubDate>
    <dc:creator>Ada Quist</dc:creator>
    <category>World</category><category>Diplomacy</category>
    <description>&lt;p&gt;Envoys &lt;b&gt;met&lt;/b&gt; today.&lt;/p&gt;
      &lt;p&gt;Nothing is agreed.&lt;/p&gt;</description>
    <media:content url="https://harbour.example/7.jpg" medium="image"/>
  </item>
  <item>
    <title>Ferry &amp;amp; tug collide</title>
    <link>https://harbour.example/2026/03/ferry</link>
    <guid isPermaLink="false">post-6</guid>
    <pubDate>Fri, 13 Mar 2026 08:30:00 GMT</pubDate>
    <description>No one was hurt.</description>
  </item>
</channel></rss>"""

ATOM_10 = b"""<?xml version="1.0" encoding="utf-8"?>
<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en-GB">
  <title>The Harbour Post</title><link href="https://harbour.example/"/>
  <link rel="self" href="https://harbour.example/atom"/>
  <id>urn:harbour</id><updated>2026-03-14T09:00:00Z</updated>
  <entry>
    <title type="html">Talks begin in Miami</title>
    <link href="/2026/03/talks"/><id>post-7</id>
    <published>2026-03-14T10:00:00+01:00</published><updated>2026-03-14T11:00:00Z</updated>
    <author><name>Ada Quist</name></author><category term="World"/>
    <summary type="html">&lt;p&gt;Envoys &lt;b&gt;met&lt;/b&gt; today.&lt;/p&gt;</summary>
  </entry>
  <entry>
    <title>Use &lt;b&gt; with care</title>
    <link href="https://harbour.example/2026/03/ferry"/><id>post-6</id>
    <updated>2026-03-13T08:30:00Z</updated>
    <content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml">
      <p>No one</p><p>was hurt.</p></div></content>
  </entry>
</feed>"""

RDF_10 = b"""<?xml version="1.0" encoding="utf-8"?>
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"
         xmlns:dc="http://purl.org/dc/elements/1.1/">
  <channel rdf:about="https://harbour.example/rdf"><title>The Harbour Post</title>
    <link>https://harbour.example/</link><description>News</description></channel>
  <item rdf:about="https://harbour.example/2026/03/talks">
    <title>Talks begin in Miami</title><link>https://harbour.example/2026/03/talks</link>
    <dc:date>2026-03-14T09:00:00Z</dc:date><dc:creator>Ada Quist</dc:creator></item>
  <item rdf:about="https://harbour.example/2026/03/ferry">
    <title>Ferry and tug collide</title><link>https://harbour.example/2026/03/ferry</link></item>
</rdf:RDF>"""

RSS_090 = b"""<?xml version="1.0"?>
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"
         xmlns="http://my.netscape.com/rdf/simple/0.9/">
  <channel><title>The Harbour Post</title><link>https://harbour.example/</link></channel>
  <item><title>Talks begin in Miami</title><link>https://harbour.example/2026/03/talks</link></item>
  <item><title>Ferry collides</title><link>https://harbour.example/2026/03/ferry</link></item>
</rdf:RDF>"""


def rss_09x(version: str) -> bytes:
    """RSS 0.91 to 0.94 as they were written: no ids, no namespaces."""
    return f"""<?xml version="1.0"?><rss version="{version}"><channel>
  <title>The Harbour Post</title><link>https://harbour.example/</link><description>d</description>
  <item><title>Talks begin in Miami</title><link>https://harbour.example/2026/03/talks</link>
    <description>Envoys met today.</description></item>
  <item><description>A note without a title or a link.</description></item>
</channel></rss>""".encode()


ATOM_03 = b"""<?xml version="1.0"?>
<feed version="0.3" xmlns="http://purl.org/atom/ns#"><title>The Harbour Post</title>
  <link rel="alternate" type="text/html" href="https://harbour.example/"/>
  <entry><title>Talks begin in Miami</title><id>post-7</id>
    <link rel="alternate" type="text/html" href="https://harbour.example/2026/03/talks"/>
    <issued>2026-03-14T09:00:00Z</issued><modified>2026-03-14T10:00:00Z</modified>
    <summary>Envoys met today.</summary></entry>
  <entry><title>Ferry collides</title><id>post-6</id>
    <link rel="alternate" type="text/html" href="https://harbour.example/2026/03/ferry"/></entry>
</feed>"""

JSON_11 = b"""{"version": "https://jsonfeed.org/version/1.1", "title": "The Harbour Post",
 "home_page_url": "https://harbour.example/", "language": "en-GB", "items": [
 {"id": "post-7", "url": "https://harbour.example/2026/03/talks?utm_source=json",
  "title": "Talks begin in Miami", "content_html": "<p>Envoys <b>met</b> today.</p>",
  "date_published": "2026-03-14T10:00:00+01:00", "authors": [{"name": "Ada Quist"}],
  "tags": ["World"], "image": "https://harbour.example/7.jpg"},
 {"id": 6, "url": "/2026/03/ferry", "content_text": "No one was hurt."}]}"""

JSON_10 = b"""{"version": "https://jsonfeed.org/version/1", "title": "The Harbour Post", "items": [
 {"id": "post-7", "url": "https://harbour.example/2026/03/talks", "title": "Talks begin in Miami",
  "summary": "Envoys met today.", "author": {"name": "Ada Quist"},
  "date_modified": "2026-03-14T09:00:00Z"},
 {"id": "post-6", "external_url": "https://elsewhere.example/x", "content_text": "See there."}]}"""

PAGE = b"""<!doctype html>
<!-- a page --><html><head><title>Harbour</title>
<link rel="alternate" type="application/rss+xml" href="/feed.xml">
<link rel="ALTERNATE" type="application/atom+xml; charset=utf-8" href="https://harbour.example/atom">
<link rel="alternate" type="text/html" hreflang="de" href="/de">
<link rel="stylesheet" href="/style.css"></head><body><div>Hello</div></body></html>"""


def rss(*items: str, head: str = "<title>T</title>", attributes: str = "") -> bytes:
    """An RSS 2.0 document around these items."""
    listed = "".join(f"<item>{item}</item>" for item in items)
    return f'<rss version="2.0" {attributes}><channel>{head}{listed}</channel></rss>'.encode()
