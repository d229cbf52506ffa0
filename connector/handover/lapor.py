"""A ticket as SP4N-LAPOR! knows reports: kind, topic, agency, anonymous or secret, and both numbers. Pure.

LAPOR has no public interface: what stands here are its own terms (PermenPANRB 62/2018), for the office that carries
reports over; which of our categories is which topic stands in config/lapor.toml.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..masking import mask
from ..records import Ticket
from ..wita import WITA

KINDS = {"aspirasi": "aspirasi", "pertanyaan": "permintaan informasi"}
STATUS = {
    "diterima": "belum diverifikasi",
    "ditindaklanjuti": "diproses",
    "tuntas": "selesai",
    "ditolak": "diarsipkan",
}
GROUNDS = {"bukan wewenang": "bukan wewenang", "kurang data": "tunda"}
"""What LAPOR's admins do with a report that we turned down on this ground; on any other it is archived."""


FIELDS = (
    "nomor_asal", "tracking_id", "jenis", "topik", "instansi", "judul", "isi", "anonim", "rahasia", "pelapor", "kode_wilayah",
    "lokasi", "tanggal", "status", "alasan", "digabung_ke", "tautan",
)  # fmt: skip
"""What a report tells."""


@dataclass(frozen=True, slots=True)
class Mapped:
    """What an operator maps: categories to topics, agencies to LAPOR's names, whose reports are secret, who stays anonymous."""

    topics: Mapping[str, str]
    agencies: Mapping[str, str]
    secret: Sequence[str]
    anonymous: bool


def report(
    ticket: Ticket, words: str, kind: str, ground: str | None, tracking_id: str | None, mapped: Mapped
) -> dict[str, Any]:
    """A report. `words` are the citizen's, `kind` the verdict's or label's; `tracking_id` LAPOR's own number, if known."""
    place, anonymous = ticket.place, mapped.anonymous or ticket.reporter_id is None
    rejected = ticket.status == "ditolak"
    return {
        "nomor_asal": ticket.number,
        "tracking_id": tracking_id,
        "jenis": KINDS.get(kind, "pengaduan"),
        "topik": mapped.topics[ticket.category],
        "instansi": mapped.agencies.get(ticket.agency, ticket.agency),
        "judul": mask(ticket.summary)[:100],
        "isi": mask(words),
        "anonim": anonymous,
        "rahasia": ticket.category in mapped.secret,
        "pelapor": None if anonymous else ticket.reporter_id,
        "kode_wilayah": place.desa or place.kecamatan or place.kabupaten,
        "lokasi": mask(place.text) if place.text else None,
        "tanggal": ticket.opened_at.astimezone(WITA).isoformat(timespec="seconds"),
        "status": GROUNDS.get(ground or "", STATUS["ditolak"]) if rejected else STATUS[ticket.status],
        "alasan": ground if rejected else None,
        "digabung_ke": ticket.merged_into,
        "tautan": None if ticket.category in mapped.secret else ticket.permalink,
    }
