"""Networks: definition, layout, gradient and evaluation."""

from mathcore.network.definition import LayerDefinition, NetworkDefinition, parse
from mathcore.network.evaluation import Evaluation
from mathcore.network.layout import Layout, LayoutEntry
from mathcore.network.network import Network
from mathcore.network.summary import LayerSummary, NetworkSummary

__all__ = [
    "Evaluation",
    "LayerDefinition",
    "LayerSummary",
    "Layout",
    "LayoutEntry",
    "Network",
    "NetworkDefinition",
    "NetworkSummary",
    "parse",
]
