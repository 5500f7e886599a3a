"""Screenshots for the documentation: a story is acted out in a real Odoo, and photographed.

``story.py`` is what is said, in each language; ``stage.py`` acts it out on a fresh
database against the sandbox; ``camera.py`` drives a browser over the result.
"""
