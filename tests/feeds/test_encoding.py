from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.feeds.encoding import decode, plain_utf8
from bot.feeds.trim import trim
from tests.feeds import documents
from tests.feeds.documents import rss

TEXT = "<rss><title>Zürich – “déjà vu”</title></rss>"
CYRILLIC = "<rss><title>Переговоры в Майами</title></rss>"
JAPANESE = "<rss><title>会談が始まる</title></rss>"


def declared(text: str, encoding: str, *, actual: str | None = None) -> bytes:
    return f'<?xml version="1.0" encoding="{encoding}"?>\n{text}'.encode(actual or encoding)


@pytest.mark.parametrize(
    ("body", "content_type", "text"),
    [
        (declared(TEXT, "utf-8"), "", TEXT),
        (TEXT.encode(), "", TEXT),
        (b"\xef\xbb\xbf" + declared(TEXT, "utf-8"), "", TEXT),
        (declared(TEXT, "windows-1252"), "", TEXT),
        (declared("<a>é\u0080</a>", "iso-8859-1"), "", "<a>é€</a>"),
        (TEXT.encode("cp1252"), "text/xml; charset=windows-1252", TEXT),
        (TEXT.encode("cp1252"), 'text/xml; Charset="cp1252"', TEXT),
        (TEXT.encode("cp1252"), "", TEXT),
        (declared(CYRILLIC, "koi8-r"), "text/xml; charset=utf-8", CYRILLIC),
        (declared(CYRILLIC, "windows-1251"), "text/xml; charset=iso-8859-1", CYRILLIC),
        (declared(JAPANESE, "shift_jis"), "", JAPANESE),
        (declared(JAPANESE, "euc-jp"), "", JAPANESE),
        (declared(JAPANESE, "iso-2022-jp"), "", JAPANESE),
        (declared(JAPANESE, "gb2312", actual="gb18030"), "", JAPANESE),
        (declared(TEXT, "utf-16"), "", TEXT),
        (declared(TEXT, "utf-16-le"), "", TEXT),
        (declared(TEXT, "utf-16-be"), "", TEXT),
        (declared(TEXT, "utf-32"), "", TEXT),
        # What they say is not what they are.
        (declared(TEXT, "utf-16", actual="utf-8"), "", TEXT),
        (declared(TEXT, "iso-8859-1", actual="utf-8"), "text/xml; charset=iso-8859-1", TEXT),
        (declared(TEXT, "utf-8", actual="utf-16-le"), "", TEXT),
        (declared(TEXT, "us-ascii", actual="utf-8"), "", TEXT),
        (declared(TEXT, "punycode", actual="utf-8"), "", TEXT),
        (declared(TEXT, "rot13", actual="utf-8"), "", TEXT),
        (declared(TEXT, "no-such", actual="utf-8"), "text/xml; charset=neither", TEXT),
        (declared(TEXT, "hex", actual="cp1252"), "", TEXT),
        (b"", "", ""),
        (b"\n\n  <?xml version='1.0'?>  <rss/>", "", "<rss/>"),
        (b"\x00\x00 <rss>\x0b\x1f</rss>", "", "<rss></rss>"),
    ],
)
def test_documents_are_decoded(body: bytes, content_type: str, text: str) -> None:
    assert decode(body, content_type=content_type).text == text


def test_a_bad_byte_costs_one_character() -> None:
    body = declared(CYRILLIC * 3, "utf-8") + b"\xff"
    found = decode(body)
    assert found.text == CYRILLIC * 3 + "\ufffd"
    assert found.complaint == "1 bytes are not utf-8"


def test_a_false_declaration_is_told() -> None:
    assert "utf-16" in decode(declared(TEXT, "utf-16", actual="utf-8")).complaint


@pytest.mark.parametrize(
    ("reference", "result"),
    [
        ("&#39;", "&#39;"),
        ("&#8217;", "&#8217;"),
        ("&#x2019;", "&#x2019;"),
        ("&#128512;", "&#128512;"),
        ("&#x1F600;", "&#x1F600;"),
        ("&#10;", "&#10;"),
        ("&#x9;", "&#x9;"),
        ("&#xD800;", "\ufffd"),
        ("&#XDFFF;", "\ufffd"),
        ("&#55296;", "\ufffd"),
        ("&#0;", "\ufffd"),
        ("&#11;", "\ufffd"),
        ("&#x1f;", "\ufffd"),
        ("&#xFFFF;", "\ufffd"),
        ("&#1114112;", "\ufffd"),
        ("&#99999999999999999999;", "\ufffd"),
        ("&#x99999999999999999999;", "\ufffd"),
        ("&#000000000000000039;", "&#000000000000000039;"),
    ],
)
def test_impossible_references_are_repaired(reference: str, result: str) -> None:
    assert decode(f"<a>{reference}</a>".encode()).text == f"<a>{result}</a>"


@given(st.binary(max_size=300), st.text(max_size=30))
def test_nothing_makes_it_raise(body: bytes, content_type: str) -> None:
    decode(body, content_type=content_type).text.encode("utf-8")
    decode(b"<?xml version='1.0' encoding='" + body[:20] + b"'?>" + body)


@given(st.text(st.characters(exclude_categories=("Cc", "Cs")), max_size=50))
def test_utf8_is_read_as_it_is(text: str) -> None:
    document = f"<a>{text.replace('&', '')}</a>"
    expected = document.replace("\ufffe", "").replace("\uffff", "")
    assert decode(document.encode()).text == expected


@pytest.mark.parametrize(
    "body",
    [
        documents.RSS_20,
        documents.ATOM_10,
        b"\xef\xbb\xbf \n" + documents.RSS_20,
        documents.RSS_20.replace(b"utf-8", b"iso-8859-1"),  # declared wrongly; it is ASCII
        rss("<title><![CDATA[&#128512; &#8217;]]></title>"),
        rss("<title>&#xE9; \u00e9 \U0001f600</title>"),
    ],
)
def test_plain_utf8_is_what_decoding_gives(body: bytes) -> None:
    assert plain_utf8(body) == decode(body).text.encode()


@pytest.mark.parametrize(
    "body",
    [
        rss("<title><![CDATA[&#xD800;]]></title>"),
        rss("<!-- &#0; --><title>a</title>"),
        rss("<?a &#0;?><title>a</title>"),
        rss("<title>a\x0bb</title>"),
        rss("<title>&#0;</title>"),
        rss("<title>\ufffe</title>"),
        documents.RSS_20.decode().encode("utf-16"),
        documents.RSS_20.replace(b"utf-8", b"utf-16"),
        documents.RSS_20.replace(b"utf-8", b"iso-2022-jp"),
        documents.RSS_20.replace(b"Harbour", b"Harb\xe9our"),
        b"{}",
    ],
)
def test_what_decoding_repairs_is_never_taken_for_well_formed_utf8(body: bytes) -> None:
    plain = plain_utf8(body)
    assert plain is None or trim(plain, ()).whole


@given(st.binary(max_size=60))
def test_whatever_a_document_holds_both_ways_agree(noise: bytes) -> None:
    body = documents.RSS_20.replace(b"Harbour", noise)
    plain = plain_utf8(body)
    if plain is not None and not trim(plain, ()).whole:
        assert plain == decode(body).text.encode()
