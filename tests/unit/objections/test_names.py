from __future__ import annotations

import pytest

from bot.objections.details import find_details

INTRODUCED = [
    ("je m'appelle Chloé Lefèvre", "Chloé Lefèvre"),
    ("Bonjour, mon nom est Jean-Marc Petit et je refuse", "Jean-Marc Petit"),
    ("me llamo lucía romero", "Lucía Romero"),
    ("Hola, mi nombre es Juan Ortega y vivo en Madrid", "Juan Ortega"),
    ("mi nombre completo es José Ortega y Gasset", "José Ortega y Gasset"),
    ("ich heiße Jürgen Groß", "Jürgen Groß"),
    ("Mein Name ist Anke von der Heide und ich wohne in Köln", "Anke von der Heide"),
    ("mi chiamo Giulia D'Angelo", "Giulia D'Angelo"),
    ("il mio nome è Marco Bianchi", "Marco Bianchi"),
    ("o meu nome é Beatriz dos Santos", "Beatriz dos Santos"),
    ("me chamo João Pereira", "João Pereira"),
    ("ik heet Sanne de Vries", "Sanne de Vries"),
    ("mijn naam is Piet Jansen en ik maak bezwaar", "Piet Jansen"),
    ("nazywam się Łukasz Wójcik", "Łukasz Wójcik"),
    ("Mam na imię Zofia", "Zofia"),
    ("меня зовут Ирина Петрова", "Ирина Петрова"),
    ("Мене звати Олена Коваль", "Олена Коваль"),
    ("adım Zeynep Yıldız", "Zeynep Yıldız"),
    ("Benim adım Emre Çelik", "Emre Çelik"),
    ("jag heter Åsa Lindqvist och jag bor här", "Åsa Lindqvist"),
    ("Jeg hedder Søren Holm", "Søren Holm"),
    ("我叫李小龙", "李小龙"),
    ("你好,我叫陈美玲,我想反对", "陈美玲"),
    ("我的名字是王芳", "王芳"),
    ("我叫 David Chen", "David Chen"),
    ("私の名前は佐藤花子です", "佐藤花子"),
    ("名前は鈴木一郎と申します。", "鈴木一郎"),
    ("제 이름은 김민수입니다", "김민수"),
    ("اسمي ليلى حداد", "ليلى حداد"),
    ("मेरा नाम प्रिया शर्मा है", "प्रिया शर्मा"),
    ("με λένε Νίκος Παππάς", "Νίκος Παππάς"),
    ("Jmenuji se Petra Nováková", "Petra Nováková"),
    ("nama saya Budi Santoso", "Budi Santoso"),
    ("name's Oliver Stone", "Oliver Stone"),
    ("the name's priya nair", "Priya Nair"),
    ("my name again: Tomasz Zieliński", "Tomasz Zieliński"),
    ("my full legal name is Mary-Kate O'Neill", "Mary-Kate O'Neill"),
    ("oops, I meant Hannah Berg", "Hannah Berg"),
    ("everyone calls me Nina, officially Antonina Kowalska", "Antonina Kowalska"),
    ("please put down Omar Haddad", "Omar Haddad"),
    ("put me down as Omar Haddad", "Omar Haddad"),
    ("file it for Grace Hopper, thanks", "Grace Hopper"),
    ("please file this under the name Ruth Okafor", "Ruth Okafor"),
    ("it's officially Rosa Maria Park", "Rosa Maria Park"),
    ("Rosa Park speaking", "Rosa Park"),
    ("this is Rosa Park speaking", "Rosa Park"),
    ("Rosa Park is my full name", "Rosa Park"),
]

INTRODUCED_WHEN_EXPECTED = [
    ("je suis Chloé Lefèvre", "Chloé Lefèvre"),
    ("soy Lucía", "Lucía"),
    ("sono Giulia", "Giulia"),
    ("sou o João", "João"),
    ("ich bin Jürgen", "Jürgen"),
    ("Ik ben Sanne de Vries", "Sanne de Vries"),
    ("jestem Zofia", "Zofia"),
    ("jag är Åsa", "Åsa"),
    ("我是李小龙", "李小龙"),
    ("佐藤花子です", "佐藤花子"),
    ("私は佐藤花子です", "佐藤花子"),
    ("أنا ليلى حداد", "ليلى حداد"),
    ("oops, I meant Hannah", "Hannah"),
    ("put down Cher", "Cher"),
]

TAILS = [
    ("Leïla Ben Salah, as written", "Leïla Ben Salah"),
    ("Suharto, just the one name", "Suharto"),
    ("Suharto - only one name", "Suharto"),
    ("Jo Brand, like in my passport", "Jo Brand"),
    ("Jo Brand as in my passport", "Jo Brand"),
    ("Jo Brand, that's it", "Jo Brand"),
    ("ji-woo park, with a hyphen", "Ji-Woo Park"),
    ("Jo Brand speaking", "Jo Brand"),
    ("Jo Brand, no middle name", "Jo Brand"),
    ("Jo Brand. Thanks for asking", "Jo Brand"),
    ("sure, Jo Brand, if you need it", "Jo Brand"),
    ("Jo Brand is my name", "Jo Brand"),
    ("Jo Brand (she/her)", "Jo Brand"),
    ("jo brand ok", "Jo Brand"),
    ("Jo Brand, born 1990", "Jo Brand"),
]


def name(text: str, asked: str | None = None) -> str | None:
    return find_details(text, asked).full_name


@pytest.mark.parametrize(("text", "expected"), INTRODUCED)
def test_a_name_is_found_after_the_words_that_introduce_it(text: str, expected: str) -> None:
    assert name(text) == expected
    assert name(text, "full_name") == expected


@pytest.mark.parametrize(("text", "expected"), INTRODUCED_WHEN_EXPECTED)
def test_words_that_say_little_introduce_a_name_only_where_one_is_expected(
    text: str, expected: str
) -> None:
    assert name(text, "full_name") == expected
    if " " not in expected:
        assert name(text) is None


@pytest.mark.parametrize(("text", "expected"), TAILS)
def test_what_follows_a_name_is_no_part_of_it(text: str, expected: str) -> None:
    assert name(text, "full_name") == expected


@pytest.mark.parametrize(
    "text",
    [
        "my name is {}, as written",
        "sure: {} / someone@example.net / Kenya",
        "someone@example.net | {} | Kenya",
        "{}; someone@example.net; Kenya",
        "{}\nsomeone@example.net\nKenya",
        "{} - someone@example.net - Kenya",
        "hello, {}, someone@example.net, Kenya",
        "file it for {}, someone@example.net, Kenya",
        "name {}, email someone@example.net, country Kenya",
        "I object. {}, someone@example.net, writing from Kenya",
    ],
)
@pytest.mark.parametrize("person", ["Wanjiru Kamau", "Łukasz Wójcik", "Ngũgĩ wa Thiong'o"])
def test_a_name_is_found_in_a_list_however_it_is_divided(text: str, person: str) -> None:
    assert name(text.format(person)) == person


def test_a_town_before_its_country_is_no_name() -> None:
    details = find_details("someone@example.net, Nairobi, Kenya")
    assert (details.full_name, details.country) == (None, "KE")


@pytest.mark.parametrize(
    "text",
    [
        "I don't want my photos in your models",
        "This is my work and I never agreed",
        "it's creepy",
        "it's creepy stuff",
        "It's Really Creepy",
        "I am officially done with Facebook",
        "officially I never agreed to this",
        "put down the phone and listen",
        "file it for me please",
        "file it for free",
        "I meant what I said",
        "I meant Facebook, not Instagram",
        "oops, wrong button",
        "My name is mine and you may not use it",
        "my name was used without asking",
        "my name is confidential",
        "the name is misleading",
        "my name is misspelled",
        "mein name ist privat",
        "mi chiamo fuori da questo",
        "Warm Wishes from Spain",
        "what is your name?",
        "do you need my full name?",
        "Who is speaking?",
        "speaking as a mother, I find this wrong",
        "I hate public speaking",
        "my children are in those pictures",
        "Meta should pay people for this",
        "I am a photographer from Berlin and I object",
        "I'm very worried about my privacy",
        "I'm so tired of this",
        "I am against it",
        "I'm pretty mad right now",
        "Nobody asked me",
        "how long does it take?",
        "can I see what you have on me",
        "meet me at the dot on the map",
        "look at example dot com",
        "I looked at meta dot com and found nothing",
        "we sat at the table dot dot dot",
        "my friend is on tiktok, tiktok.com/@mara.k",
        "follow me on youtube: @mara.k",
        "see https://www.tiktok.com/@mara.k for my art",
        "@mara@mastodon.social is where I am now",
        "je suis triste",
        "Je ne veux pas que mes photos soient utilisées",
        "ich bin Künstlerin",
        "Ich bin nicht einverstanden",
        "soy artista y no quiero esto",
        "sono arrabbiata",
        "sou contra",
        "ik ben boos",
        "jag är arg",
        "jestem zła",
        "я против",
        "ben istemiyorum",
        "أنا غاضب",
        "我是学生",
        "私は怒っています",
        "the name of the form is confusing",
        "under the name of progress everything is allowed",
        "Because Art Matters",
        "Greetings from Portugal",
        "and in France the law says no",
        "speaking of Germany, they forbid it",
        "I read about it in The Guardian",
    ],
)
def test_ordinary_talk_gives_neither_a_name_nor_an_address(text: str) -> None:
    for asked in (None, "country", "account", "reason"):
        details = find_details(text, asked)
        assert (details.full_name, details.email) == (None, None)
        assert not [problem for problem in details.problems if problem.field == "email"]


@pytest.mark.parametrize(
    "text",
    [
        "je ne veux pas le dire",
        "das will ich nicht sagen",
        "no quiero decirlo",
        "non voglio dirlo",
        "ik wil dat niet zeggen",
        "nie chcę tego mówić",
        "не хочу говорить",
        "I'd rather not say, is that a problem",
        "well, that is private",
        "it's private",
        "none of your business",
        "who wants to know",
        "later, first tell me more",
    ],
)
def test_a_refusal_to_give_a_name_is_no_name(text: str) -> None:
    assert name(text, "full_name") is None


@pytest.mark.parametrize(
    "piece", ["my name is ", "我叫", "file it for ", "a dot ", "Ana ", "@", "/"]
)
def test_a_long_text_is_read_as_easily_as_a_short_one(piece: str) -> None:
    # Hangs, and is stopped by the time limit of the test run, if the work grows with the square.
    assert find_details(piece * 2000, "full_name").email is None
