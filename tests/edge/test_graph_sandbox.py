"""The client and the check of tokens against the sandbox: a Graph that behaves, or nearly."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest

from connector import errors
from connector.graph.client import Graph, Timing
from connector.graph.paging import Guard, Halt, after_of
from connector.graph.tokens import BREAKS, TokenReport, inspect
from connector.sandbox import Fault, Options, Page, Sandbox, World, faults, serve

FAST = Timing(connect=0.5, read=1, total=2, first_wait=0.01, longest_wait=0.02, per_second=100)
FIELDS = "id,message,from{id,name},parent{id}"


@dataclass
class Stand:
    sandbox: Sandbox
    address: str
    page: Page
    other: Page

    def graph(self, token: str | None = None, secret: str | None = None) -> Graph:
        return Graph(
            self.address, "v26.0", token or self.sandbox.token("gub"), secret, timing=FAST, account=self.page.id
        )

    def check(self, token: str | None = None, *, as_app: bool = True, **more: Any) -> TokenReport:
        tokens = self.sandbox.tokens
        app = (tokens.app_id, tokens.app_secret) if as_app else (None, None)
        with self.graph(token, more.pop("secret", None)) as g:
            return inspect(g, *app, **{"page_id": self.page.id, **more})


@pytest.fixture
def stand() -> Iterator[Stand]:
    world = World()
    page = world.add_page("gub", "100000000000001", "Gubernur NTB")
    other = world.add_page("wagub", "100000000000002", "Wagub NTB")
    post = world.add_post(page, "Selamat pagi")
    for n in range(30):
        world.add_comment(post, f"Jalan rusak {n}", "Baiq Rohani")
    sandbox = Sandbox(world, options=Options(conversations_per_second=None))
    with serve(sandbox) as address:
        yield Stand(sandbox, address, page, other)


def walk(g: Graph, path: str, **params: Any) -> tuple[list[str], Halt | None]:
    ids, guard, after = list[str](), Guard(), None
    while True:
        data = g.get(path, after=after, **params).data
        ids += [item["id"] for item in data["data"]]
        after = after_of(data)
        if after is None:
            return ids, None
        step = guard.step(after, len(data["data"]))
        if isinstance(step, Halt):
            return ids, step
        guard = step


def comments_path(stand: Stand, g: Graph) -> str:
    return f"{g.get(f'{stand.page.id}/feed', fields='id').data['data'][0]['id']}/comments"


def test_a_list_is_read_to_its_end(stand: Stand) -> None:
    with stand.graph() as g:
        ids, halt = walk(g, comments_path(stand, g), fields=FIELDS, filter="stream", order="chronological", limit=7)
    assert halt is None
    assert len(ids) == len(set(ids)) == 30


@pytest.mark.parametrize("cursors", [("same",), ("a", "b")])
def test_lists_without_end_are_left(stand: Stand, cursors: tuple[str, ...]) -> None:
    stand.sandbox.faults.add(Fault(faults.endless(*cursors), path="/comments", times=None))
    with stand.graph() as g:
        _, halt = walk(g, comments_path(stand, g), limit=7)
        assert halt is not None
        assert g.calls < 8


def test_ever_new_cursors_without_items_are_left_after_ten(stand: Stand) -> None:
    stand.sandbox.faults.add(Fault(faults.endless(items=False), path="/comments", times=None))
    with stand.graph() as g:
        _, halt = walk(g, comments_path(stand, g), limit=7)
        assert halt is not None
        assert g.calls <= 13


def test_the_sandboxs_refusals_are_understood(stand: Stand) -> None:
    with stand.graph() as g:
        path = comments_path(stand, g)
        with pytest.raises(errors.FieldGone) as gone:
            g.get(path, fields="id,nosuch")
        assert gone.value.field == "nosuch"
        with pytest.raises(errors.BadRequest):
            g.get(f"{stand.page.id}/feed", limit=101)
        with pytest.raises(errors.StaleCursor):
            g.get(path, after="nonsense")
        with pytest.raises(errors.Gone):
            g.get("999999_1")
        with pytest.raises(errors.NotPermitted):
            g.get("999999", about_account=True)
        stand.sandbox.faults.add(Fault(faults.too_much(10), path="/comments"))
        with pytest.raises(errors.AskLess):
            g.get(path, limit=30)
        calls = g.calls
        for act in (faults.html(502), faults.truncated(30)):
            stand.sandbox.faults.add(Fault(act, path="/comments"))
        assert len(g.get(path, limit=30).data["data"]) == 30
        assert g.calls > calls + 1
        stand.sandbox.faults.add(Fault(faults.ok_with_error(), path="/comments"))
        with pytest.raises(errors.GraphError):
            g.get(path)


def test_usage_grows_until_the_throttle(stand: Stand) -> None:
    stand.sandbox.limits.pages = 5
    with stand.graph() as g, pytest.raises(errors.TryLater) as caught:
        seen = 0
        for _ in range(9):
            percent = g.get(f"{stand.page.id}/feed", fields="id").usage.percent
            assert percent >= seen
            seen = percent
    assert caught.value.retry_after >= 19 * 60


def codes(report: TokenReport) -> list[str]:
    return [problem.code for problem in report.problems]


def test_a_good_token(stand: Stand) -> None:
    report = stand.check()
    assert (report.valid, report.ok, report.kind, report.right_page, report.inspected) == (
        True,
        True,
        "PAGE",
        True,
        True,
    )
    assert (report.id, report.name) == (stand.page.id, "Gubernur NTB")
    assert report.missing == ()
    assert not any(problem.fatal for problem in report.problems)


@pytest.mark.parametrize(("subcode", "code"), [(460, "revoked"), (492, "revoked")])
@pytest.mark.parametrize("as_app", [True, False])
def test_a_revoked_token(stand: Stand, subcode: int, code: str, as_app: bool) -> None:
    stand.sandbox.tokens.page(stand.page).revoke(subcode)
    report = stand.check(as_app=as_app)
    assert not report.ok
    assert code in codes(report)


def test_an_expired_token_and_one_about_to_expire(stand: Stand) -> None:
    token, now = stand.sandbox.tokens.page(stand.page), datetime.now(UTC)
    token.expires_at = int(now.timestamp()) + 3 * 86_400
    report = stand.check(now=now)
    assert (report.ok, codes(report)) == (True, ["expires_soon"])
    assert report.expires_days is not None
    assert 2.9 < report.expires_days < 3.1
    token.expires_at = int(now.timestamp()) - 86_400
    assert "expired" in codes(stand.check())
    assert "expired" in codes(stand.check(as_app=False))


@pytest.mark.parametrize("kind", ["USER", "SYSTEM_USER"])
def test_a_token_of_the_wrong_kind(stand: Stand, kind: Any) -> None:
    token = stand.sandbox.tokens.issue(kind, user_id="55501").value
    report = stand.check(token)
    assert (report.kind, report.ok) == (kind, False)
    assert "wrong_kind" in codes(report)


def test_the_apps_own_token(stand: Stand) -> None:
    report = stand.check(stand.sandbox.tokens.app().value)
    assert not report.ok
    assert "wrong_kind" in codes(report)


@pytest.mark.parametrize("as_app", [True, False])
def test_another_pages_token(stand: Stand, as_app: bool) -> None:
    report = stand.check(stand.sandbox.token("wagub"), as_app=as_app)
    assert (report.right_page, report.ok) == (False, False)
    assert "other_page" in codes(report)


@pytest.mark.parametrize("scope", sorted(BREAKS))
def test_what_a_missing_permission_breaks(stand: Stand, scope: str) -> None:
    stand.sandbox.tokens.page(stand.page).drop(scope)
    report = stand.check()
    assert [missing.scope for missing in report.missing] == [scope]
    assert any(scope in problem.text and BREAKS[scope] in problem.text for problem in report.problems)


def test_the_proof_missing_wrong_and_right(stand: Stand) -> None:
    stand.sandbox.options.require_proof = True
    missing, wrong = stand.check(), stand.check(secret="not the secret")
    assert (missing.ok, wrong.ok) == (False, False)
    assert ("proof" in codes(missing)) and ("proof" in codes(wrong))
    assert stand.check(secret=stand.sandbox.tokens.app_secret).ok


def test_a_wrong_app_secret_is_told_apart_from_a_dead_token(stand: Stand) -> None:
    with stand.graph() as g:
        report = inspect(g, stand.sandbox.tokens.app_id, "wrongwrongwrong", page_id=stand.page.id)
    assert "app" in codes(report)
    assert report.valid


def test_without_the_right_to_inspect_the_rest_is_still_told(stand: Stand) -> None:
    refusal = faults.error(100, "(#100) You must provide an app access token", http=400)
    stand.sandbox.faults.add(Fault(refusal, path="/debug_token", times=None))
    report = stand.check(as_app=False)
    assert (report.valid, report.ok, report.inspected, report.right_page) == (True, True, False, True)
    assert codes(report) == ["no_debug"]
    user = stand.check(stand.sandbox.tokens.issue("USER", user_id="55501").value, as_app=False)
    assert (user.ok, codes(user)) == (False, ["no_debug", "other_page"])


def test_silence_and_throttle_are_findings_too(stand: Stand) -> None:
    stand.sandbox.faults.add(Fault(faults.html(502), times=None))
    assert codes(stand.check()) == ["unreachable"]
    stand.sandbox.faults.clear()
    stand.sandbox.faults.add(Fault(faults.error(4, "limit", http=403), times=None))
    assert codes(stand.check()) == ["throttled"]
