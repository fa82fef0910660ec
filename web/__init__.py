"""The status pages: ``flask --app web run`` finds the application factory here."""

from web.app import create_app

__all__ = ["create_app"]
