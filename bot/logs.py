"""Logs by an allow-list: what happened and how often, never what a person said.

Every record that any library writes is reduced to its logger's name, its level, the place in
the code and, for an error, the error's type. Our own events add the few fields named in
FIELDS. Texts, numbers, keys, messages of errors and locals of tracebacks have no way in.
"""

from __future__ import annotations

import json
import logging
import sys
import threading
import warnings
from collections.abc import Mapping
from types import TracebackType
from typing import Any, TextIO

import structlog

LOGGER = logging.getLogger("quietline")
FIELDS = frozenset({"key", "action", "route", "status", "ms", "count", "port", "stage", "component"})
_ATTRIBUTE = "quietline_fields"


def log(
    event: str, *, level: int = logging.WARNING, error: BaseException | None = None, **fields: Any
) -> None:
    """Writes one event of ours. Fields outside FIELDS are refused, so that nothing slips in.

    Raises:
        ValueError: a field that is not on the allow-list.
    """
    unknown = set(fields) - FIELDS
    if unknown:
        raise ValueError(f"not on the log's allow-list: {sorted(unknown)}")
    known: dict[str, Any] = {"event": event, **fields}
    if error is not None:
        known |= _error_fields(type(error), error.__traceback__)
    LOGGER.log(level, "event", extra={_ATTRIBUTE: known})


def _error_fields(kind: type[BaseException] | None, trace: TracebackType | None) -> dict[str, Any]:
    frames = []
    while trace is not None:
        code = trace.tb_frame.f_code
        frames.append(f"{code.co_filename.rsplit('/', 1)[-1]}:{trace.tb_lineno}")
        trace = trace.tb_next
    return {"error": kind.__name__ if kind else "unknown", "at": frames[-4:]}


class AllowListFormatter(logging.Formatter):
    """One JSON line a record, of allow-listed fields alone."""

    def format(self, record: logging.LogRecord) -> str:
        """The record without its message, arguments, exception text or stack."""
        line: dict[str, Any] = {
            "time": self.formatTime(record, "%Y-%m-%dT%H:%M:%S"),
            "level": record.levelname,
            "logger": record.name,
            "at": f"{record.filename}:{record.lineno}",
        }
        if record.exc_info:
            line |= _error_fields(record.exc_info[0], record.exc_info[2])
        ours = getattr(record, _ATTRIBUTE, None)
        if isinstance(ours, Mapping):
            line |= ours
        return json.dumps(line, default=lambda value: type(value).__name__)


def _structlog_to_logging(logger: Any, method: str, event: dict[str, Any]) -> str:
    """The last structlog step: drops every field; the place in the code is all that is kept."""
    if event.get("exc_info"):
        log("library_error", stage=str(method))
    raise structlog.DropEvent


def _quiet_excepthook(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        return
    log("crash", level=logging.CRITICAL, error=error)


def _quiet_thread_hook(args: threading.ExceptHookArgs) -> None:
    if args.exc_value is not None:
        log("thread_crash", level=logging.CRITICAL, error=args.exc_value)


def configure_logs(level: int = logging.WARNING, stream: TextIO | None = None) -> None:
    """Puts the allow-list in front of every logger of this process."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(AllowListFormatter())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name in list(logging.root.manager.loggerDict):
        other = logging.getLogger(name)
        other.handlers[:] = []
        other.propagate = True
    structlog.configure(
        processors=[_structlog_to_logging],
        wrapper_class=structlog.make_filtering_bound_logger(logging.DEBUG),
        cache_logger_on_first_use=False,
    )
    logging.captureWarnings(True)
    warnings.simplefilter("ignore")
    logging.raiseExceptions = False  # a failing handler would print the record and its arguments
    sys.excepthook = _quiet_excepthook
    threading.excepthook = _quiet_thread_hook
