"""Reading a journal: an Arrow IPC stream that may break off anywhere, because its writer did."""

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa


def whole_batches(journal: Path) -> Iterator[pa.RecordBatch]:
    """The batches up to the end of the stream, or up to the one it breaks off in.

    Raises:
        OSError: The file can't be read.
    """
    with pa.OSFile(str(journal)) as source:
        try:
            stream = pa.ipc.open_stream(source)
            while True:
                yield stream.read_next_batch()
        except (StopIteration, pa.ArrowInvalid):
            return
        except OSError as error:
            if error.errno is not None:  # the disk's; Arrow's own "expected more bytes" has none
                raise
