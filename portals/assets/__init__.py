"""What browsers download: style, scripts, icons, font. `python -m portals.assets.build` makes dist/ of it."""
