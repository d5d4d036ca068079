"""The lines by which mail programs announce what they quote or forward, in the languages they do it in."""

import re

# ruff: noqa: RUF001  (these are words of languages in which those letters are at home)

OWN = "=== Please write your reply above this line ==="
"""The first line of every mail of ours: below it, nothing is new."""
_OWN_WORDS = "please write your reply above this line"

_LONGEST = 1_000  # characters of a line that are looked at
_WROTE = (
    # English, German, French, Spanish, Italian, Portuguese, Dutch, Polish, Russian, Ukrainian, Swedish, Danish and
    # Norwegian, Finnish, Czech and Slovak, Hungarian, Turkish, Romanian, Greek, Japanese, Chinese, Korean
    r"wrote|schrieb(?:\s+am.*)?|hat .{0,80}geschrieben|a\s+[ée]crit|escribi[óo]|ha\s+scritto|escreveu|schreef|"
    r"(?:na)?pisa[łl](?:\(a\))?|napisał\(-a\)|пишет|писал(?:\(а\)|а)?|написал(?:\(а\)|а)?|пише|skrev|kirjoitti|"
    r"napsal(?:\(a\)|a)?|nap[íi]sal(?:\(a\)|a)?|[íi]rta|yazd[ıi]|şunları yazdı|a\s+scris|έγραψε|"
    r"のメール|さんは書きました|書きました|寫道|写道|写到|來信|님이 작성"
)
_ATTRIBUTION = re.compile(
    rf"(?:.*[\s>\"'),]|)(?:{_WROTE})[^:：\n]{{0,60}}[:：]?\s*$|.*<[^<>\s@]+@[^<>\s]+>\s*[:：]\s*$", re.IGNORECASE
)
_BEGINS = re.compile(
    r"\W{0,3}(?:on|am|le|el|il|em|op|dnia|w dniu|den|d\.|kl\.|ke|pe|to|ma|ti|la|su|dne|2\d{3}[-/年.]|\d{1,2}[./-]|"
    r"(?:mon|tue|wed|thu|fri|sat|sun|пн|вт|ср|чт|пт|сб|вс|на|в)\b|[^\s<>@]{1,60}@|.{0,80}<[^<>@\s]+@)",
    re.IGNORECASE,
)
_ORIGINAL = re.compile(
    r"\s*(?:>\s*)?[-_*=]{2,}\s*(?:original message|originalnachricht|urspr[üu]ngliche (?:nachricht|mail)|"
    r"message d'origine|message original|mensaje original|messaggio originale|mensagem original|"
    r"oorspronkelijk bericht|wiadomo[śs][ćc] oryginalna|исходное сообщение|пересылаемое сообщение|"
    r"original(?:t)? meddelande|ursprungligt meddelande|oprindelig meddelelse|opprinnelig melding|"
    r"alkuperäinen viesti|původní zpráva|元のメッセージ|original email|原始邮件|原始郵件|reply message|reply above)"
    r".{0,40}$",
    re.IGNORECASE,
)
_FORWARD = re.compile(
    r"\s*(?:[-_*=]{2,}\s*)?(?:forwarded message|begin forwarded message|weitergeleitete nachricht|"
    r"anfang der weitergeleiteten (?:nachricht|e-?mail)|message transf[ée]r[ée]|"
    r"d[ée]but du message (?:r[ée]exp[ée]di[ée]|transf[ée]r[ée])|mensaje reenviado|"
    r"inicio del mensaje reenviado|messaggio inoltrato|inizio messaggio inoltrato|"
    r"mensagem (?:encaminhada|reencaminhada)|doorgestuurd bericht|begin doorgestuurd bericht|"
    r"(?:przekazana|przesłana dalej) wiadomość|пересылаемое сообщение|пересланное сообщение|"
    r"vidarebefordrat meddelande|videresendt (?:meddelelse|melding)|välitetty viesti|přeposlaná zpráva|"
    r"転送されたメッセージ|转发的邮件|轉寄郵件)\s*:?\s*(?:[-_*=]{2,})?\s*$",
    re.IGNORECASE,
)
_LABELS = {
    "from": (
        "from|von|de|da|van|od|från|fra|lähettäjä|от|от кого|差出人|发件人|寄件者|보낸 사람|kimden|feladó|expéditeur"
    ),
    "sent": (
        "sent|date|gesendet|datum|envoyé|enviado|enviado el|fecha|data|inviato|verzonden|wysłano|skickat|sendt|dato|"
        "lähetetty|päivämäärä|отправлено|дата|odesláno|日時|送信日時|发送时间|日期|gönderildi|elküldve"
    ),
    "to": "to|an|à|a|para|aan|naar|do|till|til|vastaanottaja|кому|komu|宛先|收件人|收件者|kime|címzett",
    "cc": "cc|kopie|copie|kopia|kopi|копия|抄送",
    "subject": (
        "subject|betreff|objet|asunto|oggetto|assunto|onderwerp|temat|ämne|emne|aihe|тема|předmět|件名|主题|主旨|konu|tárgy"
    ),
}
_LABEL = {
    kind: re.compile(rf"\s*\**(?:{words})\s*\**\s*[:：]\s*\**\s*\S", re.IGNORECASE) for kind, words in _LABELS.items()
}
_BY_PROGRAM = (
    r"(?:sent|get|gesendet|envoyé|enviado|inviato|verzonden|verstuurd|wysłano|skickat|sendt|lähetetty|отправлено|"
    r"odesláno|télécharger|hol dir)\b(?=.{0,80}\b(?:from|via|with|using|von|mit|aus|depuis|de mon|avec|desde|con|"
    r"do meu|dal?(?: mio)?|vanaf|met|z|från|fra|с|из|z mého|outlook|laitteesta)\b)|von meinem|diese nachricht wurde von"
)
_DEVICE = (
    r"i?phone|ipad|android|galaxy|samsung|handy|mobil\w*|móvil|cellulare|smartphone|tablet|outlook|mail|gmail|yahoo|"
    r"proton\w*|thunderbird|blackberry|device|gerät|windows"
)
_ASIDE = re.compile(
    rf"\s*(?:\[?(?:{_BY_PROGRAM})(?=.{{0,120}}\b(?:{_DEVICE})\b).{{0,160}}|iPhoneから送信|从我的iphone发送)\s*$",
    re.IGNORECASE,
)
_RULE = re.compile(r"\s*[_-]{8,}\s*$")
_CITED = re.compile(r"\s{0,3}(?:>|＞)")


def is_own(line: str) -> bool:
    """Whether this is our own line, however it was quoted or wrapped in marks."""
    return _OWN_WORDS in line[:_LONGEST].lower()


def is_cited(line: str) -> bool:
    """Whether the line is marked as quoted."""
    return _CITED.match(line) is not None


def is_rule(line: str) -> bool:
    """Whether it is the line that Outlook draws above what it quotes."""
    return _RULE.match(line[:_LONGEST]) is not None


def is_original(line: str) -> bool:
    """Whether it says that the original message follows."""
    return _ORIGINAL.match(line[:_LONGEST]) is not None


def is_forward(line: str) -> bool:
    """Whether it says that a forwarded message follows."""
    return _FORWARD.match(line[:_LONGEST]) is not None


def is_aside(line: str) -> bool:
    """Whether a program wrote it: "Sent from my phone" and its like."""
    return len(line) < 200 and _ASIDE.match(line) is not None


def attribution(lines: list[str]) -> int:
    """Return how many of these lines, from the first on, say who wrote what follows; 0: it is no such line.

    Programs wrap them, so up to four lines are looked at together.
    """
    joined = ""
    for count, line in enumerate(lines[:4], 1):
        if not line.strip() or is_cited(line) or len(line) > 300:
            return 0
        joined = f"{joined} {line.strip()}".strip()
        ends = joined.endswith((":", "：")) or count == 1
        if ends and len(joined) < 500 and _ATTRIBUTION.match(joined) and _has_origin(joined):
            return count
    return 0


def header_block(lines: list[str]) -> int:
    """Return how many of these lines are a quoted header (From, Sent, To, Subject); 0: they are none."""
    kinds: set[str] = set()
    count = 0
    for line in lines[:10]:
        if not line.strip():
            if kinds:
                break
            return 0
        kind = next((name for name, label in _LABEL.items() if label.match(line[:_LONGEST])), None)
        if kind is None and (not kinds or len(line) > 300):
            break
        if kind is None and "subject" in kinds:
            break
        kinds |= {kind} if kind else set()
        count += 1
    return count if {"from"} <= kinds and len(kinds & {"sent", "to", "subject"}) >= 2 else 0


def _has_origin(text: str) -> bool:
    """An attribution names a time or an address: "as I wrote:" is no such line."""
    return _BEGINS.match(text) is not None and (re.search(r"\d", text) is not None or "@" in text)
