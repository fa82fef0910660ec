"""The Celery application. ``celery -A grid worker`` finds it here.

Messages are JSON and carry ids only. The settings are those under which a killed worker, a restarted server and a
duplicate delivery were measured to be survivable together with the step protocol (docs/protocol.md).
"""

from __future__ import annotations

from typing import Any

from celery import Celery, signals
from celery.platforms import EX_FAILURE, EX_OK
from kombu.transport import TRANSPORT_ALIASES

from grid import leaving
from grid import settings as environment
from grid.connection import Connection, connect_or_start
from grid.dispatch import QUEUE
from grid.pool import served_devices
from grid.store.url import parse_url
from grid.worker_process import start_worker, stop_worker

TRANSPORT = "grid"
TRANSPORT_ALIASES[TRANSPORT] = "grid.message_transport:Transport"

CONFIGURATION: dict[str, Any] = {
    "include": ["tasks.gradient", "tasks.apply", "tasks.evaluate"],
    "task_serializer": "json",
    "result_serializer": "json",
    "accept_content": ["json"],
    "result_accept_content": ["json"],
    "task_default_queue": QUEUE,
    "task_acks_late": True,
    "task_reject_on_worker_lost": True,
    "task_ignore_result": True,
    # Solo is the one pool that does not run a task twice after a dropped connection.
    "worker_pool": "solo",
    "worker_concurrency": 1,
    "worker_prefetch_multiplier": 1,
    "worker_enable_remote_control": False,
    "worker_send_task_events": False,
    "worker_hijack_root_logger": True,
    "worker_redirect_stdouts": False,
    "worker_deduplicate_successful_tasks": False,  # loses the chord part of a worker killed before counting it
    "worker_cancel_long_running_tasks_on_connection_loss": False,
    "worker_soft_shutdown_timeout": 0.0,  # a soft shutdown on solo acknowledges and loses the running task
    "broker_transport": TRANSPORT,  # refuses what this project does not send
    "broker_connection_retry_on_startup": True,
    "broker_connection_max_retries": None,
    "broker_connection_timeout": 4,
    "broker_pool_limit": 4,
    "broker_transport_options": {
        "ack_emulation": False,  # records of messages under way, which the supervisor has no use for
        "socket_timeout": 30,
        "socket_connect_timeout": 5,
        "socket_keepalive": True,
        "health_check_interval": 10,
        "client_name": "grid",
    },
    "redis_socket_timeout": 30,
    "redis_socket_connect_timeout": 5,
    "redis_retry_on_timeout": False,  # would send the chord's claim twice, and nobody would publish the body
    "redis_backend_health_check_interval": 30,
    "result_backend_always_retry": True,
    "result_backend_max_retries": 20,
    "result_backend_max_sleep_between_retries_ms": 2000,
    "result_expires": 3600,
    "result_chord_expires": 3600,
}


def create_app(control_url: str | None = None) -> Celery:
    """Return a Celery application on the control server of that URL (without one: set later)."""
    created = Celery("grid", set_as_current=False)
    created.config_from_object(CONFIGURATION)
    if control_url is not None:
        bind(created, control_url)
    return created


def bind(application: Celery, control_url: str) -> None:
    """Point an application at a control server."""
    url = parse_url(control_url)
    application.conf.broker_url = f"{TRANSPORT}+{url.celery_url}" if url.scheme == "unix" else url.celery_url
    application.conf.result_backend = f"grid.chord_backend:ChordBackend+{url.celery_url}"
    application.conf.redis_socket_keepalive = url.scheme != "unix"  # redis-py refuses the option there
    application.conf.broker_use_ssl = application.conf.redis_backend_use_ssl = url.tls_options() or None


app = create_app()
_connection: Connection | None = None


@signals.celeryd_init.connect
def _connect_worker(**_: Any) -> None:
    """Find the servers before the worker reads its configuration; start the embedded ones if none are named."""
    global _connection
    _connection = connect_or_start(environment.load())
    bind(app, _connection.control_url)


@signals.worker_init.connect
def _choose_pool(sender: Any, **_: Any) -> None:
    """Serve every OpenCL device of the machine, one process each, unless the command line says otherwise."""
    devices = served_devices(environment.load())
    if len(devices) > 1 and sender.concurrency == 1:
        sender.pool_cls = "prefork"
        sender.concurrency = len(devices)


@signals.worker_process_init.connect
def _start_process(**_: Any) -> None:
    if _connection is not None:
        settings = environment.load()
        _connection.guard(settings)
        start_worker(_connection, settings)


@signals.worker_shutting_down.connect
def _ask_to_leave(**_: Any) -> None:
    leaving.ask()


@signals.worker_shutdown.connect
def _end_well(sender: Any, **_: Any) -> None:
    """Leaving on Ctrl-C is no failure: it ends with code 0, as after SIGTERM."""
    if leaving.asked() and sender.exitcode == EX_FAILURE:
        sender.exitcode = EX_OK


@signals.worker_process_shutdown.connect
@signals.worker_shutdown.connect
def _stop_process(**_: Any) -> None:
    stop_worker()
