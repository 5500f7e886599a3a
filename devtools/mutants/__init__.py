"""Changes on purpose: each makes the code wrong, and a test owes to fail for it.

The lists are the ``*.toml`` beside this file, one a room. See docs/testing.rst.
"""
