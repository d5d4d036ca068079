"""Quoted header blocks: the lines From, Sent, To and Subject that Outlook and others put above what they quote."""

import re
from collections.abc import Sequence

from channels.email.attributions import has_time

# ruff: noqa: RUF001  (these are words of languages in which those letters are at home)

_LABELS = {
    "from": (
        "from|von|de|da|van|od|från|fra|lähettäjä|от|от кого|від|差出人|送信者|发件人|發件人|寄件者|寄件人|보낸 "
        "사람|보낸사람|kimden|"
        "gönderen|feladó|expéditeur|expeditor|remitente|mittente|remetente|afzender|absender|nadawca|avsändare|"
        "afsender|"
        "avsender|odesílatel|de la|από|מאת|من|šalje|odesielateľ|dari|từ"
    ),
    "sent": (
        "sent|date|gesendet|datum|envoyé|envoyé le|enviado|enviado el|enviada em|enviado em|enviada|enviados|"
        "enviadas|fecha|"
        "data|inviato|inviato il|verzonden|verzonden op|wysłano|wysłane|skickat|skickades|sendt|dato|lähetetty|"
        "päivämäärä|"
        "päiväys|отправлено|дата|надіслано|odesláno|odoslané|日付|日時|送信日時|送信日|发送时间|发送日期|發送時間|"
        "寄件日期|日期|时间|時間|"
        "보낸 날짜|날짜|gönderildi|tarih|gönderme tarihi|elküldve|dátum|trimis|αποστολή|στάλθηκε|ημερομηνία|נשלח|"
        "תאריך|"
        "تاريخ الإرسال|التاريخ|poslano|dikirim|tanggal|đã gửi|ngày"
    ),
    "to": (
        "to|an|à|a|para|per|aan|naar|do|till|til|vastaanottaja|кому|до|komu|pro|宛先|收件人|收件者|받는 사람|"
        "받는사람|kime|alıcı|"
        "címzett|către|προς|אל|إلى|za|kepada|đến|destinataire|destinatario|empfänger|adresat|mottagare|modtager"
    ),
    "cc": "cc|bcc|kopie|copie|copia|kopia|kopi|dw|копия|копія|抄送|副本|kopie an|ccn|cco|참조|bilgi|másolat|κοιν|k "
    "opii",
    "subject": (
        "subject|betreff|objet|sujet|asunto|oggetto|assunto|onderwerp|temat|ämne|emne|aihe|тема|předmět|predmet|"
        "件名|题目|"
        "主题|主題|主旨|제목|konu|tárgy|subiect|θέμα|נושא|الموضوع|perihal|subjek|chủ đề|tema"
    ),
    "other": (
        "importance|attachments|reply-to|priority|wichtigkeit|anlagen|priorität|antwort an|importancia|datos "
        "adjuntos|"
        "responder a|pièces jointes|importance haute|allegati|priorità|rispondi a|anexos|prioridade|bijlagen|"
        "załączniki|"
        "priorytet|вложения|важность|bilagor|vedhæftede filer|vedlegg|liitteet|přílohy|添付ファイル|附件|重要性|"
        "organization|"
        "organisation|répondre à|responder para|beantwoorden"
    ),
}
_KIND = {word: kind for kind, words in _LABELS.items() for word in words.split("|")}
_LABELLED = re.compile(r"[*_| ]{0,4}(?P<label>[^\W\d_][^:*|<>@]{0,30}?)[*_ ]{0,4}:[*_ ]{0,4}(?P<value>.*)")
_MOST_LINES = 16
_LONGEST = 600  # characters of one of its lines


def starting_at(lines: Sequence[str], start: int, *, announced: bool = False) -> int:
    """Return how many lines from here on are a quoted header, 0 if they are none. The lines are flat.

    `announced`: a rule stands above it. Else it must name a time and either an address or a subject, because people
    write down journeys, and mails that are to be sent, in the same form.
    """
    found: dict[str, str] = {}
    last, count = "", 0
    for number in range(start, min(start + _MOST_LINES, len(lines))):
        line = lines[number]
        if not line:
            if not found or "subject" in found or not _label(lines[number + 1] if number + 1 < len(lines) else "")[0]:
                break
            continue
        kind, value = _label(line)
        if kind in found and kind not in {"cc", "other"}:
            break
        if not kind and not (last in {"to", "cc", "other"} and _goes_on(line)):
            break
        if kind:
            last = kind
            found[kind] = value
        count = number - start + 1
    return count if _is_header(found, announced=announced) else 0


def begins(line: str) -> bool:
    """Whether a flat line can be the first of a quoted header."""
    return bool(_label(line)[0])


def _is_header(found: dict[str, str], *, announced: bool) -> bool:
    if "from" not in found:
        return False
    if announced:
        return len(found.keys() & {"sent", "to", "subject"}) >= 1
    if not any(char.isdigit() for char in found.get("sent", "")):
        # Without a day it is no header, unless its day is a word: `Sent: Friday`.
        return {"sent", "to", "subject"} <= found.keys() and ("@" in found["from"] or "@" in found["to"])
    if "subject" in found:
        return True
    return "to" in found and ("@" in found["from"] + found["to"] or has_time(found["sent"]))


def _label(line: str) -> tuple[str, str]:
    match = _LABELLED.match(line) if ":" in line[:50] and len(line) <= _LONGEST else None
    if match is None:
        return "", ""
    label = match["label"].strip()
    found = _KIND.get(label) or _KIND.get(label.replace(" ", ""))
    return (found, match["value"]) if found else ("", "")


def _goes_on(line: str) -> bool:
    """Whether it is the rest of a long list of recipients."""
    return "@" in line or ";" in line
