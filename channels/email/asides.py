"""What programs and companies add to a mail that nobody wrote for it: devices, signatures, disclaimers, warnings."""

import re
from collections.abc import Sequence

from channels.email.lines import flat, has_text, trimmed

# ruff: noqa: RUF001  (these are words of languages in which those letters are at home)

_LINK = re.compile(r"\[([^\[\]]{0,80})\]\([^()\s]{0,300}\)|[<(\[]https?:[^<>()\[\]\s]{0,500}[>)\]]|https?:\S{1,500}")
_DEVICE = (
    r"iphon|ipad|ipod|\bios\b|android|galaxy|samsung|handy|mobil|móvil|celular|cellulare|smartphone|tablet|outlook|"
    r"\bmail\b|"
    r"e-?mail|"
    r"gmail|yahoo|proton|thunderbird|blackberry|device|gerät|windows|huawei|xiaomi|redmi|oppo|pixel|nokia|telefon|"
    r"téléphone|"
    r"teléfono|telefone|telefoon|puhelim|laitte|tele2|apple watch|posta|courrier|correo|correio|pošt|почт|poczt|"
    r"sähköposti|"
    r"k-9|gmx|web\.de|aol|zoho|spark|superhuman|fastmail|tutanota|tuta|airmail|mailspring|orange|libero|bluemail|"
    r"aqua|"
    r"мобильн|устройств|телефон|phone"
)
_SENT = (
    r"sent (?:from|via|with|using|by|on)|get(?= outlook)|gesendet|von (?:meinem|unterwegs)|diese nachricht wurde|"
    r"holen sie|hol dir|outlook (?:für|pour|para|per|voor|för|til|dla|для|pro|for)|envoyé|télécharger|téléchargez|"
    r"obtenir|"
    r"provenance|enviad[oa]|obtener|obtenga|descarg|obter|obtenha|baixar|inviat[oa]|scarica|ottieni|verzonden|"
    r"verstuurd|"
    r"download|verzonden|wysłan[eoy]|pobierz|отправлено|послано|скачать|получить|загрузить|надіслано|skickat|"
    r"skickades|"
    r"hämta|skaffa|skaff|sendt|hent|få|last ned|lähetetty|hanki|hae|odesláno|odoslané|získat|stáhnout|stáhněte|"
    r"küldve|"
    r"trimis|στάλθηκε|"
    r"poslano"
)
_ASIDE = re.compile(
    rf"(?:(?:{_SENT})(?!\w)(?=.{{0,120}}(?:{_DEVICE})).{{0,140}}|sent from my(?: [\w'-]+){{1,6}}[.!]?|"
    r"(?:gesendet|von) (?:von )?meinem [\w' -]{2,30}(?: gesendet)?\.?|"
    # Japanese, Chinese, Korean, Turkish, Hungarian: the verb stands at the end, or there is none
    r".{0,30}(?:から送信(?:されました)?|を入手|を取得)。?|(?:发自|發自|从|從|来自|來自|发送自|傳送自|获取|下载|取得|"
    r"下載).{2,40}|"
    rf"(?=.{{0,60}}(?:{_DEVICE})).{{2,60}}(?:에서 보냄|gönderildi|gönderilmiştir|küldve|küldtem)[.]?)"
)
_CJK_DEVICE = re.compile(rf"{_DEVICE}|手机|手機|ios|邮|郵|メール|スマ|携帯|平板|客户端")

_MESSAGE = re.compile(
    r"e-?mails?\b|messages?\b|nachricht|mitteilung|courriel|mensaje|correo|messaggio|mensagem|bericht|wiadomoś|"
    r"сообщени|письм|"
    r"meddeland|mejl|meddelelse|melding|e-post|viesti|sähköposti|zpráv|správ|communication|comunicaci|comunicazione|"
    r"メール|"
    r"電子メール|邮件|郵件|üzenet|ileti|mesaj"
)
_SECRET = re.compile(
    r"confiden|privileg|proprietary|vertraulich|riservat|sigilos|vertrouwelijk|poufn|конфиденциальн|konfidenti|"
    r"konfidensi|"
    r"fortrolig|luottamuksell|důvěrn|dôvern|secret professionnel|機密|秘密|保密|机密|bizalmas|gizli|intended "
    r"(?:only|solely)|"
    r"solely for|ausschließlich|exclusivamente|esclusivamente|exclusivement|uitsluitend|wyłącznie|исключительно|"
    r"yksinomaan|výhradně|disclaim|virus"
)
_MEANT = re.compile(
    r"intended|recipient|addressee|in error|unauthori[sz]ed|prohibit|adressat|empfänger|irrtümlich|destinatair|par "
    r"erreur|"
    r"destinatari|por error|per errore|por engano|por erro|geadresseerde|ontvanger|adresata|odbiorc|omyłk|адресат|"
    r"получател|"
    r"ошибк|mottagar|av misstag|modtager|ved en fejl|mottaker|ved en feil|vastaanottaj|erehdyk|adresát|příjemc|"
    r"omylem|"
    r"príjemc|宛先|受信者|誤って|誤送|收件人|接收人|误收|címzett|alıcı|unbefugt|löschen sie|delete"
)
_HEADING = re.compile(
    r"\W{0,6}(?:(?:confidentiality|privacy|legal|disclaimer|privileged)(?: notice| note| statement)?|disclaimer|"
    r"vertraulichkeitshinweis|avis de confidentialité|aviso (?:legal|de confidencialidad\w*)|aviso de privacidad|"
    r"avviso di "
    r"riservatezza|nota de confidencialidade|уведомление о конфиденциальности|klauzula poufności|免責事項|免责声明|"
    r"保密声明)"
    r"(?=\W|$)"
)
_FOOTER = re.compile(
    r"(?:\W{0,6}(?:p )?(?:please )?(?:consider|think of) (?:the|our) environment before|\W{0,4}bitte (?:denken sie|"
    r"prüfen "
    r"sie|"
    r"umwelt)|\W{0,4}(?:pensez|merci de penser) à l'environnement|avant d'imprimer|antes de imprimir|virus-free|"
    r"(?:this|diese) (?:e-?mail|message|nachricht) (?:has been|was|wurde) (?:checked|scanned|auf viren)|"
    r"you received this (?:message|email) because|to unsubscribe|sie erhalten diese nachricht, weil)"
)
_BANNER = re.compile(
    r"\W{0,4}(?:(?:caution|warning|external|achtung|attention|advertencia|attenzione|atenção|let op)\W.{0,120}"
    r"(?:outside|extern|exterior|esterno|fuera|fora|buiten)|\[?external(?: (?:e-?mail|sender|message))?\]?\W*$|"
    r"you don't often get email from|sie erhalten nicht häufig e-mails von|vous n'obtenez pas souvent|"
    r"(?:this|the) (?:e-?mail|message) (?:originated|was sent|came) from outside)"
)
_CONTACT = re.compile(r"@|https?:|www\.|\+?\d[\d ()/.-]{6,}|(?:tel|phone|mobil|fax)\b")
_STROKES = "-_=*~\u2014\u2500\u2501\uff1d\uff0d\uff3f"
_LONGEST_SIGNATURE = 40  # lines
_BESIDE = re.compile(r"_{2,5}|-{3,5}")


def is_aside(line: str) -> bool:
    """Whether a program wrote it: "Sent from my phone" and its like."""
    if len(line) > 400:
        return False
    found = " ".join(_LINK.sub(r"\1", flat(line)).strip("[]*_ ").split())
    if not found or len(found) > 160 or _ASIDE.fullmatch(found) is None:
        return False
    return found.isascii() or not _is_east_asian(found) or _CJK_DEVICE.search(found) is not None


def split_end(lines: Sequence[str]) -> tuple[list[str], list[str]]:
    """Part what somebody wrote from what stands below it: a signature, a device, a company's or a list's footer.

    Only what a machine can recognise goes: what follows a line of its own that says so (`-- `), the words of devices,
    and paragraphs at the end in the language of lawyers. "Best regards, Rob" was written, and stays.
    """
    end = _signature(lines)
    while True:
        before = end
        while end and (not lines[end - 1].strip() or is_aside(lines[end - 1])):
            end -= 1
        end = _paragraph(lines, end)
        if end == before:
            break
    return list(lines[:end]), list(lines[end:])


def without_banner(lines: list[str]) -> list[str]:
    """Cut off what a mail server put on top: that the mail came from outside."""
    start = 0
    while start < len(lines) and not lines[start].strip():
        start += 1
    end = start
    while end < len(lines) and lines[end].strip():
        end += 1
    paragraph = flat(" ".join(lines[start:end])[:1000])
    return lines[end:] if _BANNER.match(paragraph) and has_text(lines[end:]) else lines


def _signature(lines: Sequence[str]) -> int:
    """Return where the signature's delimiter stands, or the number of lines."""
    end = len(lines)
    while end and not lines[end - 1].strip():
        end -= 1
    for number in range(max(0, end - _LONGEST_SIGNATURE - 1), end - 1):
        mark = lines[number].strip()
        if not mark or mark.strip(_STROKES) or _in_code(lines, number):
            continue
        if mark in {"--", "\u2014", "\u2014\u2014"}:
            return number
        rest = trimmed(lines[number + 1 : end])
        short = len(rest) <= 8 and all(len(other) <= 90 for other in rest)
        if (
            short
            and _BESIDE.fullmatch(mark)
            and (mark[0] == "_" or any(_CONTACT.search(flat(other)) for other in rest))
        ):
            return number
        if short and len(mark) > 8 and (_is_footer(rest) or _is_framed(lines, number, end)):
            return number
    return len(lines)


def _is_framed(lines: Sequence[str], number: int, end: int) -> bool:
    """Whether it stands between two long strokes or below one, and says how to reach somebody: a habit of Japan."""
    begins = number == 0 or not lines[number - 1].strip()
    return begins and any(_CONTACT.search(flat(line)) for line in lines[number + 1 : end])


def _in_code(lines: Sequence[str], number: int) -> bool:
    """Whether an odd number of fences follows: this line stands between two of them."""
    return sum(line.lstrip().startswith("```") for line in lines[number + 1 :]) % 2 == 1


def _is_footer(lines: Sequence[str]) -> bool:
    """Whether it is what a mailing list writes below each mail."""
    found = flat(" ".join(lines)[:1000])
    return "@" in found or "http" in found or "unsubscribe" in found


def _paragraph(lines: Sequence[str], end: int) -> int:
    """Return where the last paragraph begins if nobody wrote it for this mail, else where it ends."""
    start = end
    while start and lines[start - 1].strip() and end - start < 30:
        start -= 1
    text = flat(" ".join(lines[start:end])[:3000])[:1000]
    if not text:
        return end
    if _FOOTER.match(text) or (
        _HEADING.match(text) and (len(text) < 40 or _MEANT.search(text) or _MESSAGE.search(text))
    ):
        return start
    long = len(text) >= (30 if _is_east_asian(text) else 80)
    legal = _MESSAGE.search(text) and _SECRET.search(text) and _MEANT.search(text)
    return start if long and legal else end


def _is_east_asian(text: str) -> bool:
    return any("\u3040" <= char <= "\u9fff" or "\uac00" <= char <= "\ud7af" for char in text)
