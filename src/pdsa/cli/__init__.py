"""The `pdsa` command: one file a subcommand; heavy imports stand inside the command bodies."""

from __future__ import annotations

import signal
import sys
from importlib import import_module
from types import FrameType

import click

# Each command and the file that holds it.
COMMANDS = {
    "check": "check",
    "cycle": "cycle",
    "drivers": "drivers",
    "example": "example",
    "idea": "idea",
    "import": "import_",
    "lab": "lab",
    "log": "log",
    "new": "new",
    "ramp": "ramp",
    "report": "report",
    "run-one": "run_one",
    "who-tried": "who_tried",
}


class Lazy(click.Group):
    """Subcommands are found by the name of their file and imported when they are called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        name = COMMANDS[cmd_name]
        command = getattr(import_module(f"pdsa.cli.{name}"), name)
        return command if isinstance(command, click.Command) else None


@click.group(cls=Lazy, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="pdsa-workbench", prog_name="pdsa")
def pdsa() -> None:
    """Run charts, control limits and reports for networks of schools that learn together."""


def main() -> None:
    """Run the command; exit codes: 0 done, 1 some reports failed, 2 input or params wrong, 3 our bug."""
    from pdsa.cli.outlet import open_outlets, tell_refused

    outlet = open_outlets()
    signal.signal(signal.SIGTERM, _end)
    code = _code_of(pdsa)
    sys.exit(2 if tell_refused(outlet) and code in (0, None) else code)


def _code_of(command: click.Command) -> str | int | None:
    """Run a command and return its exit code, whatever it ends with; what is wrong is told."""
    from pdsa.errors import PdsaError, Problem

    try:
        command(standalone_mode=False)
    except SystemExit as end:
        return end.code
    except click.ClickException as error:
        error.show()
        return 2
    except click.Abort:
        click.echo("Stopped.", err=True)
        return 130
    except PdsaError as error:
        click.echo(str(error), err=True)
        return error.exit_code
    except OSError as error:
        found = f"that the system refuses it ({error.strerror or error})"
        problem = Problem(str(error.filename or "a file"), found, "a file or folder that can be used")
        click.echo(f"{problem}\n  Next: check the disk and its permissions, and run the same command again.", err=True)
        return 2
    except Exception:  # noqa: BLE001 (the outermost door: everything else is our bug, with its traceback)
        import traceback

        click.echo(traceback.format_exc(), err=True)
        click.echo("This is a bug in pdsa; the lines above say where.", err=True)
        return 3
    return 0


def _end(number: int, frame: FrameType | None) -> None:
    """Asked to end: whatever was started is ended on the way out, as with Ctrl-C."""
    sys.exit(128 + number)
