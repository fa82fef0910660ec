"""Things by name: optimizers, the transformations they are made of, and learning-rate policies.

A name stands for a class or a function whose keyword arguments are the settings.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any, Generic, TypeVar

from mathcore.errors import OptimizerError
from mathcore.layers.settings import shown, suggestion

Made = TypeVar("Made")
Maker = TypeVar("Maker", bound=Callable[..., Any])


class Registry(Generic[Made]):
    """The makers of one kind of thing.

    Args:
        noun: what messages call such a thing.
    """

    def __init__(self, noun: str) -> None:
        self.noun = noun
        self._makers: dict[str, Callable[..., Made]] = {}

    def register(self, name: str) -> Callable[[Maker], Maker]:
        """Return a decorator that makes a class or a function known under ``name``.

        Raises:
            OptimizerError: if another one already has the name.
        """

        def enter(maker: Maker) -> Maker:
            if name in self._makers:
                raise OptimizerError(
                    f'expected a new {self.noun} name, got "{name}", which is {self._makers[name].__qualname__}'
                )
            self._makers[name] = maker
            return maker

        return enter

    def names(self) -> tuple[str, ...]:
        """Return all names, sorted."""
        return tuple(sorted(self._makers))

    def settings(self, name: object) -> tuple[str, ...]:
        """Return the settings that ``name`` takes.

        Raises:
            OptimizerError: if there is no such name; suggests the nearest.
        """
        if not isinstance(name, str) or name not in self._makers:
            near = suggestion(name, self.names()) if isinstance(name, str) else ""
            names = ", ".join(self.names())
            raise OptimizerError(f"{self.noun}: expected one of {names}, got {shown(name)}; {near}correct the name")
        return tuple(inspect.signature(self._makers[name]).parameters)

    def create(self, name: object, settings: Mapping[str, Any]) -> Made:
        """Return what the maker of ``name`` makes of the settings.

        Raises:
            OptimizerError: if the name or a setting is unknown, missing or out of range; names it.
        """
        known = self.settings(name)
        maker = self._makers[str(name)]
        try:
            inspect.signature(maker).bind(**settings)
        except TypeError as error:
            raise OptimizerError(f"{name}: expected settings {', '.join(known) or 'none'}; {error}") from None
        try:
            return maker(**settings)
        except OptimizerError as error:
            raise OptimizerError(f"{name}: {error}") from None
