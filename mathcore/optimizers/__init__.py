"""Optimizers on the flat parameter vector; importing this package registers them."""

from mathcore.optimizers import adadelta, adagrad, adam, momentum, rmsprop, sgd  # noqa: F401  # they register
from mathcore.optimizers.creation import create, names, register_optimizer
from mathcore.optimizers.multipliers import Multipliers
from mathcore.optimizers.optimizer import Optimizer
from mathcore.optimizers.policy import LearningRate, register_policy
from mathcore.optimizers.transformation import Transformation, register_transformation

__all__ = [
    "LearningRate",
    "Multipliers",
    "Optimizer",
    "Transformation",
    "create",
    "names",
    "register_optimizer",
    "register_policy",
    "register_transformation",
]
