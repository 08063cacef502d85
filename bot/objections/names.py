"""Find a person's name in free text, by what people say before and after it, in many languages.

A wrong name in an objection is worse than one more question. The less a lead-in says by itself
("I am …"), the more the words after it have to look like a name.
"""

from __future__ import annotations

from collections.abc import Iterable

from bot import patterns
from bot.objections import countries
from bot.objections.errors import FieldError
from bot.objections.fields import parse_full_name
from bot.objections.words import (
    NEVER_NAMES,
    PARTICLES,
    has_capitals,
    is_talk,
    looks_like_a_feeling,
)

__all__ = ["LEAD", "find_name", "listed_name", "replied_name"]

# --- lead-ins -----------------------------------------------------------------------------------

_START = r"(?:^|(?<=[,;:.!?|/\n])|(?<=[,;:.!?|/\n-] )|(?<=[,;.|/\n]  )|(?<=\band )|(?<=\bbut ))"

# The name that counts when several are said.
_FIRST = patterns.compile(
    rf"(?:{_START}|\b(?:it's|it is|i'm|i am|is) )(?:but )?(?:my )?"
    r"(?:officially|legally|legal name|official name)"
    r"(?: it's| i'm| i am)?(?: is|:)? "
    r"|(?:\boops\W{1,3}|\bsorry\W{1,3}|\bwait\W{1,3}|\bactually\W{1,3}|\bno\W{1,3}|^)"
    r"(?:what )?i meant?(?: to (?:say|write|type|put)| it'?s| it is| is)?:? "
    r"|\b(?:put|write)(?: (?:me|it|this|that|us))? down(?: (?:as|for|under|with))?"
    r"(?: the name)?:? "
    r"|\b(?:file|register|submit|record|sign|send|enter|make)(?: (?:it|this|that|mine|me|"
    r"(?:my|the|an) objection))?(?: (?:in|up))?"
    r" (?:in the name(?: of)?|under the name(?: of)?|for|as|under|on behalf of):? "
    r"|\b(?:in|under|with) the name(?: of)?:? |\bregistered as |\bsigned,? ",
    ignore_case=True,
)
_OF_NAME = (
    r"(?: again| once more| in full| fully| really| here| now| on (?:my|the) \w{1,12}"
    r"| in (?:my|the) \w{1,12}| as (?:written |it is |it stands )?(?:on|in) (?:my|the) \w{1,12})?"
)
_STRONG = patterns.compile(
    # English
    r"\b(?:my|the|change my|correct my)(?: full| real| legal| first| complete| own| actual| given)*"
    rf" name{_OF_NAME}(?: is|'s| to| would be| should be| =|:)(?: again| now| actually| still)?:? "
    rf"|{_START}(?:full )?name(?: is| =|:|'s) ?|\b(?:i am|i'm|they) called |\bcall me |\bi go by "
    # Romance
    r"|\bje m'appelle |\bmon nom(?: complet)?(?: est| c'est|,? c'est| ?:) "
    r"|\b(?:yo )?me llamo |\bmi nombre(?: completo| legal)?(?: es| ?:) |\bme nombre es "
    r"|\bmi chiamo |\b(?:il )?mio nome(?: completo)?(?: è| e'| ?:) "
    r"|\b(?:eu )?me chamo |\bchamo-me |\b(?:o )?meu nome(?: completo)?(?: é| e| ?:) "
    r"|\bmă numesc |\bnumele meu(?: complet)? (?:este|e) |\bem dic |\bel meu nom és "
    # Germanic
    r"|\bich hei(?:ß|ss)e |\bmein (?:voller |vollständiger |ganzer )?name(?: ist| lautet| ?:) "
    r"|\bik heet |\bmijn (?:volledige )?naam(?: is| ?:) |\bmy naam is "
    r"|\b(?:jag|jeg) heter |\bjeg hedder |\bmitt (?:fullständiga |hela |fulle )?namn är "
    r"|\bmit (?:fulde )?navn er |\bmitt (?:fulle )?navn er |\bég heiti "
    # Slavic, Baltic, Greek
    r"|\bnazywam się |\bmam na imię |\bmoje (?:pełne )?imię(?: i nazwisko)?(?: to| brzmi| ?:) "
    r"|\bjmenuji se |\bjmenuju se |\bvolám sa |\bzovem se |\bime mi je |\bmoje ime je "
    r"|\bменя зовут |\bмо[её] (?:полное )?имя(?: это)?[ :—–-]{1,3}"
    r"|\bмене звати |\bмоє ім'я[ :—–-]{1,3}"
    r"|\bказвам се |\bзовем се |\bmano vardas |\bmani sauc |\bμε λένε |\bλέγομαι |\bονομάζομαι "
    r"|\bτο όνομά μου είναι "
    # Others
    r"|\b(?:benim )?(?:ad|ism)[ıi]m(?: ve soyad[ıi]m)?[ :]{1,2}"
    r"|\bnimeni on |\ba nevem |\bminu nimi on "
    r"|\bnama (?:lengkap )?saya(?: adalah)? |\b(?:tôi )?tên (?:tôi )?là |\bjina langu ni "
    r"|\bang pangalan ko ay |\bmera naam |मेरा नाम |\bاسمي(?: الكامل)?(?: هو)?[ :]{1,2}"
    r"|\bاسمى[ :]{1,2}|\b(?:نام|اسم) من |\bקוראים לי |\bשמי "
    # A field of a form: "nombre: Ana"
    rf"|{_START}(?:nom|nombre|nome|naam|namn|navn|imię|имя|isim|ad[ıi]?|nama|الاسم|اسم) ?: ?",
    ignore_case=True,
)
# "I am" says little: what follows may be a feeling, a trade or a people.
_WEAK = patterns.compile(r"(?<!\w)(?:i'm|i am|im|it's|it is|this is) ", ignore_case=True)
_WEAK_ELSEWHERE = patterns.compile(
    rf"{_START}(?:hallo,? |bonjour,? |hola,? |ciao,? |oi,? |hej,? |olá,? )?(?:je suis|moi,? c'est|"
    r"c'est|yo soy|soy|"
    r"sono|io sono|(?:eu )?sou(?: o| a)?|sunt|ich bin|ik ben|jag är|jeg er|jestem|jsem|som|"
    r"ja sam|я|ben|olen|saya|tôi là|ako si|είμαι (?:ο|η)|أنا|انا|אני|من|मैं) ",
    ignore_case=True,
)
_FOREIGN_END = patterns.compile(
    r" (?:y|et|und|en|og|och|e|i|и|ve|و|hai|है|هستم|است|vivo|vengo|aus|uit|från|fra|iz|из|من|"
    r"depuis|desde|wohne|moro|ist mein name)(?: (?:[^A-ZÀ-ÞА-Я]|$)|$)"
)
_HAN_CUE = patterns.compile(
    r"(?:我(?:的)?(?:全名|名字|姓名|名)(?:是|叫|为|:)|我叫(?:做)?|名字[是叫:]|姓名[是:]?) ?"
    r"(?P<name>.{2,60})"
)
_HAN_WEAK = patterns.compile(
    r"(?:^|(?<=[\n,.:! 好]))(?:我是|本人) ?(?P<name>[\u4e00-\u9fff·]{2,4})(?=$|[\s,.!,;/|])"
)
_HAN_END = patterns.compile(r"[\s,.;!/|]|(?<=.)(?:来自|來自|我|住在|现住|的|是|在|和|邮箱|电)")
_JAPANESE = patterns.compile(
    r"(?:(?:私の)?(?:名前|氏名|フルネーム)は ?|氏名: ?|(?P<weak>私は|わたしは) ?|"
    r"(?P<bare>^|(?<=[\n,])))"
    r"(?P<name>[\u30a0-\u30ff\u4e00-\u9fffー・々 ]{2,20}|[A-Z][\w' -]{1,40})"
    r"(?P<end>です|と申します|といいます|と言います|だ)?(?=$|[\s,.!/|])"
)
_KOREAN = patterns.compile(
    r"(?:(?:제|내) 이름은 ?|이름은 ?|이름: ?|(?P<weak>저는 ?))(?P<name>[\uac00-\ud7af]{2,5}?)"
    r"(?:입니다|이에요|예요|이라고 합니다|라고 합니다)?(?=$|[\s,.!/|])"
)
# Trades and the like end so: 学生, 会员, 作者, 中国人, 老师, 作家.
_NO_HAN_NAME = patterns.compile(
    r"[生员者人师家方户](?:$)|^(?:一|你|他|她|谁|不|很|在|来|从|中国|日本|用户|学生)"
)
# The hundred or so surnames that most people have.
_SURNAMES = frozenset(
    "王李张劉刘陈陳杨楊黄黃赵趙吴吳周徐孙孫马馬朱胡郭何林罗羅高郑鄭梁谢謝宋唐许許邓鄧韩韓冯馮曹彭曾肖萧蕭田董潘袁蔡蒋蔣余于"
    "杜叶葉程魏苏蘇吕呂丁任卢盧姚沈钟鐘姜崔谭譚陆陸范汪廖石金韦韋贾賈夏付方邹鄒熊白孟秦邱侯江尹薛闫阎雷龙龍史陶贺賀毛段郝顾顧龚龔邵万钱覃武戴莫孔向汤"
)

# --- what follows a name ------------------------------------------------------------------------

_HERE = patterns.compile(
    r"(?:^|(?<=[,;.!|/\n] )|(?<=[,;.|/\n]  )|(?<=\n))(?P<name>[^\W\d_][^\n,;!?@|/]{0,60}?)"
    r" (?:here|speaking|is my (?:full |real |legal )?name|is the name|ist mein [Nn]ame|"
    r"es mi nombre|est mon nom|è il mio nome|é o meu nome)\b(?! (?:is|are))"
)
_END = patterns.compile(
    r"[\n,;:!?()<>|/\"@\d]| [-–—]+ |\.(?= |$)|"
    r" (?:and|but|from|with|in|on|at|my|i|living|here|speaking|please|thanks|not|is|as|like|just|"
    r"exactly|spelled|spelt|written|who|which|that|if|for|so|because|writing|email|e-mail|mail|"
    r"country|instead|again|full stop|now|too|then|ok|okay|by the way|btw)\b(?!-)",
    ignore_case=True,
)
_ABBREVIATION = patterns.compile(r"(?:^|[ .])(?:[^\W\d_]|jr|sr|st|dr|mr|ms|mrs)$", ignore_case=True)
# What may stand behind the comma after a name that was asked for.
_AFTERTHOUGHT = patterns.compile(
    r"(?:and )?(?:(?:exactly |just |simply )?(?:as|like) |just |only |that's |that is |thats |no |"
    r"both |one word|two words|it's |it is |is my |spelled |spelt |written |with |without |"
    r"for short|speaking|here|please|thank|thx|nice to |if |same |my |the |i |is that |ok|"
    r"by the way|btw|exactly|again|born |mrs?\b|ms\b|dr\b|for |not |in |from |hope "
    r"|officially|she/|he/|they/)",
    ignore_case=True,
)
_GREETING = patterns.compile(
    r"(?:(?:ok|okay|sure|yes|yep|yeah|hi|hello|hey|alright|sorry|actually|oh|um|uh|oops|of course|"
    r"hi there|hello there|good (?:morning|evening|afternoon|day)|here you go|here it is|fine|"
    r"no wait|wait|well|right|dear \w+|hola|hallo|bonjour|ciao|hej|olá|merhaba|cześć|привет|"
    r"你好|您好|こんにちは|안녕하세요|مرحبا|buongiorno|guten tag|dzień dobry)"
    r"(?![a-z])[\s,.!:;-]*)+",
    ignore_case=True,
)
LEAD = patterns.compile(
    r"(?:(?:ok|okay|sure|yes|yep|yeah|hi|hello|hey|alright|sorry|actually|oh|um|uh|of course|"
    r"here you go|here it is|no wait|wait)\b[\s,.:;!-]*|(?:no|so|well|right|fine)[,.:;!-]+\s*){0,4}"
    r"(?:(?:(?:it's|it is|that's|that is|that would be|that'd be|this is|i'm|im|i am|call me|"
    r"please use|you can use|use)\b ?)|"
    r"(?:(?:my|the|full|change my)\b ?){0,2}(?:name|e-?mail(?: address)?|mail|address|country)"
    r"(?: of residence)?\b ?(?:is|are|=|:|to)\s*)?",
    ignore_case=True,
)
_BREAK = patterns.compile(r"[,;|\n]")
_LABEL = patterns.compile(r"(?:full )?name ", ignore_case=True)
_NOT_THESE = frozenset("best kind warm regards dear team support privacy center centre".split())

Place = tuple[str, int, int]


def find_name(text: str, *, expected: bool) -> Place | None:
    """The name that `text` introduces and where it stands, lead-in included; None if unsure.

    `expected` says that a name was asked for or that other details stand beside it.
    """
    for pattern in (_FIRST, _STRONG):
        for match in pattern.finditer(text):
            said = _name_at_start(text[match.end() : match.end() + 120])
            sure = pattern is _STRONG
            if not sure and not (_is_proper(said) and (expected or " " in said)):
                continue
            if name := _name(said, sure=sure):
                return name, match.start(), match.end() + len(said)
    if found := _without_spaces(text, expected):
        return found
    for match in _WEAK.finditer(text):
        said = _name_at_start(text[match.end() : match.end() + 120])
        about_me = match.group().lower().startswith(("i'm", "i am"))
        if not (about_me or expected or has_capitals(said.split())):
            # "it's creepy stuff"
            continue
        if name := _name(said, sure=False):
            return name, match.start(), match.end() + len(said)
    for match in _WEAK_ELSEWHERE.finditer(text):
        said = _name_at_start(text[match.end() : match.end() + 120])
        if (expected or " " in said) and _is_proper(said) and not _is_people(said):
            if not expected and not said[0].isupper():
                # Scripts without capitals do not tell a name from a feeling.
                continue
            if name := _name(said, sure=False):
                return name, match.start(), match.end() + len(said)
    for here in _HERE.finditer(text):
        if here.group("name")[0].isupper() and (name := _name(here.group("name"), sure=False)):
            return name, *here.span()
    return None


def listed_name(clauses: Iterable[tuple[int, str]]) -> Place | None:
    """The name among the entries of a list of details, given with their places."""
    for index, (start, clause) in enumerate(list(clauses)[:6]):
        lead = _GREETING.match(clause)
        skipped = lead.end() if lead and lead.end() < len(clause) else 0
        rest = clause[skipped:]
        lead = LEAD.match(rest)
        skipped += lead.end() if lead else 0
        lead = _LABEL.match(clause[skipped:])
        skipped += lead.end() if lead else 0
        said = _name_at_start(clause[skipped:])
        words = said.split()
        if not words or len(words) > 5:
            continue
        # The first entry is mostly the name, unless its capitals say otherwise ("Ja klar"); a later
        # one has to look like one.
        if not (has_capitals(words) or said.islower()):
            continue
        if index and not (len(words) > 1 and _is_proper(said) and _is_cased(said)):
            continue
        if _NOT_THESE & {word.lower() for word in words}:
            continue
        if name := _name(said, sure=False):
            return name, start + skipped, start + skipped + len(said)
    return None


def replied_name(reply: str) -> str:
    """The name in a reply to the question for it, all of which belongs to the answer.

    Raises FieldError as `parse_full_name` does, or `name_unclear`.
    """
    said = _name_at_start(reply)
    rest = reply[len(said) :].strip(" ,;.-–—|/()\n")
    if said and rest and not is_talk(said, asked=True) and len(said.split()) <= 6:
        after = [part for clause in _BREAK.split(rest) if (part := clause.strip())]
        told = " " in said or _is_proper(said)
        if all(_AFTERTHOUGHT.match(part) or (told and is_talk(part)) for part in after):
            try:
                if not looks_like_a_feeling(said.split()[-1]) or _is_proper(said):
                    return parse_full_name(said)
            except FieldError:
                # The whole reply has the better sentence.
                pass
    name = parse_full_name(reply)
    if is_talk(reply, asked=True):
        raise FieldError(
            "full_name",
            "name_unclear",
            "I could not read a name there. Please write just your name.",
        )
    return name


def _without_spaces(text: str, expected: bool) -> Place | None:
    """Names in Chinese, Japanese and Korean, where a lead-in runs on into the name."""
    if text.isascii():
        return None
    for match in _HAN_CUE.finditer(text):
        rest = match.group("name")
        end = _HAN_END.search(rest) if not rest[0].isascii() else _END.search(rest)
        said = rest[: end.start()] if end else rest
        if (len(said) <= 6 or said.isascii()) and (name := _name(said.strip(), sure=True)):
            return name, match.start(), match.start("name") + len(said)
    for match in _HAN_WEAK.finditer(text):
        said = match.group("name")
        if expected and said[0] in _SURNAMES and not _NO_HAN_NAME.search(said):
            return said, *match.span()
    for pattern in (_JAPANESE, _KOREAN):
        for match in pattern.finditer(text):
            said = match.group("name").strip()
            groups = match.groupdict()
            if groups.get("bare") is not None and not (expected and groups["end"]):
                continue
            weak = groups.get("weak") or groups.get("bare") is not None
            if weak and (not expected or _NO_HAN_NAME.search(said)):
                continue
            if name := _name(said, sure=True):
                return name, *match.span()
    return None


def _name_at_start(text: str) -> str:
    """The words up to where a name would end. The full stop of an initial does not end it."""
    said = text
    for end in _END.finditer(text):
        # An abbreviation is shorter than this.
        before = text[max(0, end.start() - 8) : end.start()]
        if end.group() != "." or not _ABBREVIATION.search(before):
            said = text[: end.start()]
            break
    foreign = _FOREIGN_END.search(said)
    if foreign:
        said = said[: foreign.start()]
    words = said.split(" ")
    if len(words) > 2 and words[0][:1].isupper() and not said.isupper():
        # "Ana Silva wohnt hier": a name in capitals ends where the capitals do.
        length = next((i for i, word in enumerate(words) if _is_lower(word)), len(words))
        while 1 < length < len(words) and words[length - 1].lower() in PARTICLES:
            length -= 1
        said = " ".join(words[:length])
    leading = len(said) - len(said.lstrip())
    return said if leading else said.rstrip()


def _is_lower(word: str) -> bool:
    return word[:1].islower() and word.lower() not in PARTICLES and not word.startswith("al-")


def _is_cased(text: str) -> bool:
    return text[:1] != text[:1].swapcase()


def _is_proper(said: str) -> bool:
    """Whether it is written like a name, and does not only shout."""
    words = said.split()
    if not words or not has_capitals(words) or words[0].lower() in PARTICLES - {"van", "de", "el"}:
        return False
    return words[0].strip(".").lower() not in NEVER_NAMES


def _is_people(said: str) -> bool:
    folded = countries.fold(said)
    return countries.by_demonym(folded) is not None or countries.by_name(folded) is not None


def _name(text: str, *, sure: bool) -> str | None:
    """The name in `text`, or None. Unless `sure`, a single word in lower case is not enough."""
    words = text.split()
    if not 1 <= len(words) <= 6 or is_talk(text):
        return None
    # "i'm deeply disappointed"
    if len(words) == 1 and text.islower() and text.endswith(("ing", "ed")) and len(text) > 5:
        # "my name is misspelled"
        return None
    if words[0] in ("la", "le", "el", "il", "lo", "los", "las"):
        return None
    talk = len(words) < 2 or any(looks_like_a_feeling(word) for word in words)
    if talk and not sure and not has_capitals(words):
        return None
    if countries.by_name(countries.fold(text), only_english=True) and not sure:
        return None
    try:
        return parse_full_name(text)
    except FieldError:
        return None
