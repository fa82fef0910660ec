"""Optimizers on the flat parameter vector; importing this package registers them."""

from mathcore.optimizers.momentum import Momentum
from mathcore.optimizers.optimizer import Optimizer
from mathcore.optimizers.registry import create, names, register_optimizer

__all__ = ["Momentum", "Optimizer", "create", "names", "register_optimizer"]
