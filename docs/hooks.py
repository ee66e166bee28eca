"""What the site's theme leaves out: names for what a screen reader could only call a dialogue."""

from __future__ import annotations


def on_post_page(output: str, **_: object) -> str:
    """Return a built page whose search dialogue has a name."""
    return output.replace(
        'data-md-component="search" role="dialog"',
        'data-md-component="search" role="dialog" aria-label="Search"',
    )


def on_post_template(output_content: str, **_: object) -> str:
    """Do the same for the page that says that there is none."""
    return on_post_page(output_content)
