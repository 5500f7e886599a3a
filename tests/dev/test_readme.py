"""What is generated from fragments is what is committed."""

from devtools import readme


def test_readme_and_page_are_up_to_date():
    for path, text in readme.build().items():
        assert path.read_text() == text, "Run ./dev python -m devtools.readme"
