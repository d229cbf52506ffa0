"""A replay: nothing moves while the model is the same; what another one says is told and done."""

from collections.abc import Sequence

from sqlalchemy import Engine

from classifiers.verdict import Verdict
from connector import process
from connector.platforms.facebook.parse import raw_comment
from connector.store import raw
from tests.edge.test_store_process import ACCOUNT, classify, comment, desk, dump, items_of, land, tickets_of


def test_a_replay_with_the_same_model_changes_nothing(engine: Engine) -> None:
    words = ["jalan rusak", "mantap", "mungkin rusak", "TOLONG", "lampu rusak"]
    land(engine, *(comment(f"1_{n}", w, f"70{n % 3}", n) for n, w in enumerate(words)))
    land(engine, raw_comment(ACCOUNT, "9", {"id": "1_x", "message": 5}))
    process.process_pending(engine, desk())
    before = dump(engine)
    rehearsed = process.replay(engine, desk(), raw.Selection(), dry_run=True)
    replayed = process.replay(engine, desk(), raw.Selection())
    assert rehearsed.changes == replayed.changes == []
    assert dump(engine) == before


def test_the_last_bits_of_a_score_are_no_change(engine: Engine) -> None:
    """They depend on which texts are summed at once. A remark from before the complaint stays outside of its ticket."""
    for words in ({"1_0": "dekat pasar"}, {"1_1": "jalan rusak"}):
        land(engine, *(comment(key, said, parent={"id": "1_9"}) for key, said in words.items()))
        process.process_pending(engine, desk())

    def together(texts: Sequence[str]) -> list[Verdict]:
        bits = 2e-16
        return [v._replace(urgent_score=bits, complaint_score=v.complaint_score - bits) for v in classify(texts)]

    def stricter(texts: Sequence[str]) -> list[Verdict]:
        return [v._replace(complaint_score=0.96) for v in classify(texts)]

    before = tickets_of(engine)
    assert process.replay(engine, desk(classify=together), raw.Selection()).changes == []
    assert tickets_of(engine) == before
    assert len(process.replay(engine, desk(classify=stricter), raw.Selection()).changes) == 2


def test_a_replay_with_another_model_says_and_does_what_changes(engine: Engine) -> None:
    land(engine, comment("1_1", "jalan rusak"), comment("1_2", "jalan parah", "8"), comment("1_3", "halo", "9"))
    process.process_pending(engine, desk())

    def better(texts: Sequence[str]) -> list[Verdict]:
        return classify([t.replace("parah", "rusak") for t in texts], "test-2")

    before = dump(engine)
    rehearsed = process.replay(engine, desk(classify=better), raw.Selection(), dry_run=True)
    assert dump(engine) == before
    assert [c.id for c in rehearsed.changes if c.after[0] == "open" and c.before and c.before[0] != "open"] == ["1_2"]
    process.replay(engine, desk(classify=better), raw.Selection())
    assert [t["source_ids"] for t in tickets_of(engine)] == [["1_1"], ["1_2"]]
    assert {item["verdict"]["model"] for item in items_of(engine).values()} == {"test-2"}
