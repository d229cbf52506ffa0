"""From a cry for help under a post to the phone that rings and the answer from it; and the network of duta."""

import json
import re
import socket
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.journeys.rig import Rig, until
from tests.journeys.test_daemon import all_read
from tests.sinks import Sink, webhook

CRY = (
    "Tolong pak, ada kebakaran besar di Gerung Lombok Barat, api sudah ke rumah warga, ada orang terjebak! 081234567890"
)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


def alarmed(rig: Rig, sinks: dict[str, str], book: str, **rules: Any) -> dict[str, str]:
    """Writes [alarms] and contacts.toml; returns the environment that holds the addresses."""
    lines = "\n".join(f"{k} = {json.dumps(v)}" for k, v in {"telegram_url": "", **rules}.items())
    rig.configure(more=f"[alarms]\n{lines}\n")
    channels = "\n".join(f'[channels.{name}]\nurl_env = "CHANNEL_{name.upper()}"' for name in sinks)
    (rig.folder / "contacts.toml").write_text(f"{channels}\n{book}", "utf-8")
    return {f"CHANNEL_{name.upper()}": address for name, address in sinks.items()}


DUTY = '[[duty]]\nname = "Petugas piket"\nchannel = "piket"\n[[duty]]\nname = "Kabid"\nchannel = "kabid"\nlevel = 2\n'


@pytest.fixture
def sinks() -> Iterator[dict[str, Sink]]:
    with webhook() as first, webhook() as second:
        yield {"piket": first, "kabid": second}


def cry(rig: Rig, sinks: dict[str, Sink], words: str = CRY) -> str:
    """A cry for help; returns the alarm as it was received."""
    comment = rig.world.add_comment(rig.world.pages["gubernur"].posts[-1], words, "Siti Aminah")
    until(lambda: sinks["piket"].taken, 20, "the phone rings")
    assert rig.ticket_of(comment)
    return sinks["piket"].texts[-1]


def ask(address: str, data: bytes | None = None) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(urllib.request.Request(address, data), timeout=10) as answer:
            return answer.status, answer.read().decode("utf-8")
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode("utf-8")


def test_a_cry_rings_is_acknowledged_by_link_and_rings_no_further(rig: Rig, sinks: dict[str, Sink]) -> None:
    port = free_port()
    addresses = {name: sink.address for name, sink in sinks.items()}
    env = alarmed(rig, addresses, DUTY, port=port, public_url=f"http://127.0.0.1:{port}/alarm", escalate_minutes=1)
    daemon = rig.daemon(**env)
    all_read(rig)
    text = cry(rig, sinks)
    assert text.startswith("Gerung") and "MENDESAK" in text and "081234567890" not in text
    (link,) = re.findall(r"Saya tangani: (\S+)", text)
    for _ in range(2):
        status, page = ask(link)
        assert status == 200 and "<button" in page and "terjebak" not in page
    assert ask(link[:-1] + ("x" if link[-1] != "x" else "y"))[0] == 404
    assert ask(f"http://127.0.0.1:{port}/")[0] == ask(f"http://127.0.0.1:{port}/metrics")[0] == 404
    status, page = ask(link, b"nama=Ani+%3Cb%3E")
    assert status == 200 and "Sudah diterima oleh Ani &lt;b&gt;" in page
    assert "Ani" in ask(link, b"nama=Budi")[1] and "<button" not in ask(link)[1]
    number = rig.stored("tickets")[-1]["number"]
    shown = rig.run("tickets", "show", number, "--json").answer
    assert [e["who"] for e in shown["history"] if e["what"] == "acknowledged"] == ["Ani <b> (tautan)"]
    assert sinks["kabid"].taken == [] and len(sinks["piket"].taken) == 1
    assert rig.run("tickets", "ack", number, "--by", "Budi").out.startswith(f"{number}: was acknowledged before by Ani")
    daemon.stop()
    rig.run("report", "--out", "laporan.html")
    report = (rig.folder / "laporan.html").read_text("utf-8")
    assert report.count("alarm ditanggapi <bdi>Ani &lt;b&gt; (tautan)</bdi>") == 1
    everything = daemon.err.read_text("utf-8") + daemon.out.read_text("utf-8")
    assert link.rpartition("/")[2] not in everything and daemon.said("acknowledged", how="link")


def test_an_answer_in_telegram_acknowledges_and_only_from_a_known_chat(rig: Rig, sinks: dict[str, Sink]) -> None:
    bot = sinks["kabid"]
    address = bot.address.replace("json", "http").rstrip("/")
    env = alarmed(
        rig,
        {"piket": sinks["piket"].address, "bot": ""},
        DUTY.partition('[[duty]]\nname = "Kabid"')[0] + '[[duty]]\nname = "Ani"\nchannel = "bot:42"\n',
        telegram_url=address,
    )
    env["CHANNEL_BOT"] = "tgram://123456789:AAabcdefghijklmnopqrstuvwxyz123456789/{address}?cto=0.1"
    daemon = rig.daemon(**env)
    all_read(rig)
    text = cry(rig, sinks)
    assert "alas: ok" not in text, "what is answered to a webhook is heard by nobody"
    (told,) = until(lambda: bot.taken, 20, "the bot tells it too, by the same address")
    assert told["chat_id"] == 42 and "Balas: ok NTB-" in told["text"]
    number = rig.stored("tickets")[-1]["number"]
    bot.say(666, f"ok {number}", name="Asing")
    bot.say(42, "siapa yang lapor?")
    until(lambda: len(bot.asked) >= 3, 20, "answers are read")
    assert not daemon.said("acknowledged")
    bot.say(42, "siap, kami meluncur", quoted=text, name="Ani\x1b[0m")
    until(lambda: daemon.said("acknowledged", how="telegram"), 20, "it is acknowledged")
    assert "AAabc" not in daemon.err.read_text("utf-8")
    daemon.stop()
    assert "acknowledged before by Ani" in rig.run("tickets", "ack", number).out


def test_run_once_delivers_and_says_what_it_could_not(rig: Rig, sinks: dict[str, Sink]) -> None:
    env = alarmed(
        rig, {"piket": sinks["piket"].address, "kabid": "json://127.0.0.1:9"}, DUTY + '[agencies]\nbpbd = ["kabid"]\n'
    )
    rig.world.add_comment(rig.world.pages["gubernur"].posts[-1], CRY, "Siti")
    failed = rig.run("run", "--once", code=1, env=env)
    assert "bpbd" in failed.err or "Kabid" in failed.err
    assert len(sinks["piket"].taken) == 1, "the old ones of the first reading are quiet"
    found = rig.run("check", "--json", code=1, env=env).answer["findings"]
    states = {f["what"]: f["state"] for f in found}
    assert states["channel piket"] == "ok" and states["channel kabid"] == "broken"


def test_bad_channels_are_named_by_check_and_at_start(rig: Rig) -> None:
    env = alarmed(rig, {"piket": "", "kabid": "bogus://secretsecret"}, DUTY)
    checked = rig.run("check", code=1, env=env)
    assert "CHANNEL_PIKET" in checked.err and "channel kabid" in checked.err and "secretsecret" not in checked.err
    daemon = rig.daemon(**env)
    until(lambda: len(daemon.said("channel_unusable")) == 2, 10, "both are named")
    daemon.stop()
    for book, named in (
        ('[[duty]]\nname = "x"\nchannel = "nix"\n', "nix"),
        ('[agencies]\nnix = ["piket"]\n', "agencies.nix"),
        ('[[duty]]\nname = "x"\nchannel = "pi ket"\n', "duty.0.channel"),
        ('[channels.contact]\nurl_env = "X"\n', "contact"),
    ):
        alarmed(rig, {"piket": ""}, book)
        assert named in rig.run("check", code=2).err
    alarmed(rig, {}, "", operator="nix")
    assert "alarms.operator" in rig.run("check", code=2).err
    alarmed(rig, {}, "", public_url="http://care.example.id/x")
    assert "alarms.public_url" in rig.run("check", code=2).err


def test_the_network_of_duta(rig: Rig, sinks: dict[str, Sink], tmp_path: Path) -> None:
    env = alarmed(rig, {"wa": sinks["piket"].address + "{address}"}, "", digest_day="")
    lines = [
        "nama;kelompok;kabupaten;kecamatan;desa;kode;saluran;persetujuan",
        "Inaq Siti;posyandu;Lombok Barat;Gerung;;;wa:1;2026-01-05",
        "Amaq Budi;PKH;;Gerung;Gerung Utara;;wa:2;05/01/2026",
        "Ida;sma-smk;;;;52.71.01;wa:3;2026-02-01",
        "Dae;pkh;KAB.BIMA;Sape;;;wa:9;2026-02-01",
        "Tanpa;posyandu;;Gerung;;;wa:4;",
        "Salah;posyandu;;Nirwana;;;wa:5;2026-01-01",
        "Kanal;posyandu;;Gerung;;;sms:5;2026-01-01",
        "Kode;posyandu;;;;99.01;wa:6;2026-01-01",
        "Besok;posyandu;;Gerung;;;wa:7;2099-01-01",
        ";posyandu;;Gerung;;;wa:8;2026-01-01",
    ]
    file = tmp_path / "duta.csv"
    file.write_text("\ufeff" + "\r\n".join(lines), "utf-8")
    done = rig.run("contacts", "import", str(file), code=1, env=env)
    assert "4 new contacts" in done.out and len(done.err.splitlines()) == 6
    assert all(f"duta.csv:{n}" in done.err for n in range(6, 12))
    assert "0 new contacts, 4 known" in rig.run("contacts", "import", str(file), code=1, env=env).out
    people = rig.run("contacts", "list", "--json").records
    assert sorted(p["area"] for p in people) == ["52.01.01", "52.01.01.1001", "52.06.06", "52.71.01"]
    assert "Inaq Siti  wa:1  consent 2026-01-05" in rig.run("contacts", "list").out
    covered = {r["kecamatan"]: r["contacts"] for r in json.loads(rig.run("contacts", "coverage", "--json").out)}
    assert len(covered) == 117 and covered["52.01.01"] == 2 and covered["52.01.02"] == 0
    assert "114 of 117" in rig.run("contacts", "coverage", "--missing").out
    rig.run("contacts", "remove", str(people[0]["id"]))
    assert "Inaq Siti" not in rig.run("contacts", "list").out
    rig.run("contacts", "remove", "999", code=1)
    assert "foto" in rig.run("contacts", "lesson").out
    file.write_text("a,b\n1,2\n", "utf-8")
    assert "columns" in rig.run("contacts", "import", str(file), code=2, env=env).err
