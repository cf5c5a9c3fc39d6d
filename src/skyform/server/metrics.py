"""Figures for Prometheus, of this process alone: requests by route, pictures by batch, what waits."""

from collections.abc import Callable

__all__ = ["Metrics"]

# Seconds: from a page out of memory to a decoder's time limit.
_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
_BATCHES = (1, 2, 4, 8, 16, 32, 64)


class Metrics:
    """Counters of one application, in a registry of its own.

    Parameters
    ----------
    version, model : str
        Of what runs.
    """

    def __init__(self, *, version: str, model: str) -> None:
        # Only servers that are asked for figures need the library.
        from prometheus_client import (
            CollectorRegistry,
            Counter,
            Histogram,
            Info,
            ProcessCollector,
        )

        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)
        about = Info("skyform", "What runs.", registry=self._registry)
        about.info({"version": version, "model": model})
        self._requests = Counter(
            "skyform_requests",
            "Requests that were answered.",
            ("method", "route", "status"),
            registry=self._registry,
        )
        self._seconds = Histogram(
            "skyform_request_seconds",
            "Time from a request's first byte to its answer's last.",
            ("method", "route"),
            buckets=_SECONDS,
            registry=self._registry,
        )
        self._batches = Histogram(
            "skyform_batch_pictures",
            "Pictures that went through the network together.",
            buckets=_BATCHES,
            registry=self._registry,
        )

        self._mails = Counter(
            "skyform_mails",
            "Mails that the mail server took, or that failed.",
            ("outcome",),
            registry=self._registry,
        )

    def watch(self, name: str, help: str, *, value: Callable[[], float]) -> None:
        """Add a value that is asked for whenever the figures are."""
        from prometheus_client import Gauge

        Gauge(f"skyform_{name}", help, registry=self._registry).set_function(value)

    def answered(self, *, method: str, route: str, status: int, seconds: float) -> None:
        """Count a request. `route` is its template, so that there are as many labels as routes."""
        self._requests.labels(method, route, str(status)).inc()
        self._seconds.labels(method, route).observe(seconds)

    def classified(self, pictures: int) -> None:
        """Count a batch."""
        self._batches.observe(pictures)

    def mailed(self, outcome: str) -> None:
        """Count a mail: `sent` or `failed`."""
        self._mails.labels(outcome).inc()

    def text(self) -> bytes:
        """All figures, as Prometheus reads them."""
        from prometheus_client import generate_latest

        return generate_latest(self._registry)
