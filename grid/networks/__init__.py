"""The networks that come with Nabe: ``<name>.json`` in this folder, and the functions that write them."""

from grid.networks.generators import GENERATORS, generate
from grid.networks.layer_list import as_text
from grid.networks.shipped import load_network, shipped_networks

__all__ = ["GENERATORS", "as_text", "generate", "load_network", "shipped_networks"]
