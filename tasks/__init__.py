"""Bodies of the Celery tasks."""
