"""The networks that come with Nabe: ``<name>.json`` in this folder."""

from grid.networks.shipped import load_network, shipped_networks

__all__ = ["load_network", "shipped_networks"]
