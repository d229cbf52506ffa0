"""The product as it runs, on a store and a stand-in of its own."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from connector.cli.opening import collect_seldom
from connector.cli.reading import process
from connector.ingest import Visit
from connector.ingest.reader import Progress
from connector.settings import Settings, load_routing
from connector.store import migrate
from connector.wiring import Works, works

from .standin import StandIn

TOKEN = "NTBCARE_BENCH_TOKEN"


@contextmanager
def opened(graph: StandIn, url: str | None = None) -> Iterator[Works]:
    """Works on an empty store: a SQLite file of its own, or an empty database at `url`."""
    os.environ[TOKEN] = graph.token
    with TemporaryDirectory(prefix="ntbcare-bench-") as folder:
        account = {"key": "page1", "id": graph.page, "name": "Bulk 1", "token_env": TOKEN}
        data = {
            "store": {"url": url or f"sqlite:///{folder}/bench.db"},
            "graph": {"base_url": graph.address},
            "accounts": [account],
        }
        made = works(Settings.model_validate(data), load_routing(None), Path(folder))
        try:
            migrate.migrate(made.engine)
            made.ready()
            made.classify()  # loaded before the clock runs, as the naive script's model is
            collect_seldom()
            yield made
        finally:
            made.engine.dispose()


def read(made: Works) -> Visit:
    """One pass over the account."""
    account = made.configured()[0]
    order = made.order(account.account.streams)
    done = made.read(account, order, lease="account:page1", wait=0.0, progress=Progress())
    assert done is not None and not done.failures, done
    return done


def poll(made: Works) -> int:
    """What `ntbcare poll` does once it has started; returns how many items were made into decisions."""
    read(made)
    result, failures = process(made)
    assert not failures, failures
    return result.counts["items"]
