"""Ways to name an address that must not be dialled. Judged by the tests, never dialled by them."""

# ruff: noqa: SIM905 - a list literal of 200 addresses would be a column of quotation marks

from __future__ import annotations

PRIVATE_ADDRESSES = """
0.0.0.0 0.0.0.1 0.255.255.255 10.0.0.1 10.255.255.255 100.64.0.1 100.100.100.200 100.127.255.255
127.0.0.1 127.0.0.2 127.1.2.3 127.255.255.254 168.63.129.16 169.254.0.1 169.254.169.254
169.254.170.2 172.16.0.1 172.31.255.255 192.0.0.1 192.0.0.8 192.0.0.170 192.0.0.192 192.0.2.1
192.88.99.1 192.168.0.1 192.168.255.255 198.18.0.1 198.19.255.255 198.51.100.1 203.0.113.1
224.0.0.1 239.255.255.255 240.0.0.1 255.255.255.254 255.255.255.255
:: ::1 ::127.0.0.1 ::7f00:1 ::ffff:0:0 ::ffff:127.0.0.1 ::ffff:7f00:1 ::ffff:10.0.0.1
::ffff:169.254.169.254 ::ffff:a9fe:a9fe ::ffff:192.168.1.1 ::ffff:0:127.0.0.1 ::ffff:0:7f00:1
64:ff9b::7f00:1 64:ff9b::127.0.0.1 64:ff9b::10.0.0.1 64:ff9b::a9fe:a9fe 64:ff9b:1::7f00:1
64:ff9b:1:ffff::1 100::1 100:0:0:1::1 1::1 1fff::1 2001::1 2001:0:7f00:1:: 2001:1::1 2001:2::1
2001:10::1 2001:20::1 2001:db8::1 2001:db8:ffff::1 2002:7f00:1:: 2002:7f00:0001::1 2002:a00:1::
2002:c0a8:101:: 2002:a9fe:a9fe::1 2002:e000:1:: 3fff::1 3fff:fff::1 4000::1 5f00::1 8000::1
fc00::1 fd00::1 fd00:ec2::254 fd20:ce::254 fdff:ffff::1 fe80::1 fe80::1%eth0 fe80::a9fe:a9fe
febf::1 fec0::1 feff::1 ff00::1 ff02::1 ff02::2 ff05::1:3 ff0e::1 2a00:1450::5efe:127.0.0.1
2a00:1450::200:5efe:10.0.0.1 0:0:0:0:0:0:0:1 0000:0000:0000:0000:0000:ffff:7f00:0001
""".split()

NOT_ADDRESSES = """
127.1 127.0.1 2130706433 0x7f000001 0x7f.0.0.1 0177.0.0.1 017700000001 127.0.0.1. localhost
example.org 1.2.3.4.5 256.1.1.1 ::1::1 [::1] 127.0.0.1:80 /run/socket
""".split()

PUBLIC_ADDRESSES = """
1.1.1.1 8.8.8.8 93.184.216.34 100.63.255.255 100.128.0.1 128.0.0.1 172.15.255.255 172.32.0.1
192.167.255.255 192.169.0.1 198.17.255.255 198.20.0.1 223.255.255.255 2606:4700:4700::1111
2a00:1450:4001::200e 2001:4860:4860::8888 2003::1 ::ffff:8.8.8.8 64:ff9b::808:808 2002:808:808::1
""".split()

PRIVATE_URLS = """
http://127.0.0.1/ http://127.0.0.1./ http://127.1/ http://127.0.1/ http://2130706433/
http://0x7f000001/ http://0x7f.1/ http://0x7f.0x0.0x0.0x1/ http://0177.0.0.1/ http://0177.1/
http://017700000001/ http://00000177.1/ http://0/ http://0.0.0.0/ http://0x0/ http://00/
http://1/ http://3232235777/ http://192.168.257/ http://10.1/ http://0xA9FEA9FE/
http://2852039166/ http://169.254.169.254/latest/meta-data/ http://0251.0376.0251.0376/
http://0xa9.0xfe.0xa9.0xfe/ http://169.16689662/ http://100.100.100.200/ http://168.63.129.16/
http://[::1]/ http://[0:0:0:0:0:0:0:1]/ http://[::]/ http://[::ffff:127.0.0.1]/
http://[::ffff:7f00:1]/ http://[::127.0.0.1]/ http://[64:ff9b::7f00:1]/ http://[2002:7f00:1::]/
http://[fd00:ec2::254]/ http://[fe80::1]/ http://[fe80::1%25eth0]/ http://[fec0::1]/
http://[ff02::1]/ http://[2001:db8::1]/ http://[2001:0:7f00:1::]/
http://１２７.0.0.1/ http://127。0。0。1/ http://①②⑦.⓪.⓪.①/ http://𝟏𝟐𝟕.𝟎.𝟎.𝟏/ http://127．0．0．1/
http://０x7f.1/ http://localhost/ http://LOCALHOST/ http://localhost./ http://ｌocalhost/
http://foo.localhost/ http://printer.local/ http://metadata.google.internal/
http://kubernetes.default.svc.internal/ http://router.lan/ http://nas.home.arpa/ http://intranet/
http://metadata/ http://kubernetes/ http://a.localdomain/ http://1.2.3.4.5/ http://999.1.1.1/
http://127.0.0.256/ http://0x1ffffffff/ http://foo.0x7f/ http://127.0.0.1%2f/ http://%31%32%37.0.0.1/
http://127.0.0.1%00/ http://exa%6dple.org/ http://a..b/ http://.example.org/ http://exam!ple.org/ http://[::g]/
""".split()

BAD_URLS = """
file:///etc/passwd ftp://example.org/feed gopher://example.org/ data:text/xml,<rss/>
javascript:alert(1) dict://example.org:11211/ ldap://example.org/ unix:///run/docker.sock
http+unix://%2Frun%2Fdocker.sock/ jar:http://example.org!/ ws://example.org/ //example.org/feed
/feed.xml example http: http:// https:/// http:///feed http:feed
http://user@example.org/ http://user:password@example.org/ http://:password@example.org/
http://127.0.0.1@example.org/ http://example.org@127.0.0.1/ http://example.org%40@127.0.0.1/
http://example.org:0/ http://example.org:22/ http://example.org:25/ http://example.org:6379/
http://example.org:11211/ http://example.org:6667/
""".split()

UNREADABLE_URLS = """
http://good.com\\@127.0.0.1/ http://[::1]evil.com/ http://[::1 http://example.org:99999/
http://example.org:port/ http://℀.com/ http://[127.0.0.1]/
""".split()
