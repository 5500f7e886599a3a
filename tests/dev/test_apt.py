"""The mirror is read from apt's own configuration, in both of its formats."""

from devtools.apt import Source, debian_mirrors, parse_deb822, parse_list

ONE_LINE = """\
# deb http://off.example/debian trixie main
deb [arch=amd64 signed-by=/k.gpg] http://a.example/debian trixie main contrib # note
deb-src http://a.example/debian trixie main
deb http://b.example/debian trixie-updates main
"""

STANZAS = """\
# A comment before a stanza
Types: deb deb-src
URIs: http://a.example/debian
 http://b.example/debian
Suites: trixie trixie-updates
# and one inside
Components: main
Signed-By:
 -----BEGIN PGP PUBLIC KEY BLOCK-----
 .
 abc

Types: deb
Enabled: no
URIs: http://off.example/debian
Suites: trixie
Components: main
"""


def test_one_line_format():
    assert parse_list(ONE_LINE) == [
        Source("http://a.example/debian", ("trixie",), ("main", "contrib"), "/k.gpg"),
        Source("http://b.example/debian", ("trixie-updates",), ("main",)),
    ]


def test_stanza_format():
    found = parse_deb822(STANZAS)
    assert [source.uri for source in found] == [
        "http://a.example/debian",
        "http://b.example/debian",
    ]
    assert found[0].suites == ("trixie", "trixie-updates")
    assert found[0].components == ("main",)


def test_only_archives_of_debian_count(tmp_path):
    (tmp_path / "sources.list.d").mkdir()
    (tmp_path / "sources.list").write_text(
        "deb cdrom:[Debian]/ stable main\n"
        "deb http://vendor.example/apt tool-suite main\n"
        "deb http://mirror.example/debian stable main\n"
    )
    (tmp_path / "sources.list.d" / "note.bak").write_text(ONE_LINE)
    assert [source.uri for source in debian_mirrors(tmp_path)] == [
        "http://mirror.example/debian"
    ]


def test_nothing_configured(tmp_path):
    assert debian_mirrors(tmp_path) == []
