"""Where a copy of Guichet keeps its data when nobody says: in its own checkout, as README and .gitignore have it."""

from pathlib import Path

from deploy.cli.common import DEFAULT_DATA, Common


def test_data_is_kept_inside_the_checkout_that_runs() -> None:
    checkout = DEFAULT_DATA.parent
    assert (checkout / "pyproject.toml").is_file()
    assert (checkout / "deploy" / "cli" / "common.py").samefile(
        Path(__file__).parents[3] / "deploy/cli/common.py"
    )
    assert f"{DEFAULT_DATA.name}/" in (checkout / ".gitignore").read_text().splitlines()


def test_commands_look_there() -> None:
    assert Common().data == DEFAULT_DATA
