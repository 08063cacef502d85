"""The receipt as a page that a person keeps: one A4 sheet, a second one when it needs it.

Made from the signed content alone, black on white. It carries the JSON file inside, uncompressed,
so that `receipts.verify` finds it without a PDF library. The same receipt gives the same bytes.

Lengths are in millimetres, type sizes in points. Fonts: DejaVu Sans, which matplotlib ships (free
licence, LICENSE_DEJAVU beside it).
"""

from __future__ import annotations

import importlib.util
import io
from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime, timezone
from pathlib import Path

import segno
from fpdf import FPDF, ViewerPreferences

from bot.objections.lettering import MISSING, drawn, lacking
from bot.objections.moments import in_words
from bot.objections.receipts import Receipt

__all__ = ["page"]

_MARGIN = 20.0
_WIDTH = 210 - 2 * _MARGIN
_BOTTOM = 297 - 16.0
_GUTTER = 8.0
_HALF = (_WIDTH - _GUTTER) / 2
_QR = 36.0
# Type of the text, the largest first that leaves everything on one page.
_BODIES = (10.5, 9.8, 9.2)
_SMALL = 7.0
# Height of a line, as a multiple of its type size.
_LEADING = 1.36
_MM_PER_POINT = 25.4 / 72
_FONTS = {
    ("sans", ""): "DejaVuSans.ttf",
    ("sans", "B"): "DejaVuSans-Bold.ttf",
    ("mono", ""): "DejaVuSansMono.ttf",
    ("mono", "B"): "DejaVuSansMono-Bold.ttf",
}


def page(receipt: Receipt) -> bytes:
    """The PDF of a receipt."""
    for body in _BODIES:
        sheet = _Sheet(receipt, body)
        _write(sheet, receipt)
        if sheet.pages == 1:
            break
    return sheet.finished()


def _write(sheet: _Sheet, receipt: Receipt) -> None:
    content = receipt.content
    accounts, notice = content["accounts"], content["notice"]
    sheet.head(content)
    sheet.boxed(*_about_the_service(content["service"]))
    sheet.section("Who objects")
    sheet.text(content["person"]["full_name"], size=12.5, style="B")
    sheet.text(content["objection"])
    sheet.text(content["reason"])
    many = f"The {len(accounts)} accounts it covers"
    sheet.section("The account it covers" if len(accounts) == 1 else many)
    sheet.accounts(accounts)
    sheet.pair(("What it does", content["does"]), ("What it does not do", content["does_not"]))
    sheet.section("How to take it back")
    sheet.text(content["withdrawal"])
    sheet.section("The notice it is about")
    sheet.text(f"{notice['title']}. Version {notice['version']}, language: {notice['language']}.")
    sheet.facts([("SHA-256 of its text", notice["sha256"])])
    sheet.section("How to check that this is genuine")
    sheet.text(
        "The receipt is signed, and a file with it is inside this PDF. The public key is on the "
        "service's page at /receipt-key.json. To check the file: "
        "objection-bot receipt verify FILE"
    )
    sheet.facts([("Key", receipt.key_id), ("Signature", receipt.signature)])
    sheet.remark()


def _about_the_service(service: dict[str, str]) -> tuple[str, str]:
    if service["role"] == "demo":
        title = f"A demo: nothing was sent to {service['controller']}"
    else:
        title = "Where it went"
    return title, f"{service['who']} {service['where']}"


class _Paper(FPDF):
    """A4 with the number at the foot of each page, so that two sheets stay together."""

    def __init__(self, reference: str) -> None:
        super().__init__(format="A4")
        self._reference = reference

    def footer(self) -> None:
        """Called by FPDF at the end of each page; it puts the number of pages for {nb}."""
        self.set_font("sans", "", 7.5)
        self.set_xy(_MARGIN, _BOTTOM + 3)
        self.cell(_WIDTH, 4, f"{self._reference}   page {self.page_no()} of {{nb}}")


class _Sheet:
    """The page while it is written, from top to bottom."""

    def __init__(self, receipt: Receipt, body: float) -> None:
        self._body = body
        self._receipt = receipt
        self._reference: str = receipt.content["reference"]
        self._received = datetime.strptime(
            receipt.content["received_at"], "%Y-%m-%dT%H:%M:%SZ"
        ).replace(tzinfo=timezone.utc)
        self._lacks = False
        self._pdf = pdf = _Paper(self._reference)
        pdf.set_margin(_MARGIN)
        pdf.set_auto_page_break(False)
        for (family, style), name in _FONTS.items():
            pdf.add_font(family, style, _font_folder() / name)
        pdf.set_title(f"Receipt {self._reference}")
        pdf.set_subject("Receipt of an objection to the use of public information for AI")
        pdf.set_creator("objection-bot")
        pdf.set_lang("en")
        pdf.viewer_preferences = ViewerPreferences(display_doc_title=True)
        # Not the moment of drawing, so that the same receipt is the same file.
        pdf.set_creation_date(self._received)
        self._add_page()

    @property
    def pages(self) -> int:
        """How many there are by now."""
        return int(self._pdf.pages_count)

    def remark(self) -> None:
        """What the boxes are, where letters are missing."""
        if self._lacks:
            self._pdf.set_y(self._pdf.get_y() + 2)
            self.text(
                f"{MISSING} stands for a letter that this page's type does not have. The file "
                "inside has it exactly.",
                size=_SMALL + 1,
            )

    def finished(self) -> bytes:
        """The PDF, with its file inside."""
        self._pdf.embed_file(
            bytes=self._receipt.file(),
            basename=f"receipt-{self._reference}.json",
            desc="The receipt as it was signed",
            mime_type="application/json",
            creation_date=self._received,
            modification_date=self._received,
            compress=False,
        )
        return bytes(self._pdf.output())

    def head(self, content: dict[str, str]) -> None:
        """Title, number, dates, and the code that binds a paper copy to the signature."""
        pdf = self._pdf
        top = pdf.get_y()
        self._code(210 - _MARGIN - _QR, top)
        width = _WIDTH - _QR - _GUTTER
        self.text("Receipt of an objection", size=19, style="B", width=width)
        pdf.set_y(pdf.get_y() + 3)
        self._label("Number", width)
        self.text(self._reference, size=13, style="B", family="mono", width=width)
        pdf.set_y(pdf.get_y() + 2.5)
        line = pdf.get_y()
        received = f"{in_words(self._received)}, {self._received:%H:%M} UTC"
        half = 72.0
        self._label("Received", half)
        self.text(received, size=self._body + 0.5, width=half)
        if "answer_by" in content:
            pdf.set_y(line)
            due = in_words(date.fromisoformat(content["answer_by"]))
            self._label("Answer due by", width - half, half)
            self.text(due, size=self._body + 0.5, width=width - half, indent=half)
        pdf.set_y(max(pdf.get_y(), top + _QR + 4) + 2)

    def boxed(self, title: str, text: str) -> None:
        """A paragraph in a frame, for what must not be missed."""
        pdf = self._pdf
        top, inside = pdf.get_y(), 4.0
        pdf.set_y(top + 3)
        self.text(title, size=self._body + 1, style="B", indent=inside, width=_WIDTH - 2 * inside)
        self.text(text, indent=inside, width=_WIDTH - 2 * inside)
        pdf.set_line_width(0.5)
        pdf.rect(_MARGIN, top, _WIDTH, pdf.get_y() + 3 - top)
        pdf.set_y(pdf.get_y() + 3)

    def section(self, title: str) -> None:
        """A heading; what follows it stays on its page."""
        self._room(20)
        self._pdf.set_y(self._pdf.get_y() + 4)
        self.text(title, size=self._body + 1, style="B")
        self._pdf.set_y(self._pdf.get_y() + 0.6)

    def accounts(self, accounts: list[dict[str, str]]) -> None:
        """The accounts one by one, in two columns when there are many and all are short."""
        names = [f"{one['platform'].title()}: {one['handle']}" for one in accounts]
        rows = [(f"{number}.", name) for number, name in enumerate(names, start=1)]
        self._pdf.set_font("sans", "", self._body)
        numbers = self._wide(f"{len(rows)}. ") + 1

        def draw(row: tuple[str, str], indent: float, width: float) -> None:
            top = self._pdf.get_y()
            self.text(row[0], indent=indent, width=numbers)
            self._pdf.set_y(top)
            self.text(row[1], indent=indent + numbers, width=width - numbers)

        if len(rows) <= 4 or max(map(self._wide, names)) > _HALF - numbers:
            for row in rows:
                self._room(10)
                draw(row, 0, _WIDTH)
            return
        middle = (len(rows) + 1) // 2
        for number in range(middle):
            self._room(5)
            pair = rows[number::middle]
            self._beside(*(lambda i, w, row=row: draw(row, i, w) for row in pair))

    def pair(self, *lists: tuple[str, list[str]]) -> None:
        """Two lists side by side, each under its heading."""
        self._room(45)
        self._pdf.set_y(self._pdf.get_y() + 4)

        def column(title: str, items: list[str], indent: float, width: float) -> None:
            self.text(title, size=self._body + 1, style="B", indent=indent, width=width)
            for item in items:
                self._pdf.set_y(self._pdf.get_y() + 1)
                top = self._pdf.get_y()
                self.text("•", indent=indent, width=4)
                self._pdf.set_y(top)
                self.text(item, indent=indent + 4, width=width - 4)

        self._beside(*(lambda i, w, one=one: column(one[0], one[1], i, w) for one in lists))

    def facts(self, rows: Iterable[tuple[str, str]]) -> None:
        """Long technical values, small, each after its name."""
        self._pdf.set_y(self._pdf.get_y() + 0.8)
        for name, value in rows:
            self.text(f"{name}: {value}", size=_SMALL, family="mono")

    def text(
        self,
        text: str,
        *,
        size: float | None = None,
        style: str = "",
        family: str = "sans",
        indent: float = 0.0,
        width: float = _WIDTH,
    ) -> None:
        """A paragraph. Right-to-left text starts at the left too: it is a value in a form."""
        pdf, size = self._pdf, size or self._body
        pdf.set_font(family, style, size)
        self._lacks = self._lacks or lacking(text, self._has)
        height = size * _LEADING * _MM_PER_POINT
        for line in self._lines(text, width):
            if pdf.get_y() + height > _BOTTOM:
                self._add_page()
                pdf.set_font(family, style, size)
            pdf.set_x(_MARGIN + indent)
            pdf.cell(width, height, line)
            pdf.set_y(pdf.get_y() + height)

    def _lines(self, text: str, width: float) -> Iterator[str]:
        """`text` in lines of at most `width`, each in drawing order. Long words are broken."""
        line = ""
        for word in self._words(text, width):
            if line and self._wide(f"{line} {word}") > width:
                yield drawn(line, self._has)
                line = word
            else:
                line = f"{line} {word}" if line else word
        yield drawn(line, self._has)

    def _words(self, text: str, width: float) -> Iterator[str]:
        for word in text.split():
            while self._wide(word) > width:
                end = next(n for n in range(len(word), 0, -1)
                           if n == 1 or self._wide(word[:n]) <= width)
                yield word[:end]
                word = word[end:]
            if word:
                yield word

    def _wide(self, text: str) -> float:
        return float(self._pdf.get_string_width(drawn(text, self._has)))

    def _has(self, char: str) -> bool:
        return ord(char) in self._pdf.current_font.cmap  # type: ignore[union-attr]

    def _label(self, text: str, width: float, indent: float = 0.0) -> None:
        self.text(text, size=8, width=width, indent=indent)

    def _beside(self, *columns: Callable[[float, float], None]) -> None:
        """Draw columns, each by its indent and width, from the same height; go on below them."""
        top = lowest = self._pdf.get_y()
        for number, column in enumerate(columns):
            self._pdf.set_y(top)
            column(number * (_HALF + _GUTTER), _HALF)
            lowest = max(lowest, self._pdf.get_y())
        self._pdf.set_y(lowest)

    def _room(self, height: float) -> None:
        if self._pdf.get_y() + height > _BOTTOM:
            self._add_page()

    def _add_page(self) -> None:
        self._pdf.add_page()
        self._pdf.c_margin = 0
        self._pdf.set_y(18)

    def _code(self, left: float, top: float) -> None:
        receipt = self._receipt
        text = f"{self._reference}\nkey {receipt.key_id}\nsignature {receipt.signature}"
        image = io.BytesIO()
        segno.make(text, error="m", micro=False).save(image, kind="png", scale=8, border=0)
        # Without an alternative text: with one, the picture alone would be in the PDF's tree, and
        # screen readers would skip the words. What the code holds is printed as well.
        self._pdf.image(image, left, top, _QR, _QR)
        self._pdf.set_font("sans", "", 6.5)
        self._pdf.set_xy(left, top + _QR + 0.8)
        self._pdf.cell(_QR, 3, "Number, key and signature")
        self._pdf.set_y(top)


def _font_folder() -> Path:
    # Found without importing it: matplotlib takes long to load, and only its files are needed.
    spec = importlib.util.find_spec("matplotlib")
    assert spec is not None and spec.submodule_search_locations
    return Path(spec.submodule_search_locations[0]) / "mpl-data" / "fonts" / "ttf"
