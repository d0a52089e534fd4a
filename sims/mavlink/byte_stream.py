"""A stream of bytes both ways over a file descriptor: a TCP connection or a serial device."""

import errno
import os
from collections.abc import Callable
from typing import Final

from sims.mavlink.transport import MOST_BYTES, LinkLostError

_MOST_WAITING: Final = 65536


class ByteStream:
    """An open stream; it never waits.

    What the system does not take at once waits here, since half a frame would spoil the next one.
    """

    def __init__(
        self, name: str, descriptor: int, close: Callable[[], None], buffer_bytes: int = 0
    ) -> None:
        """Take over a descriptor.

        Args:
            name: See :class:`sims.mavlink.transport.Transport`.
            descriptor: Not blocking.
            close: Closes it.
            buffer_bytes: See :class:`sims.mavlink.transport.Transport`.
        """
        self.name, self.buffer_bytes = name, buffer_bytes
        self._descriptor, self._close = descriptor, close
        self._waiting = bytearray()

    def fileno(self) -> int:
        """See :meth:`sims.mavlink.transport.Transport.fileno`; -1 once it is closed."""
        return self._descriptor

    def receive(self) -> bytes | None:
        """See :meth:`sims.mavlink.transport.Transport.receive`."""
        if self._waiting:
            self._flush()
        try:
            content = os.read(self._descriptor, MOST_BYTES)
        except BlockingIOError:
            return None
        except OSError as error:
            raise self._lost(error) from error
        if not content:
            raise LinkLostError(f"{self.name}: the peer closed the link")
        return content

    def answer_sender(self) -> None:
        """See :meth:`sims.mavlink.transport.Transport.answer_sender`; there is but one."""

    def send(self, frame: bytes) -> bool:
        """See :meth:`sims.mavlink.transport.Transport.send`."""
        if len(self._waiting) + len(frame) > _MOST_WAITING:
            self._flush()
            if len(self._waiting) + len(frame) > _MOST_WAITING:
                return False
        self._waiting += frame
        self._flush()
        return True

    def _flush(self) -> None:
        try:
            while self._waiting:
                del self._waiting[: os.write(self._descriptor, self._waiting)]
        except BlockingIOError:
            return
        except OSError as error:
            raise self._lost(error) from error

    def _lost(self, error: OSError) -> LinkLostError:
        gone = error.errno in (errno.EIO, errno.ENODEV, errno.ENXIO)
        why = "the device is gone" if gone else error.strerror
        return LinkLostError(f"{self.name}: {why}")

    def close(self) -> None:
        """See :meth:`sims.mavlink.transport.Transport.close`."""
        if self._descriptor >= 0:
            self._descriptor = -1  # its number may soon be another file's
            self._close()
