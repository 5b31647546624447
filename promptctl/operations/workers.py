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
_BATCH = 20
_MAX_BATCHES = 1000
"""As many numbers as any pipe holds before somebody reads."""
_NUMBER = struct.Struct("<I")
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
    for batch in _batches(items[:first]):
        results += _work_on(batch, work)
        progress(len(batch))
    if not shared:
        return results
    batches = _batches(items[first:])
    queue = _queue(len(batches))
    children: list[_Child] = []
    try:
        with _interrupts_wait():
            for _ in range(workers):
                children.append(_start(queue, batches, work, children))
        done = _collect(children, results, progress)
        _check_complete(children, len(items) - first - done)
        return results
    finally:
        os.close(queue)
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


def _batches(items: Sequence[Item]) -> list[Sequence[Item]]:
    size = max(_BATCH, -(-len(items) // _MAX_BATCHES))
    return [items[start : start + size] for start in range(0, len(items), size)]


def _work_on(batch: Sequence[Item], work: Callable[[Item], Sequence[Result]]) -> list[Result]:
    return [result for item in batch for result in work(item)]


def _queue(batches: int) -> int:
    """The end of a pipe that holds the number of each batch once: who reads one has that batch.

    So a worker on a busy core takes fewer.
    """
    reading, writing = os.pipe()
    os.write(writing, b"".join(_NUMBER.pack(number) for number in range(batches)))
    os.close(writing)
    return reading


@dataclass(slots=True)
class _Child:
    pid: int
    descriptor: int
    received: bytearray = field(default_factory=bytearray)


def _start(
    queue: int,
    batches: Sequence[Sequence[Item]],
    work: Callable[[Item], Sequence[Result]],
    earlier: Sequence[_Child],
) -> _Child:
    reading, writing = os.pipe()
    gc.freeze()  # pages that nobody writes to stay shared
    pid = os.fork()
    if pid:
        os.close(writing)
        return _Child(pid, reading)
    status = 1
    try:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
        for child in earlier:
            os.close(child.descriptor)
        os.close(reading)
        while number := os.read(queue, _NUMBER.size):
            batch = batches[_NUMBER.unpack(number)[0]]
            results = _work_on(batch, work)
            body = _packed(results) if results else b""
            _write_all(writing, _SIZE.pack(len(batch), len(body)) + body)
        status = 0
    finally:
        os._exit(status)


def _write_all(descriptor: int, content: bytes) -> None:
    view = memoryview(content)
    while view:
        view = view[os.write(descriptor, view) :]


def _collect(children: Sequence[_Child], results: list[Result], progress: Progress) -> int:
    """Take in what the children send, until all have ended; how many items they did."""
    all_done = 0
    with selectors.DefaultSelector() as selector:
        for child in children:
            selector.register(child.descriptor, selectors.EVENT_READ, child)
        while selector.get_map():
            for key, _ in selector.select():
                child = key.data
                piece = os.read(child.descriptor, 65536)
                child.received += piece
                for done in _take(child, results):
                    all_done += done
                    progress(done)
                if not piece:
                    selector.unregister(child.descriptor)
    return all_done


def _take(child: _Child, results: list[Result]) -> Iterator[int]:
    """Move every complete message out of what a child sent; the items that each stands for."""
    while len(child.received) >= _SIZE.size:
        done, size = _SIZE.unpack_from(child.received)
        if len(child.received) < _SIZE.size + size:
            return
        if size:
            results += _unpacked(child.received[_SIZE.size : _SIZE.size + size])
        del child.received[: _SIZE.size + size]
        yield done


def _packed(results: Sequence[Result]) -> bytes:
    import pickle  # only workers that found something need it

    return pickle.dumps(results)


def _unpacked(body: bytes | bytearray) -> list[Result]:
    import pickle  # as above

    # Safe here: the bytes come from our own child over our own pipe.
    results: list[Result] = pickle.loads(body)
    return results


def _check_complete(children: Sequence[_Child], missing: int) -> None:
    if missing or any(child.received for child in children):
        raise LocalIOError(
            "a worker process ended before its work was done",
            "the machine may be out of memory; --jobs 1 does everything in one process",
        )


def _end(child: _Child) -> None:
    os.close(child.descriptor)
    with contextlib.suppress(ProcessLookupError):
        os.kill(child.pid, signal.SIGKILL)
    os.waitpid(child.pid, 0)
