"""Countries by the words people use for them.

Codes are ISO 3166-1 alpha-2, names come from CLDR (`scripts/country-names`), and XK (Kosovo,
user-assigned) is kept because people live there. Texts come here cleaned; `fields.parse_country`
raises the errors.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Sequence
from difflib import SequenceMatcher
from functools import lru_cache
from pathlib import Path

from bot import patterns

__all__ = [
    "CODES",
    "by_code",
    "by_demonym",
    "by_name",
    "by_typo",
    "country_name",
    "ends_people",
    "first_in",
    "fold",
    "in_reply",
    "is_code",
    "of_entry",
    "reach",
]

_CLDR = json.loads(Path(__file__).with_name("country_names.json").read_text("utf-8"))
_ENGLISH: dict[str, str] = _CLDR["names"]["en"]
_ALPHA3: dict[str, str] = _CLDR["alpha3"]

CODES = frozenset(_ENGLISH)

_SHORT_FORMS = {
    "AE": "uae, emirates, the emirates",
    "BA": "bosnia",
    "CD": "drc, dr congo, democratic republic of the congo, congo kinshasa",
    "CG": "republic of the congo, congo brazzaville",
    "CI": "ivory coast, cote divoire",
    "CN": "mainland china, prc, peoples republic of china",
    "CV": "cabo verde",
    "CZ": "czech republic",
    "GB": "uk, great britain, britain, england, scotland, wales, northern ireland, gb, "
    "united kingdom of great britain and northern ireland",
    "HK": "hong kong",
    "IE": "republic of ireland, eire, southern ireland",
    "KP": "dprk",
    "KR": "korea, republic of korea",
    "LA": "lao",
    "MD": "republic of moldova",
    "MK": "macedonia",
    "MM": "myanmar, burma",
    "MO": "macao, macau",
    "NL": "holland",
    "PS": "palestine",
    "RU": "russian federation",
    "SZ": "swaziland",
    "TL": "east timor",
    "TR": "turkey, turkiye",
    "TT": "trinidad",
    "US": "usa, us of a, america, states, united states of america",
    "VA": "vatican, holy see",
    "XK": "kosova",
}

# All of Europe, and the largest countries elsewhere.
_DEMONYMS = {
    "AD": "andorran", "AL": "albanian", "AM": "armenian", "AT": "austrian", "AZ": "azerbaijani",
    "BA": "bosnian", "BE": "belgian", "BG": "bulgarian", "BY": "belarusian, belarussian",
    "CH": "swiss", "CY": "cypriot", "CZ": "czech", "DE": "german", "DK": "danish, dane",
    "EE": "estonian", "ES": "spanish, spaniard", "FI": "finnish, finn",
    "FR": "french, frenchman, frenchwoman",
    "GB": "british, brit, briton, english, englishman, englishwoman, scottish, scot, welsh, "
    "welshman, welshwoman, northern irish",
    "GE": "georgian", "GR": "greek", "HR": "croatian, croat", "HU": "hungarian",
    "IE": "irish, irishman, irishwoman", "IS": "icelandic, icelander", "IT": "italian",
    "LI": "liechtensteiner", "LT": "lithuanian", "LU": "luxembourgish, luxembourger",
    "LV": "latvian", "MC": "monegasque, monacan", "MD": "moldovan", "ME": "montenegrin",
    "MK": "macedonian, north macedonian", "MT": "maltese",
    "NL": "dutch, dutchman, dutchwoman", "NO": "norwegian", "PL": "polish, pole",
    "PT": "portuguese", "RO": "romanian", "RS": "serbian, serb", "RU": "russian",
    "SE": "swedish, swede", "SI": "slovenian, slovene", "SK": "slovak, slovakian",
    "SM": "sammarinese", "TR": "turkish, turk", "UA": "ukrainian", "XK": "kosovan, kosovar",
    "AE": "emirati", "AF": "afghan", "AO": "angolan", "AR": "argentinian, argentine",
    "AU": "australian, aussie", "BD": "bangladeshi", "BR": "brazilian", "CA": "canadian",
    "CL": "chilean", "CM": "cameroonian", "CN": "chinese", "CO": "colombian", "CI": "ivorian",
    "CU": "cuban", "DZ": "algerian", "EC": "ecuadorian", "EG": "egyptian", "ET": "ethiopian",
    "GH": "ghanaian", "ID": "indonesian", "IL": "israeli", "IN": "indian", "IQ": "iraqi",
    "IR": "iranian, persian", "JO": "jordanian", "JP": "japanese", "KE": "kenyan",
    "KR": "korean, south korean", "KZ": "kazakh, kazakhstani", "LB": "lebanese",
    "LK": "sri lankan", "MA": "moroccan", "MG": "malagasy", "MM": "burmese", "MX": "mexican",
    "MY": "malaysian", "MZ": "mozambican", "NG": "nigerian", "NP": "nepali, nepalese",
    "NZ": "new zealander, kiwi", "PE": "peruvian", "PH": "filipino, filipina, philippine",
    "PK": "pakistani", "SA": "saudi, saudi arabian", "SD": "sudanese", "SG": "singaporean",
    "SY": "syrian", "TH": "thai", "TN": "tunisian", "TW": "taiwanese", "TZ": "tanzanian",
    "UG": "ugandan", "US": "american", "UZ": "uzbek", "VE": "venezuelan", "VN": "vietnamese",
    "YE": "yemeni", "ZA": "south african", "ZM": "zambian", "ZW": "zimbabwean",
}  # fmt: skip


# Codes that are also short answers or sounds. In capitals they are codes.
_NOT_CODES = frozenset(
    "no na ne hm um mm eh er sh so me to do as am by pm my gg the and but not yes can".split()
)
_LEAD = patterns.compile(
    r"(?:(?:ok|okay|sure|well|yes|hi|hello|actually|sorry)\b[ ,.!]*)*"
    r"(?:(?:my country(?: of residence)? is|country:?|it'?s|it is|that'?s|that is|i'?m|i am|we are|"
    r"we're|i|we)\b:? ?)?"
    r"(?:(?:currently|now|actually|originally|still|living|live|reside|residing|stay|staying|"
    r"based|located|resident|citizen|national|come|here)\b ?)*"
    r"(?:(?:in|from|of|at)\b ?)?(?:(?:the|a|an)\b ?)?",
    ignore_case=True,
)
_TAIL = patterns.compile(
    r"(?:[ ,.!]+(?:please|thanks|thank you|now|at the moment|currently|citizen|resident|national|"
    r"person|man|woman))+$",
    ignore_case=True,
)
_WORD = patterns.compile(r"[^\s,]+")
_AFTER_PEOPLE = frozenset(
    "citizen citizens citizenship national nationals resident residents passport person man woman "
    "girl boy guy born living based nationality from and but by so here or since now originally "
    "myself too also".split()
)
_NEGATED = patterns.compile(r"\b(?:not|no longer|never|outside|left)\b|n['’]t\b", ignore_case=True)


def fold(text: str) -> str:
    """Lower case, no accents, no punctuation, single spaces: what look-ups compare."""
    text = text.replace("&", " and ").replace(".", "").replace("’", "").replace("'", "")
    text = unicodedata.normalize("NFKD", text.casefold().replace("ı", "i").replace("ø", "o"))
    letters = (
        " " if not (char.isalnum() or unicodedata.category(char)[0] == "M") else char
        for char in text
        if not unicodedata.combining(char)
    )
    return " ".join("".join(letters).split())


def country_name(code: str) -> str:
    """The English name of an alpha-2 code. Raises KeyError when it is not one of CODES."""
    if code not in CODES:
        raise KeyError(code)
    return _ENGLISH[code].removesuffix(" SAR China")


def by_code(word: str) -> str | None:
    """The country with this alpha-2 or alpha-3 code, in any case."""
    word = word.upper()
    if len(word) == 3:
        word = _ALPHA3.get(word, "")
    return word if word in CODES else None


def is_code(word: str) -> bool:
    """Whether two letters are a country's code, and no short word of English."""
    return word.lower() not in _NOT_CODES and by_code(word) is not None


def by_name(folded: str, *, only_english: bool = False) -> str | None:
    """The country with this name, in English, another large language, or a common short form."""
    names = _english_names() if only_english else _names()
    return names.get(folded.removeprefix("the "))


def by_demonym(folded: str) -> str | None:
    """The country whose people are called this ("irish")."""
    return _demonyms().get(folded)


def ends_people(after: Sequence[str]) -> bool:
    """Whether a people's name ends before these words, lower case or not.

    "Irish and …" names a country; "French fries" and "German Alvarez" do not.
    """
    return not after or after[0].lower() in _AFTER_PEOPLE


def by_typo(folded: str) -> str | None:
    """The country whose English name was meant, if the slip is small and no other name is near."""
    folded = folded.removeprefix("the ")
    if not 6 <= len(folded) <= 40:
        return None
    best: dict[str, float] = {}
    matcher = SequenceMatcher(autojunk=False)
    matcher.set_seq2(folded)
    for name, code in _english_names().items():
        matcher.set_seq1(name)
        # Six letters and more: the shorter names differ from each other by a single letter.
        if len(name) >= 6 and matcher.real_quick_ratio() >= 0.8 and matcher.quick_ratio() >= 0.8:
            best[code] = max(best.get(code, 0.0), matcher.ratio())
    ranked = sorted(best.items(), key=lambda item: item[1], reverse=True)
    if not ranked or ranked[0][1] < 0.85:
        return None
    if len(ranked) > 1 and ranked[0][1] - ranked[1][1] < 0.04:
        return None
    return ranked[0][0]


def in_reply(reply: str) -> frozenset[str]:
    """The countries that a cleaned reply to "where do you live?" names; none if unclear."""
    reply = reply.replace("’", "'")
    if _NEGATED.search(reply):
        return frozenset()
    core = _TAIL.sub("", reply)
    stripped = _LEAD.sub("", core, count=1)
    for phrase in dict.fromkeys((reply, core, stripped)):
        code = _country_of(phrase, alone=phrase == reply or stripped == core)
        if code:
            return frozenset({code})
    named = _named_within(fold(reply))
    first, comma, _ = stripped.partition(",")
    if not named and comma and (code := _country_of(first, alone=False)):
        # "Polska, Poznań": in another language only a name that stands for itself.
        named = {code}
    if not named:
        # "Berlin, DE", and only then a slip of the keyboard.
        last = stripped.rpartition(",")[2]
        code = _country_of(last, alone=False) or by_typo(fold(last))
        named = {code} if code else set()
    return frozenset(named)


def first_in(rest: str) -> str | None:
    """The first country that a sentence goes on with ("Dublin, Ireland and I …")."""
    length = reach(rest)
    if not length:
        return None
    phrase = rest[:length].rpartition(",")[2].strip()
    return _of_phrase(phrase)


def _of_phrase(phrase: str) -> str | None:
    code = by_name(fold(phrase))
    if code or not phrase.replace(".", "").isupper():
        return code or ("US" if fold(phrase) == "us" else None)
    return by_code(phrase.replace(".", ""))


def reach(rest: str) -> int:
    """How many characters of "Dublin, Ireland and I" reach to the end of the country, or 0."""
    words = list(_WORD.finditer(rest))[:8]
    for first in range(min(4, len(words))):
        for last in range(min(first + 5, len(words)), first, -1):
            phrase = rest[words[first].start() : words[last - 1].end()].strip(" .")
            if "," not in phrase and _of_phrase(phrase):
                return words[last - 1].end()
    return 0


def of_entry(clause: str, *, only_english: bool) -> str | None:
    """The country of an entry in a list, by its name or its code in capitals."""
    code = by_code(clause) if clause.isupper() and len(clause) == 2 else None
    return by_name(fold(clause), only_english=only_english) or code


def _country_of(phrase: str, *, alone: bool) -> str | None:
    """Name, people or code. Inside a sentence a two-letter code counts in capitals only."""
    phrase = phrase.strip()
    folded = fold(phrase)
    code = by_name(folded) or by_demonym(folded)
    if code:
        return code
    letters = phrase.replace(".", "")
    if not letters.isascii() or len(letters) > 3:
        return None
    if letters.isupper() or (alone and letters.lower() not in _NOT_CODES):
        return by_code(letters)
    # "the us" is the only code that people say with an article.
    return "US" if folded == "us" and not alone else None


def _named_within(folded: str) -> set[str]:
    """Countries named in English inside a sentence; the longest name wins at each place."""
    words = folded.split()
    found: set[str] = set()
    start = 0
    while start < len(words):
        step = 1
        for length in range(min(6, len(words) - start), 0, -1):
            phrase = " ".join(words[start : start + length])
            code = by_name(phrase, only_english=True)
            if code is None and ends_people(words[start + length :]):
                code = by_demonym(phrase)
            if code:
                found.add(code)
                step = length
                break
        start += step
    return found


@lru_cache(maxsize=1)
def _english_names() -> dict[str, str]:
    names: dict[str, str] = {}
    for code in sorted(CODES):
        for name in (_ENGLISH[code], country_name(code)):
            folded = fold(name)
            names[folded] = code
            if folded.startswith("st "):
                names["saint " + folded[3:]] = code
    for code, forms in _SHORT_FORMS.items():
        for form in forms.split(", "):
            names[form.removeprefix("the ")] = code
    return names


@lru_cache(maxsize=1)
def _names() -> dict[str, str]:
    names = dict(_english_names())
    for names_there in _CLDR["names"].values():
        for code, called in names_there.items():
            name = fold(called)
            # Very short ones are words of English: "Man" is Turkish for the Isle of Man.
            if len(name) > 3 or not name.isascii():
                # The first language to use a word keeps it: "Island" is German for Iceland.
                names.setdefault(name, code)
    return names


@lru_cache(maxsize=1)
def _demonyms() -> dict[str, str]:
    return {word: code for code, words in _DEMONYMS.items() for word in words.split(", ")}
