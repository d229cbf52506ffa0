"""Writers of one process take turns on SQLite: none is kept waiting by another that comes back at once."""

import threading

from connector.store.engine import Turns


def test_who_leaves_and_comes_back_lets_him_go_first_who_waited() -> None:
    turns, order = Turns(), list[str]()

    def other() -> None:
        with turns:
            order.append("who waited")

    with turns:
        thread = threading.Thread(target=other)
        thread.start()
        while not turns.door.locked():
            thread.join(0.001)
        order.append("who was first")
    with turns:
        order.append("who came back")
    thread.join()
    assert order == ["who was first", "who waited", "who came back"]
