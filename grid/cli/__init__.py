"""The ``grid`` command."""
