"""The queue of files: what is put in comes out, once, in order, whole."""

import threading
import uuid
from queue import Empty

import pytest
from kombu import Connection, Exchange, Queue

from opsi.celery import app  # noqa: F401  (makes filesystem:// ours)


@pytest.fixture
def queue():
    # Kombu remembers for the whole process which queues are bound, whatever the folder: a name is used once.
    name = f"wake-ups-{uuid.uuid4().hex}"
    return Queue(name, Exchange(name), routing_key=name)


@pytest.fixture
def connect(tmp_path):
    """`connect()`: a connection to one queue in a folder that does not exist yet."""
    folder = str(tmp_path / "deep" / "queue")
    options = {"data_folder_in": folder, "data_folder_out": folder, "control_folder": folder + "/control"}
    opened = []

    def connect():
        opened.append(
            Connection("filesystem://localhost", transport_options={**options, "polling_interval": 0.05})
        )
        return opened[-1]

    yield connect
    for connection in opened:
        connection.release()


def put(queue, connection, *bodies):
    for body in bodies:
        connection.Producer().publish(
            body, exchange=queue.exchange, routing_key=queue.routing_key, declare=[queue]
        )


def take(queue, connection):
    message = queue(connection.default_channel).get()
    if message is None:
        return None
    message.ack()
    return message.payload


def test_order_is_kept_and_folders_are_made(queue, connect):
    put(queue, connect(), *range(20))
    reader = connect()
    assert [take(queue, reader) for _ in range(21)] == [*range(20), None]


def test_size_and_purge_count_whole_messages_of_this_queue_only(queue, connect, tmp_path):
    writer = connect()
    put(queue, writer, 1, 2, 3)
    folder = tmp_path / "deep" / "queue"
    (folder / ".half.tmp").write_text("{")
    (folder / "1_x.other.msg").write_text("{}")
    channel = writer.default_channel
    assert channel._size(queue.name) == 3
    assert channel._purge(queue.name) == 3
    with pytest.raises(Empty):
        channel._get(queue.name)
    assert sorted(path.name for path in folder.iterdir()) == [".half.tmp", "1_x.other.msg", "control"]


def test_many_writers_and_readers_lose_nothing_and_take_nothing_twice(queue, connect):
    taken, lock, written = [], threading.Lock(), threading.Event()
    # Kombu calls a queue bound before it is, so the first of all wake-ups may get lost, which the sweep makes up for.
    put(queue, connect(), "first")
    assert take(queue, connect()) == "first"

    def write(writer):
        put(queue, connect(), *(f"{writer}-{number}" for number in range(50)))

    def read():
        reader = connect()
        while True:
            over = written.is_set()
            body = take(queue, reader)
            if body is None and over:
                return
            if body is not None:
                with lock:
                    taken.append(body)

    writers = [threading.Thread(target=write, args=[name]) for name in "abc"]
    readers = [threading.Thread(target=read) for _ in range(2)]
    for thread in writers + readers:
        thread.start()
    for thread in writers:
        thread.join()
    written.set()
    for thread in readers:
        thread.join()
    assert sorted(taken) == sorted(f"{name}-{number}" for name in "abc" for number in range(50))


def test_unacknowledged_message_returns_when_its_reader_leaves(queue, connect):
    put(queue, connect(), "again")
    leaving = connect()
    assert queue(leaving.default_channel).get().payload == "again"
    leaving.default_channel.close()
    leaving.release()
    assert take(queue, connect()) == "again"
