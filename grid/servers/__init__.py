"""The embedded servers: a control and a blob server that run while anyone uses them."""

from grid.servers.embedded import Servers, attach, find

__all__ = ["Servers", "attach", "find"]
