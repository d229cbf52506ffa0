"""What Graph refuses, in the words of those who read the report: our English messages become Bahasa Indonesia. Pure."""

import re

from .texts import line

_MEANINGS = (
    ("removed the app", "pemberi token menghapus aplikasi; hubungkan lagi Halaman"),
    ("at a checkpoint", "akun pemberi token ditahan Facebook; ia harus masuk di facebook.com, lalu hubungkan lagi"),
    ("changed the password", "kata sandi pemberi token berubah; hubungkan lagi Halaman"),
    ("it has expired", "token kedaluwarsa; buat yang baru, sebaiknya dengan pengguna sistem"),
    ("is not confirmed", "akun pemberi token belum dikonfirmasi; konfirmasi di facebook.com, lalu hubungkan lagi"),
    ("it was revoked", "token dicabut; hubungkan lagi Halaman"),
    ("no role on the Page", "pemberi token tidak lagi mengelola Halaman; kembalikan perannya"),
    ("used the app for 90 days", "aplikasi tidak dipakai 90 hari; pengelola Halaman harus masuk lagi ke aplikasi"),
    ("acts as a person", "token milik orang; pakai token Halaman itu sendiri"),
    ("app id or the app secret is wrong", "nomor atau rahasia aplikasi salah"),
    ("session has ended", "sesi token berakhir; hubungkan lagi Halaman"),
    ("no token", "token belum dipasang"),
    ("cannot be read as a token", "token rusak; salin lagi seutuhnya"),
    ("of the wrong kind", "jenis token salah; pakai token Halaman itu sendiri"),
    ("proof", "bukti rahasia aplikasi (appsecret_proof) salah atau belum dipasang"),
    ("make a new one and set it", "token ditolak; buat yang baru lalu pasang"),
    (
        "does not exist or this token may not see it",
        "akun tidak ada atau tidak boleh dilihat token ini; cocokkan nomornya",
    ),
    (
        "a permission or feature is missing",
        "izin atau fitur belum diberikan kepada aplikasi; berikan, lalu hubungkan lagi",
    ),
    ("read with a person's token", "dibaca dengan token milik orang; pakai token Halaman itu sendiri"),
    ("of the call budget", "jatah panggilan hampir habis; berlanjut sendiri setelah jeda"),
    ("too many calls", "terlalu banyak panggilan; berlanjut sendiri setelah jeda dari Facebook"),
    ("refused", "ditolak Facebook; laporkan kepada pembuat program"),
    ("sent elsewhere", "alamat Graph dialihkan; periksa base_url"),
    ("look at the network", "Facebook tidak terjangkau; periksa jaringan bila berlanjut"),
    ("tried again", "gangguan sementara di Facebook atau jaringan; dicoba lagi"),
)
_CODE = re.compile(r"\b(?:Graph error [\d/]+|HTTP \d{3})")


def told(message: str) -> str:
    """A failure in one line: what it means and what to do, with Graph's own code for those who look it up."""
    meaning = next((ours for theirs, ours in _MEANINGS if theirs in message), None)
    if meaning is None:
        return line(message, 300)
    code = _CODE.search(message)
    return f"{meaning} ({code.group().replace('Graph error', 'kode Graph')})" if code else meaning
