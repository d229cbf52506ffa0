"""Graph in process: the sandbox behind a line on which everything goes wrong that the schedule says."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import parsedate_to_datetime
from random import Random
from typing import Any
from urllib.parse import urlencode

from connector.errors import GraphError, Transient
from connector.graph.answers import Asked, failure
from connector.graph.client import Answer
from connector.graph.usage import usage_of
from connector.sandbox import Fault, Sandbox, faults
from connector.sandbox.rules import Act, Proceed
from connector.sandbox.wire import Request, Response

TRIES = 3
FIELDS_TO_LOSE = ("permalink_url", "is_private", "status_type")
_LIMIT = re.compile(r"\.limit\((\d+)\)")


def _throttled(request: Request, proceed: Proceed) -> Response:
    response = faults.error(80001, "There have been too many calls to this Page account.")(request, proceed)
    owner = request.path.split("/")[2].split("_")[0]
    entry = {
        "type": "pages",
        "call_count": 100,
        "total_time": 9,
        "total_cputime": 9,
        "estimated_time_to_regain_access": 7,
    }
    response.headers["X-Business-Use-Case-Usage"] = json.dumps({owner: [entry]})
    return response


def _lost(request: Request, proceed: Proceed) -> Response:
    proceed()
    return Response(0, {}, b"")


ACTS: dict[str, tuple[Callable[[Random], Act], float]] = {
    "html": (lambda rng: faults.html(rng.choice((502, 503, 504))), 4),
    "empty body": (lambda rng: faults.empty(503), 2),
    "truncated": (lambda rng: faults.truncated(-rng.randint(1, 60)), 4),
    "error in 200": (lambda rng: faults.ok_with_error(), 2),
    "transient": (lambda rng: faults.error(2, "Service temporarily unavailable", http=500, transient=True), 3),
    "lost": (lambda rng: _lost, 3),
    "too much": (lambda rng: faults.too_much(rng.choice((300, 800))), 3),
    "throttled": (lambda rng: _throttled, 1),
    "field gone": (
        lambda rng: faults.error(100, f"(#100) Tried accessing nonexisting field ({rng.choice(FIELDS_TO_LOSE)})"), 1),
    "token": (lambda rng: faults.error(190, "Session has expired", subcode=463), 0.5),
    "twice": (lambda rng: faults.spoilt(_doubled), 4),
    "junk": (lambda rng: faults.spoilt(_with_junk), 4),
    "stale cursor": (lambda rng: faults.error(100, "(#100) Invalid cursors values"), 3),
    "empty page": (lambda rng: _lost, 6),
}  # fmt: skip


def _doubled(value: Any) -> Any:
    """Some of the items come twice, nested ones too."""
    if isinstance(value, dict):
        return {k: [*v, *v[-1:]] if k == "data" and isinstance(v, list) else _doubled(v) for k, v in value.items()}
    return value


def _with_junk(value: Any) -> Any:
    """Among the items there is one that cannot be read."""
    if isinstance(value, dict):
        junk = [{"message": 5, "created_time": "never"}]
        return {k: junk + v if k == "data" and isinstance(v, list) else _with_junk(v) for k, v in value.items()}
    return value


@dataclass(slots=True)
class Line:
    """What all daemons' wires share: the sandbox, how often what goes wrong, and the aliases of cursors."""

    sandbox: Sandbox
    rng: Random
    rate: float
    most: int
    latency: float
    around: Callable[[], None]
    told: Callable[[str], None]
    hits: dict[str, int] = field(default_factory=dict)
    aliases: dict[str, str | None] = field(default_factory=dict)
    answers: int = 0

    def draw(self, asked: Asked) -> str | None:
        """The fault that hits this call, if any."""
        if self.rng.random() >= self.rate:
            return None
        (name,) = self.rng.choices(list(ACTS), [weight for _, weight in ACTS.values()])
        if (name == "stale cursor" and not asked.cursor) or (name == "empty page" and "/" not in asked.path):
            return None
        self.hits[name] = self.hits.get(name, 0) + 1
        return name


@dataclass(slots=True)
class SimWire:
    """One daemon's way to Graph, retrying as the client does. `seam` may crash, `sleep` lets time pass."""

    line: Line
    token: str
    account: str
    seam: Callable[[str], None]
    sleep: Callable[[float], None]

    def get(self, path: str, *, about_account: bool = False, **params: str) -> Answer:
        """One call as the product's client makes it. Raises GraphError."""
        asked = Asked("GET", path, about_account, bool(params.get("after")), params.get("fields", ""), self.account)
        for turn in range(TRIES):
            try:
                return self._once(asked, dict(params))
            except Transient:
                if turn == TRIES - 1:
                    raise
            self.sleep(0.5 * 2**turn + self.line.rng.random() / 2)
        raise AssertionError

    def _once(self, asked: Asked, params: dict[str, str]) -> Answer:
        line = self.line
        self.seam("call")
        self.sleep(line.rng.uniform(0.0, line.latency))
        line.around()
        fault = line.draw(asked)
        if fault == "empty page":
            answer: Answer | GraphError = self._emptied(asked, params)
        else:
            answer = self._answer(asked, self._sent(asked, self._bounded(params), fault))
        line.answers += 1
        outcome = type(answer).__name__ if isinstance(answer, GraphError) else "200"
        line.told(f"GET {asked.path} {params.get('after', '')} {fault or ''} {outcome}")
        line.around()
        self.sleep(line.rng.uniform(0.0, line.latency))
        self.seam("answered")
        if isinstance(answer, GraphError):
            raise answer
        return answer

    def _bounded(self, params: dict[str, str]) -> dict[str, str]:
        """Graph gives less than it is asked for: small worlds then have many batches, too."""
        most = self.line.most
        bounded = dict(params)
        bounded["fields"] = _LIMIT.sub(lambda m: f".limit({min(int(m[1]), most)})", params.get("fields", ""))
        if "limit" in params:
            bounded["limit"] = str(min(int(params["limit"]), most))
        if params.get("after") in self.line.aliases:
            after = self.line.aliases[bounded.pop("after")]
            bounded |= {"after": after} if after else {}
        return bounded

    def _sent(self, asked: Asked, params: dict[str, str], fault: str | None) -> Response:
        sandbox = self.line.sandbox
        if fault:
            sandbox.faults.add(Fault(ACTS[fault][0](self.line.rng)))
        try:
            headers = {"Authorization": f"Bearer {self.token}"}
            return sandbox.handle("GET", f"/v26.0/{asked.path}", urlencode(params), headers)
        finally:
            sandbox.faults.clear()
            sandbox.calls.clear()

    def _answer(self, asked: Asked, response: Response) -> Answer | GraphError:
        if not response.status:
            return Transient(f"{asked.path}: the connection broke")
        headers = response.headers
        try:
            data = json.loads(response.body)
        except ValueError:
            return failure(response.status, headers, None, asked, (), "no JSON")
        if not isinstance(data, dict) or data.get("error") or response.status >= 300:
            return failure(response.status, headers, data, asked)
        return Answer(data, response.status, usage_of(headers), "v26.0", parsedate_to_datetime(headers["Date"]))

    def _emptied(self, asked: Asked, params: dict[str, str]) -> Answer:
        """A batch without items that says there is more: behind its cursor stands what was asked for."""
        alias = f"QVFempty{len(self.line.aliases)}"
        before = params.get("after")
        self.line.aliases[alias] = self.line.aliases.get(before, before) if before else None
        address = f"https://graph.facebook.com/v26.0/{asked.path}?access_token=x&after={alias}"
        data = {"data": [], "paging": {"cursors": {"before": alias, "after": alias}, "next": address}}
        now: datetime = self.line.sandbox.world.clock()
        return Answer(data, 200, usage_of({}), "v26.0", now.replace(microsecond=0))
