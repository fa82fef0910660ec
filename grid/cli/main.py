"""The ``grid`` command: its list of commands, and the border at which errors become one line and an exit code.

A command's module is imported when the command is called, so that ``grid --help`` is quick. Each has the click command
as ``command``. Exit codes: 0 done, 2 an error that the message explains, 130 interrupted, 143 terminated.
"""

from __future__ import annotations

import signal
import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from types import FrameType
from typing import NoReturn

import click

from grid.errors import GridError
from mathcore.errors import MathcoreError

COMMANDS = {
    "demo": "Train LeNet on MNIST here and watch it on a web page.",
    "train": "Train a network and wait for it.",
    "submit": "Queue a job and return at once.",
    "runs": "List all runs.",
    "status": "Show one run.",
    "watch": "Follow a run until it is over.",
    "pause": "Let a run stand still.",
    "resume": "Let a run go on.",
    "cancel": "Stop a run for good.",
    "summary": "Show what a network consists of and costs.",
    "networks": "List the shipped networks, or print one as JSON.",
    "time": "Time each layer of a network.",
    "devices": "List the OpenCL devices and the default one.",
    "web": "Serve the status pages.",
    "worker": "Compute for a grid on this machine's devices.",
}

ERROR_CODE = 2
INTERRUPTED_CODE = 130


class CommandGroup(click.Group):
    """A group that knows its commands by name and imports one when it is needed."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = import_module(f"grid.cli.{cmd_name}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


def _version() -> str:
    try:
        return version("nabe")
    except PackageNotFoundError:
        return "from a clone that is not installed"


@click.group(cls=CommandGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(_version(), prog_name="nabe")
def grid() -> None:
    """Train neural networks on every device you own.

    \b
    Start here:          grid demo
    One machine:         grid train lenet --steps 500
    A grid of machines:  grid worker        on each, then
                         grid submit lenet  on one of them

    Redis servers are started when GRID_BROKER_URL names none. `grid COMMAND --help` shows options and examples.
    """


def run(arguments: Sequence[str]) -> int:
    """Run one command line and return its exit code; errors that have an explanation take one line on stderr."""
    try:
        code = grid.main(list(arguments), prog_name="grid", standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message(), err=True)
        return ERROR_CODE
    except click.UsageError as error:
        where = error.ctx.command_path if error.ctx is not None else "grid"
        return _fail(f"{error.format_message().rstrip('.')}; see `{where} --help`")
    except click.ClickException as error:
        return _fail(error.format_message())
    except (GridError, MathcoreError) as error:
        return _fail(str(error))
    except (click.Abort, KeyboardInterrupt):
        click.echo("interrupted", err=True)
        return INTERRUPTED_CODE
    return code if isinstance(code, int) else 0


def _fail(message: str) -> int:
    click.echo(f"error: {' '.join(message.split())}", err=True)
    return ERROR_CODE


def _terminate(number: int, frame: FrameType | None) -> NoReturn:
    """End as after Ctrl-C, so that workers and servers are stopped in good order."""
    raise SystemExit(128 + number)


def main() -> None:
    """Entry point of the ``grid`` command."""
    signal.signal(signal.SIGTERM, _terminate)
    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
