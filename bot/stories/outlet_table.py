"""Which names and sites are one newsroom, and which are agencies that others print.

By hand, of what is widely known about who publishes whom; an outlet that is not here counts as
its own. Keys are plain: lower case, without "the", "news", "online" and the like, or a site.
"""

from __future__ import annotations

# Newsroom: its other names, editions and sites.
_NEWSROOMS = {
    "bbc": "bbc world;bbc sport;bbc politics;bbc business;bbc.com;bbc.co.uk",
    "cnn": "cnn international;cnn politics;cnn business;cnn.com",
    "guardian": "guardian us;guardian world;guardian australia;observer;theguardian.com",
    "new york times": "nyt;nytimes;nytimes.com",
    "washington post": "washingtonpost;washingtonpost.com",
    "wall street journal": "wsj;wsj.com",
    "financial times": "ft;ft.com",
    "fox": "fox business;fox politics;foxnews;foxnews.com;foxbusiness.com",
    "nbc": "nbc politics;msnbc;nbcnews.com;msnbc.com",
    "abc": "abc politics;abc us;abcnews;abcnews.go.com;abcnews.com",
    "cbs": "cbs politics;cbsnews;cbsnews.com",
    "sky": "sky world;sky uk;news.sky.com;sky.com",
    "al jazeera": "aljazeera;al jazeera english;aljazeera.com;aljazeera.net",
    "deutsche welle": "dw;dw english;dw.com",
    "france 24": "france24;france24.com",
    "euronews": "euronews.com;euronews world",
    "politico": "politico europe;politico.com;politico.eu",
    "usa today": "usatoday;usatoday.com",
    "los angeles times": "la times;latimes;latimes.com",
    "npr": "national public radio;npr.org",
    "bloomberg": "bloomberg politics;bloomberg markets;bloomberg.com",
    "kyiv independent": "kyivindependent.com",
    "ukrainska pravda": "ukrainska pravda english;pravda.com.ua",
    "meduza": "meduza.io",
    "moscow times": "themoscowtimes.com",
    "spiegel": "der spiegel;spiegel international;spiegel.de",
    "le monde": "lemonde;lemonde.fr",
    "daily mail": "mailonline;mail;mail on sunday;dailymail.co.uk",
    "daily telegraph": "telegraph;sunday telegraph;telegraph.co.uk",
    "times": "times of london;sunday times;thetimes.co.uk;thetimes.com",
    "sun": "sun us;thesun.co.uk;the-sun.com",
    "mirror": "daily mirror;mirror.co.uk",
    "express": "daily express;express.co.uk",
    "independent": "independent uk;independent us;independent.co.uk",
    "huffpost": "huffington post;huffpost.com",
    "yahoo": "yahoo finance;yahoo uk;yahoo.com",
    "hill": "thehill.com",
    "axios": "axios.com",
    "reuters": "reuters world;reuters us;reuters.com",
    "associated press": "ap;ap top;apnews;apnews.com",
    "agence france presse": "afp;afp.com",
    "dpa": "deutsche presse agentur;dpa international;dpa.com",
    "tass": "tass.com;tass.ru",
    "ria novosti": "ria;ria.ru",
    "interfax": "interfax.ru;interfax.com",
    "xinhua": "xinhuanet.com",
    "ukrinform": "ukrinform.net;ukrinform.ua",
    "pa media": "press association;pa",
    "efe": "agencia efe;efe.com",
    "ansa": "ansa.it",
    "kyodo": "kyodonews.net",
    "upi": "united press international;upi.com",
    "anadolu": "anadolu agency;aa;aa.com.tr",
    "cp": "canadian press",
    "aap": "australian associated press",
}  # fmt: skip
_AGENCIES = (
    "reuters", "associated press", "agence france presse", "dpa", "tass", "ria novosti",
    "interfax", "xinhua", "ukrinform", "pa media", "efe", "ansa", "kyodo", "upi", "anadolu", "cp",
    "aap", "bloomberg",
)  # fmt: skip

NEWSROOMS = {
    name: newsroom
    for newsroom, others in _NEWSROOMS.items()
    for name in (newsroom, *others.split(";"))
}
"""Plain name or site -> its newsroom."""

AGENCIES = {name: room for name, room in NEWSROOMS.items() if room in _AGENCIES}
"""Plain name or site -> the agency that it is."""

_SECOND_LEVEL = """
co.uk org.uk ac.uk gov.uk com.au net.au org.au co.nz co.za com.br com.ua co.jp co.in com.tr com.cn
com.mx com.ar co.kr co.il com.sg com.hk com.pl gov.ua in.ua
"""
SECOND_LEVEL = frozenset(_SECOND_LEVEL.split())
"""Endings under which names are given out one level deeper."""
