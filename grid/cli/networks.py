"""``grid networks``: the shipped networks, and their definitions for other images and classes."""

from __future__ import annotations

import click

from grid.networks import GENERATORS, as_text, generate


@click.command("networks")
@click.argument("name", required=False)
@click.option("--data-shape", type=click.IntRange(min=1), nargs=3, metavar="H W C", help="Shape of an image.")
@click.option("--classes", type=click.IntRange(min=1), metavar="N", help="How many classes it tells apart.")
def command(*, name: str | None, data_shape: tuple[int, int, int] | None, classes: int | None) -> None:
    """List the shipped networks, or print the definition of one as JSON.

    \b
    Example:
      grid networks
      grid networks resnet20 --data-shape 32 32 3 > net.json
      grid train net.json --data FOLDER
    """
    if name is None:
        click.echo("\n".join(GENERATORS))
        return
    click.echo(as_text(generate(name, data_shape=data_shape, classes=classes)), nl=False)
