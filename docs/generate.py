"""Write every generated page anew: `make docs`."""

from __future__ import annotations

from docs import generate_cli, generate_rules, picture, transcripts


def main() -> None:
    """Write the pages, those that run commands last."""
    generate_rules.PAGE.write_text(generate_rules.page(), encoding="utf-8")
    generate_cli.PAGE.write_text(generate_cli.page(), encoding="utf-8")
    readme = generate_cli.README
    readme.write_text(generate_cli.readme(readme.read_text(encoding="utf-8")), encoding="utf-8")
    picture.PICTURE.write_text(picture.picture(), encoding="utf-8")
    transcripts.main([])


if __name__ == "__main__":
    main()
