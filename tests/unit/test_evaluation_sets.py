"""The evaluation sets are well formed, large enough, and not copied from the training data.

`tests/evaluation` holds what the classifier and the field parsers are measured with;
`data/calibration` is the separate development set on which thresholds are set. A line that is
also a training example would measure memory, so (near) copies are errors here.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
NLU = ROOT / "data" / "nlu"
EVALUATION = ROOT / "tests" / "evaluation"
CALIBRATION = ROOT / "data" / "calibration"

ACTIONS = (
    "file_objection",
    "check_status",
    "withdraw_objection",
    "start_over",
    "cancel",
    "human_handoff",
    "chat_privacy",
)
CHAT = ("greet", "goodbye", "thank", "affirm", "deny", "bot_challenge", "help")
FIELDS = ("full_name", "email", "country", "account", "linked_accounts")
EVALUATION_FILES = ("faq.jsonl", "out_of_scope.jsonl", "followups.jsonl", "details.jsonl")

NEAR_JACCARD = 0.85
NEAR_MIN_TOKENS = 4

Row = dict[str, Any]


def read_rows(path: Path) -> list[Row]:
    """Every line of a JSON Lines file; a blank or broken line is an error, as is a non-object."""
    rows: list[Row] = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        row = json.loads(line)
        assert isinstance(row, dict), f"{path.name}:{number} is not an object"
        rows.append(row)
    return rows


def retrieval_topics(group: str) -> set[str]:
    """`group/<id>` for each folder (or topic file) in `data/nlu/<group>`."""
    return {f"{group}/{entry.name.split('.')[0]}" for entry in (NLU / group).iterdir()}


def known_topics() -> set[str]:
    """Everything a labelled line may be about, `out_of_scope` apart."""
    return retrieval_topics("faq") | retrieval_topics("not_covered") | {*ACTIONS, *CHAT}


def training_examples() -> Iterator[str]:
    """The bare text of each NLU example in `data/nlu`, entity markup taken off."""
    for path in sorted(NLU.rglob("*.yml")):
        content = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
        for block in content.get("nlu", []):
            if "intent" not in block:
                continue
            examples = block.get("examples", "")
            if isinstance(examples, str):
                lines = [line.strip() for line in examples.splitlines()]
                texts = [line[2:] for line in lines if line.startswith("- ")]
            else:
                texts = [example["text"] for example in examples]
            for text in texts:
                yield re.sub(r"\[([^\]]+)\](\([^)]*\)|\{[^}]*\})", r"\1", text).strip()


def tokens(text: str) -> frozenset[str]:
    """The set of words of `text`, without case, punctuation and apostrophes ("don't" = "dont").

    A text with no word in it (an emoji) is its own only token.
    """
    plain = unicodedata.normalize("NFKC", text).casefold().replace("'", "").replace("’", "")
    return frozenset(re.findall(r"\w+", plain)) or frozenset({plain.strip()})


def is_near(left: frozenset[str], right: frozenset[str]) -> bool:
    """Whether two token sets are equal or, when long enough, nearly equal."""
    if left == right:
        return True
    shared = len(left & right)
    if min(len(left), len(right)) < NEAR_MIN_TOKENS:
        return False
    return shared / len(left | right) >= NEAR_JACCARD


def near_pairs(ours: Iterable[str], theirs: Iterable[str]) -> list[tuple[str, str]]:
    """Pairs (line of ours, line of theirs) that are nearly the same.

    Two near sets share a word, so only lines with a common word are compared.
    """
    by_token: dict[str, list[tuple[frozenset[str], str]]] = {}
    for text in theirs:
        words = tokens(text)
        for word in words:
            by_token.setdefault(word, []).append((words, text))
    found: list[tuple[str, str]] = []
    for text in ours:
        words = tokens(text)
        candidates = {pair for word in words for pair in by_token.get(word, ())}
        found.extend(
            (text, other) for other_words, other in candidates if is_near(words, other_words)
        )
    return sorted(found)


def check_labelled(rows: list[Row], name: str) -> None:
    """The shape and the topics of an in-scope file."""
    known = known_topics()
    for row in rows:
        assert row.keys() == {"text", "topic", "alt"}, f"{name}: {row}"
        assert isinstance(row["text"], str) and row["text"].strip(), f"{name}: {row}"
        assert row["topic"] in known, f"{name}: {row}"
        assert isinstance(row["alt"], list) and set(row["alt"]) <= known, f"{name}: {row}"
        assert row["topic"] not in row["alt"], f"{name}: {row}"


def check_out_of_scope(rows: list[Row], name: str) -> None:
    for row in rows:
        assert row.keys() == {"text", "topic", "kind"}, f"{name}: {row}"
        assert row["topic"] == "out_of_scope" and row["kind"] in ("far", "near"), f"{name}: {row}"
        assert isinstance(row["text"], str) and row["text"].strip(), f"{name}: {row}"


def too_few(rows: list[Row], group_minimum: int, other_minimum: int) -> dict[str, int]:
    """Topics with fewer lines than they should have, and how many they have."""
    counts = Counter(row["topic"] for row in rows)
    minimum = {topic: group_minimum if "/" in topic else other_minimum for topic in known_topics()}
    return {topic: counts[topic] for topic, least in minimum.items() if counts[topic] < least}


def test_the_notice_s_topics_are_the_nineteen_and_the_eleven() -> None:
    assert len(retrieval_topics("faq")) == 19
    assert len(retrieval_topics("not_covered")) == 11


def test_every_evaluation_question_is_labelled_with_a_known_topic() -> None:
    check_labelled(read_rows(EVALUATION / "faq.jsonl"), "faq.jsonl")


def test_every_topic_has_enough_evaluation_questions() -> None:
    assert too_few(read_rows(EVALUATION / "faq.jsonl"), 12, 8) == {}


def test_the_out_of_scope_set_holds_far_and_near_lines() -> None:
    rows = read_rows(EVALUATION / "out_of_scope.jsonl")
    check_out_of_scope(rows, "out_of_scope.jsonl")
    kinds = Counter(row["kind"] for row in rows)
    assert len(rows) >= 330 and kinds["far"] >= 200 and kinds["near"] >= 120


def test_the_calibration_set_covers_every_topic() -> None:
    rows = read_rows(CALIBRATION / "in_scope.jsonl")
    check_labelled(rows, "in_scope.jsonl")
    assert too_few(rows, 8, 5) == {}


def test_the_calibration_set_has_out_of_scope_lines_in_equal_halves() -> None:
    rows = read_rows(CALIBRATION / "out_of_scope.jsonl")
    check_out_of_scope(rows, "out_of_scope.jsonl")
    kinds = Counter(row["kind"] for row in rows)
    assert len(rows) >= 110 and kinds["far"] == kinds["near"]


@pytest.mark.parametrize("folder", [EVALUATION, CALIBRATION], ids=lambda folder: folder.name)
def test_a_follow_up_names_the_question_before_it_and_both_topics(folder: Path) -> None:
    rows = read_rows(folder / "followups.jsonl")
    known = known_topics() | {"out_of_scope"}
    assert len(rows) >= 150
    for row in rows:
        assert row.keys() == {"before", "before_topic", "text", "topic", "alt"}, row
        assert row["before"].strip() and row["text"].strip(), row
        assert {row["before_topic"], row["topic"], *row["alt"]} <= known, row


def test_a_details_line_says_what_was_asked_and_what_it_gives() -> None:
    rows = read_rows(EVALUATION / "details.jsonl")
    assert len(rows) >= 120
    for row in rows:
        assert row.keys() == {"text", "asks", "expect"}, row
        assert row["asks"] is None or row["asks"] in FIELDS, row
        assert row["expect"].keys() <= {"full_name", "email", "country", "account"}, row


def test_expected_details_are_in_their_normal_form() -> None:
    for row in read_rows(EVALUATION / "details.jsonl"):
        expect = row["expect"]
        if "full_name" in expect:
            assert expect["full_name"] == " ".join(expect["full_name"].split()), row
        if "email" in expect:
            local, _, domain = expect["email"].rpartition("@")
            assert local and "." in domain and domain == domain.lower(), row
        if "country" in expect:
            assert re.fullmatch(r"[A-Z]{2}", expect["country"]), row
        if "account" in expect:
            assert expect["account"].keys() == {"platform", "handle"}, row
            assert expect["account"]["platform"] in ("facebook", "instagram"), row
            assert re.fullmatch(r"[a-z0-9._]+", expect["account"]["handle"]), row


@pytest.mark.parametrize("asks", [*FIELDS, None])
def test_details_are_given_for_each_field_and_unasked(asks: str | None) -> None:
    rows = [row for row in read_rows(EVALUATION / "details.jsonl") if row["asks"] == asks]
    assert any(row["expect"] for row in rows)
    assert any(not row["expect"] for row in rows), "a line that gives nothing belongs there too"


@pytest.mark.parametrize(
    "path",
    [
        EVALUATION / "faq.jsonl",
        EVALUATION / "out_of_scope.jsonl",
        CALIBRATION / "in_scope.jsonl",
        CALIBRATION / "out_of_scope.jsonl",
    ],
    ids=lambda path: f"{path.parent.name}/{path.name}",
)
def test_no_line_is_in_a_set_twice(path: Path) -> None:
    counts = Counter(tokens(row["text"]) for row in read_rows(path))
    assert [sorted(words) for words, count in counts.items() if count > 1] == []


def test_no_details_line_is_asked_the_same_way_twice() -> None:
    # Spacing and punctuation are what some of these lines test, so only exact copies count.
    counts = Counter((row["asks"], row["text"]) for row in read_rows(EVALUATION / "details.jsonl"))
    assert [line for line, count in counts.items() if count > 1] == []


@pytest.mark.parametrize("name", EVALUATION_FILES)
def test_no_evaluation_line_is_nearly_a_training_example(name: str) -> None:
    examples = list(training_examples())
    assert examples, "no training examples were read"
    lines = [row["text"] for row in read_rows(EVALUATION / name)]
    # Only our side is shown: whoever rewords these lines must not see the training examples.
    copied = sorted({line for line, _ in near_pairs(lines, examples)})
    if copied:
        pytest.fail(f"{len(copied)} lines to reword:\n" + "\n".join(copied), pytrace=False)


@pytest.mark.parametrize("name", EVALUATION_FILES)
def test_no_evaluation_line_is_nearly_a_calibration_line(name: str) -> None:
    calibration = [
        row["text"]
        for part in ("in_scope.jsonl", "out_of_scope.jsonl")
        for row in read_rows(CALIBRATION / part)
    ]
    lines = [row["text"] for row in read_rows(EVALUATION / name)]
    assert near_pairs(lines, calibration) == []


@pytest.mark.parametrize(
    ("left", "right", "near"),
    [
        ("Don't use my photos!", "dont use my photos", True),
        ("my photos, use", "use my photos", True),
        ("which of my public posts do they use", "which of my public posts do they take", False),
        (
            "please tell me which of my public posts they use",
            "please tell me which of my public posts they use now",
            True,
        ),
        ("and comments?", "and captions?", False),
        ("🍕", "🍔", False),
    ],
)
def test_near_means_the_same_words_or_almost(left: str, right: str, near: bool) -> None:
    assert bool(near_pairs([left], [right])) is near
