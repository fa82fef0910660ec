"""The application factory: one blueprint a subject, on the view of the grid."""

from __future__ import annotations

from flask import Flask

from grid.settings import Settings
from web import errors, request_log, security, text
from web.events import StreamLimit
from web.events import blueprint as events
from web.grid_view import GridView
from web.json_api import blueprint as json_api
from web.pages import blueprint as pages

MAXIMUM_BODY_BYTES = 4 * 1024 * 1024
MAXIMUM_STREAMS = 64


def create_app(settings: Settings | None = None) -> Flask:
    """Return the site.

    Args:
        settings: name the servers; without them the environment does, at every request, so that pages which were
            opened before the grid find it once it runs.
    """
    app = Flask("web")
    app.config.update(
        MAX_CONTENT_LENGTH=MAXIMUM_BODY_BYTES,
        MAX_FORM_MEMORY_SIZE=MAXIMUM_BODY_BYTES,
        STREAM_POLL_SECONDS=0.3,
        STREAM_HEARTBEAT_SECONDS=15.0,
    )
    app.json.sort_keys = False  # type: ignore[attr-defined]  # the keys of the default provider come in our order
    app.jinja_env.policies["json.dumps_kwargs"] = {"sort_keys": False}
    app.extensions["nabe"] = GridView(settings)
    app.extensions["nabe_streams"] = StreamLimit(MAXIMUM_STREAMS)
    security.protect(app)
    errors.register(app)
    text.register(app)
    request_log.quieten()
    app.register_blueprint(pages)
    app.register_blueprint(json_api)
    app.register_blueprint(events)
    return app
