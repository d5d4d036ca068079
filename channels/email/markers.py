"""The lines by which mail programs announce an original or a forwarded message, in the languages they do it in."""

import re

OWN = "=== Please write your reply above this line ==="
"""The first line of every mail of ours: below it, nothing is new."""
_OWN_WORDS = "please write your reply above this line"

_ABOVE = re.compile(
    r"[-#=*>_ ]{2,}.{0,80}(?:above this line|oberhalb dieser (?:zeile|linie)|au-dessus de cette ligne|"
    r"encima de esta línea|sopra questa (?:riga|linea)|acima desta linha|boven deze (?:regel|lijn)|この行より上)"
)
_FRAMED = re.compile(
    r"[>| ]*(?:[-_*=~]{2,} ?(?P<both>[^-_*=~].{0,58}?) ?[-_*=~]{2,}|[-_*=~]{3,} ?(?P<left>[^-_*=~].{0,40}))"
)
_ORIGIN = re.compile(
    r"origin|ursprüng|ursprung|d'origine|oorspronk|oryginaln|исходн|оригинал|первоначальн|вихідн|opprinnelig|"
    r"oprindelig|"
    r"alkuperä|původní|pôvodn|eredeti|orijinal|αρχικό|πρωτότυπο|izvorn|元のメ|元のﾒ|オリジナル|原始|原邮件|原郵件|"
    r"邮件原件|原文|원본|"
    r"repl(?:y|ied) message|reply above|in antwort auf|תגובה|الأصلية"
)
_FORWARDING = re.compile(
    r"forward|weitergeleitet|transf[ée]r|réexpédi|reenviad|rinvia|inoltr|encaminhad|doorgestuur|doorgezonden|przekaz|"
    r"przesłan|пересыл|пересл|перенаправл|переадрес|препра|переслан|vidarebef|vidaresänd|videresend|välit|"
    r"edelleenläh|"
    r"přeposl|preposl|továbbít|iletil|προωθ|redirec|retrans|proslij|转发|轉發|轉寄|転送|전달|הועבר|معاد توجيه"
)
_BEGINS = re.compile(
    r"(?:begin(?: van)?|anfang|début|inicio|inizio|início|start|begynnelse|början|początek|rozpoczęcie|начало|"
    r"začátek|"
    r"zahájení|välitetty|vidarebefordrat|weitergeleitete?|videresendt|forwarded|mensaje|mensagem|messaggio|message|"
    r"bericht|"
    r"doorgestuurd|przekazana|přeposlaná|пересланное|пересылаемое|перенаправленное|转发的|开始转发|以下是转发|"
    r"以下是轉寄|転送された|"
    r"転送メッセージ|轉寄|전달된)"
)
_RULE = re.compile(r"[_-]{8,}")


def is_own(line: str) -> bool:
    """Whether this flat line is our own, however it was quoted or wrapped in marks, or another system's like it."""
    return _OWN_WORDS in line or _ABOVE.match(line) is not None


def is_rule(line: str) -> bool:
    """Whether it is the line that Outlook draws above what it quotes."""
    return _RULE.fullmatch(line) is not None


def is_original(line: str) -> bool:
    """Whether this flat line says that the original message follows."""
    framed = _framed(line)
    return bool(framed) and _ORIGIN.search(framed) is not None and _FORWARDING.search(framed) is None


def is_forward(line: str) -> bool:
    """Whether this flat line says that a forwarded message follows."""
    if framed := _framed(line):
        return _FORWARDING.search(framed) is not None
    if not line.endswith(":") or len(line) > 60 or line.count(" ") > 6:
        return False
    return _BEGINS.match(line) is not None and _FORWARDING.search(line) is not None


def _framed(line: str) -> str:
    """Return what stands between dashes or their like, if it is no more than a few words."""
    if not line.startswith(("-", "_", "*", "=", "~")):
        return ""
    match = _FRAMED.fullmatch(line)
    found = (match["both"] or match["left"]) if match else ""
    return found if found.count(" ") <= 5 else ""
