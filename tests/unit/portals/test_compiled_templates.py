"""Templates are compiled once, not at each start of a portal."""

from __future__ import annotations

from pathlib import Path

import jinja2

from portals.kit.kit import CompiledTemplates


def _shown(folder: Path, compiled: Path) -> str:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(folder),
        bytecode_cache=CompiledTemplates(str(compiled)),
        autoescape=True,
    )
    return environment.get_template("page.html").render(name="Zoé")


def test_what_was_compiled_is_kept_and_an_edited_template_is_compiled_anew(tmp_path: Path) -> None:
    page, compiled = tmp_path / "page.html", tmp_path / "kept" / "templates"
    page.write_text("Bonjour {{ name }}", encoding="utf-8")
    assert _shown(tmp_path, compiled) == "Bonjour Zoé"
    (kept,) = compiled.iterdir()
    written = kept.stat().st_mtime_ns
    assert _shown(tmp_path, compiled) == "Bonjour Zoé"
    assert kept.stat().st_mtime_ns == written
    page.write_text("Bonsoir {{ name }}", encoding="utf-8")
    assert _shown(tmp_path, compiled) == "Bonsoir Zoé"


def test_where_nothing_can_be_written_pages_are_shown_all_the_same(tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text("Bonjour {{ name }}", encoding="utf-8")
    assert _shown(tmp_path, Path("/proc/compiled-templates")) == "Bonjour Zoé"
