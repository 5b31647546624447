"""One piece of work over many items, shared out to forked processes.

A child sends its results back over a pipe and ends at once: nothing of it outlives the call.
"""

from __future__ import annotations

import contextlib
import gc
import os
import selectors
import signal
import struct
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias, TypeVar

from promptctl.errors import LocalIOError

Item = TypeVar("Item")
Result = TypeVar("Result")
Progress: TypeAlias = Callable[[int], None]

WORTH_FORKING = 100
"""Items below which the start of a process costs more than it saves."""
_WARM_UP = 10
"""Items done before the start: what they make Python load, no worker has to load again."""
_BATCH = 50
_SIZE = struct.Struct("<II")  # items done, bytes of pickled results that follow


def run_shared(
    items: Sequence[Item],
    work: Callable[[Item], Sequence[Result]],
    *,
    workers: int,
    progress: Progress,
) -> list[Result]:
    """The results of all items. Order is that of the workers: sort where it matters.

    `progress` is told how many more items are done. Raises LocalIOError if a worker dies.
    """
    shared = workers > 1 and len(items) >= WORTH_FORKING and _can_fork()
    first = _WARM_UP if shared else len(items)
    results: list[Result] = []
    for batch, done in _in_batches(items[:first], work):
        results += batch
        progress(done)
    if not shared:
        return results
    children: list[_Child] = []
    try:
        with _interrupts_wait():
            for number in range(workers):
                children.append(_start(items[first + number :: workers], work, children))
        _collect(children, results, progress)
        return results
    finally:
        for child in children:
            _end(child)


def usable_cores() -> int:
    """How many processes can run at once here."""
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity is not None else os.cpu_count() or 1


def _can_fork() -> bool:
    return hasattr(os, "fork") and threading.active_count() == 1


@contextlib.contextmanager
def _interrupts_wait() -> Iterator[None]:
    """Hold Ctrl-C back: between a fork and its record nobody would end the child."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _in_batches(
    items: Sequence[Item], work: Callable[[Item], Sequence[Result]]
) -> Iterator[tuple[list[Result], int]]:
    for start in range(0, len(items), _BATCH):
        batch = items[start : start + _BATCH]
        yield [result for item in batch for result in work(item)], len(batch)


@dataclass(slots=True)
class _Child:
    pid: int
    descriptor: int
    expected: int
    received: bytearray = field(default_factory=bytearray)


def _start(
    items: Sequence[Item], work: Callable[[Item], Sequence[Result]], earlier: Sequence[_Child]
) -> _Child:
    reading, writing = os.pipe()
    gc.freeze()  # pages that nobody writes to stay shared
    pid = os.fork()
    if pid:
        os.close(writing)
        return _Child(pid, reading, len(items))
    status = 1
    try:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
        for child in earlier:
            os.close(child.descriptor)
        os.close(reading)
        for results, done in _in_batches(items, work):
            body = _packed(results) if results else b""
            _write_all(writing, _SIZE.pack(done, len(body)) + body)
        status = 0
    finally:
        os._exit(status)


def _write_all(descriptor: int, content: bytes) -> None:
    view = memoryview(content)
    while view:
        view = view[os.write(descriptor, view) :]


def _collect(children: Sequence[_Child], results: list[Result], progress: Progress) -> None:
    with selectors.DefaultSelector() as selector:
        for child in children:
            selector.register(child.descriptor, selectors.EVENT_READ, child)
        while selector.get_map():
            for key, _ in selector.select():
                child = key.data
                piece = os.read(child.descriptor, 65536)
                child.received += piece
                _take(child, results, progress)
                if not piece:
                    selector.unregister(child.descriptor)
                    _check_complete(child)


def _take(child: _Child, results: list[Result], progress: Progress) -> None:
    """Move every complete message out of what a child sent."""
    while len(child.received) >= _SIZE.size:
        done, size = _SIZE.unpack_from(child.received)
        if len(child.received) < _SIZE.size + size:
            return
        if size:
            results += _unpacked(child.received[_SIZE.size : _SIZE.size + size])
        del child.received[: _SIZE.size + size]
        child.expected -= done
        progress(done)


def _packed(results: Sequence[Result]) -> bytes:
    import pickle  # only workers that found something need it

    return pickle.dumps(results)


def _unpacked(body: bytes | bytearray) -> list[Result]:
    import pickle  # as above

    # Safe here: the bytes come from our own child over our own pipe.
    results: list[Result] = pickle.loads(body)
    return results


def _check_complete(child: _Child) -> None:
    if child.expected or child.received:
        raise LocalIOError(
            "a worker process ended before its work was done",
            "the machine may be out of memory; --jobs 1 does everything in one process",
        )


def _end(child: _Child) -> None:
    os.close(child.descriptor)
    with contextlib.suppress(ProcessLookupError):
        os.kill(child.pid, signal.SIGKILL)
    os.waitpid(child.pid, 0)
