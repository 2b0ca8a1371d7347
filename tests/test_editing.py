"""What an advocate does with the words: a sheet out, edits back, nothing lost and nothing half done."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from openpyxl import load_workbook

from bot.cli import main
from bot.editing import changes
from bot.editing.changes import Edited, Plan, apply, plan_import
from bot.editing.check import textstat_grader
from bot.editing.files import ONE_TEXT, read_rows, written
from bot.editing.page import write_page
from bot.editing.sheet import COLUMNS, SheetError, read_sheet, write_sheet
from bot.resources.lines import read_lines
from bot.sentences import CONTENT_DIR, load_book

LINES = read_lines()
GRADER = textstat_grader()
AT = {name: number for number, name in enumerate(COLUMNS, 1)}
Edit = Callable[[dict[str, str]], None]


@pytest.fixture
def content(tmp_path: Path) -> Path:
    """A copy of some of the content, which a test may change."""
    folder = tmp_path / "content"
    folder.mkdir()
    for name in ("buttons", "conversation", "frames", "plan", "plan_home", "questions"):
        shutil.copy(CONTENT_DIR / f"{name}.yml", folder)
    return folder


def exported(content: Path) -> Path:
    sheet = content.parent / "content.xlsx"
    write_sheet(read_rows(content), sheet)
    return sheet


def edit(sheet: Path, entry: str, **cells: str | None) -> int:
    """Changes cells of an entry's row as a person would; gives the row's line."""
    book = load_workbook(sheet)
    page = book.active
    row = next(r for r in range(2, page.max_row + 1) if page.cell(r, 1).value == entry)
    for name, value in cells.items():
        page.cell(row, AT[name.replace("_web", " web").replace("_sms", " sms")]).value = value
    book.save(sheet)
    return row


def planned(content: Path, sheet: Path) -> Plan:
    return plan_import(content, read_sheet(sheet), LINES, GRADER)


def contents(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text(encoding="utf-8") for path in sorted(folder.glob("*"))}


# ---------------------------------------------------------------- what is given out


@pytest.mark.parametrize("path", sorted(CONTENT_DIR.glob("*.yml")), ids=lambda p: p.name)
def test_writing_a_file_back_changes_nothing(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert written(text, []) == text


def test_every_text_of_the_book_is_in_the_sheet() -> None:
    rows = {row.key: row for row in read_rows(CONTENT_DIR)}
    book = load_book()
    for sentence in book.everything():
        shown = rows[sentence.key].texts
        for language in ("en", "es"):
            assert shown[language, "web"] == "\n\n".join(sentence.forms[language]["web"])
    assert len(rows) == len(read_rows(CONTENT_DIR)), "a key names one row"
    assert {f"buttons/{key}" for key in book.buttons} <= set(rows)
    for section in book.sections.values():
        for step in section.steps:
            for choice in step.choices:
                plan = rows[f"{section.id}/{step.id}/{choice.id} plan"].texts
                assert plan["es", ONE_TEXT] == choice.plan["es"]


def test_a_sheet_that_was_not_touched_changes_nothing(content: Path) -> None:
    plan = planned(content, exported(content))
    assert (plan.changes, plan.refused, plan.findings, plan.files) == ((), (), (), {})


def test_a_text_that_begins_like_a_formula_is_a_text(tmp_path: Path) -> None:
    rows = [r for r in read_rows(CONTENT_DIR) if r.key == "utter_thank"]
    odd = rows[0].__class__(**{**rows[0].__dict__, "texts": {("en", "web"): "=1+1"}})
    write_sheet([odd], tmp_path / "a.xlsx")
    assert read_sheet(tmp_path / "a.xlsx")[0].texts["en", "web"] == "=1+1"


def test_the_page_shows_every_entry_and_needs_nothing_else(content: Path) -> None:
    rows = read_rows(content)
    write_page(rows, content.parent / "a.html", date(2026, 1, 31))
    page = (content.parent / "a.html").read_text(encoding="utf-8")
    assert page.count("<article>") == len(rows)
    assert "http" not in page.replace("https://", "").replace("http-equiv", "") or "src=" not in page
    assert "<script" not in page and "<link" not in page and "{{" not in page


# ---------------------------------------------------------------- what comes back


def test_a_changed_cell_changes_that_place_alone(content: Path) -> None:
    before, sheet = contents(content), exported(content)
    line = edit(sheet, "utter_thank", en_web="You are very welcome.")
    plan = planned(content, sheet)
    assert [(c.number, c.key, c.where, c.new) for c in plan.changes] == [
        (line, "utter_thank", "en web", "You are very welcome.")
    ]
    assert contents(content) == before, "a dry run writes nothing"
    apply(content, plan)
    after = contents(content)
    assert [name for name in before if before[name] != after[name]] == ["conversation.yml"]
    old, new = (text["conversation.yml"].splitlines() for text in (before, after))
    assert len(old) == len(new) and sum(a != b for a, b in zip(old, new, strict=True)) == 1
    assert load_book(content).sentences["utter_thank"].forms["en"]["web"] == ("You are very welcome.",)
    assert planned(content, exported(content)).changes == ()


def test_a_button_a_step_and_a_line_of_the_plan_can_be_changed(content: Path) -> None:
    sheet = exported(content)
    edit(sheet, "buttons/plan", en_web="Make a small plan")
    edit(sheet, "home/rooms", es_web="¿A dónde podrías ir?")
    edit(sheet, "home/rooms/phone plan", en_web="I can stay near a phone.")
    edit(sheet, "home/title", en_web="At home")
    apply(content, planned(content, sheet))
    book = load_book(content)
    step = book.sections["home"].steps[0]
    assert book.buttons["plan"].titles["en"] == "Make a small plan"
    assert step.ask.forms["es"]["web"] == ("¿A dónde podrías ir?",)
    assert next(c for c in step.choices if c.id == "phone").plan["en"] == "I can stay near a phone."
    assert book.sections["home"].titles["en"] == "At home"


def test_an_empty_line_makes_two_bubbles(content: Path) -> None:
    sheet = exported(content)
    edit(sheet, "utter_thank", en_web="You are welcome.\n\nYou can write again any time.")
    apply(content, planned(content, sheet))
    assert load_book(content).sentences["utter_thank"].forms["en"]["web"] == (
        "You are welcome.",
        "You can write again any time.",
    )


def test_an_emptied_text_message_form_takes_the_webs(content: Path) -> None:
    sheet = exported(content)
    edit(sheet, "utter_plan_open_again", en_sms=None)
    apply(content, planned(content, sheet))
    forms = load_book(content).sentences["utter_plan_open_again"].forms["en"]
    assert forms["sms"] == forms["web"]


def review(content: Path, key: str) -> tuple[str, str | None, date | None]:
    found = load_book(content).sentences[key].review
    assert found is not None
    return found.status, found.reviewed_by, found.reviewed_on


def test_new_words_are_a_draft_until_somebody_stands_for_them(content: Path) -> None:
    sheet = exported(content)
    edit(sheet, "utter_thank", status="reviewed", reviewed_by="An advocate", reviewed_on="2026-01-31")
    apply(content, planned(content, sheet))
    assert review(content, "utter_thank") == ("reviewed", "An advocate", date(2026, 1, 31))
    sheet = exported(content)
    edit(sheet, "utter_thank", en_web="You are very welcome.")
    apply(content, planned(content, sheet))
    assert review(content, "utter_thank") == ("draft", None, None)
    sheet = exported(content)
    edit(sheet, "utter_thank", en_web="You are welcome.", status="reviewed", reviewed_by="An advocate",
         reviewed_on="2026-02-01")  # fmt: skip
    apply(content, planned(content, sheet))
    assert review(content, "utter_thank") == ("reviewed", "An advocate", date(2026, 2, 1))


def test_two_people_with_two_sheets_do_not_undo_each_other(content: Path) -> None:
    first = exported(content)
    second = Path(shutil.copy(first, content.parent / "second.xlsx"))
    edit(first, "utter_thank", en_web="You are very welcome.")
    apply(content, planned(content, first))
    edit(second, "utter_thank", en_web="No problem.")
    plan = planned(content, second)
    assert [r.reason for r in plan.refused] == ["somebody changed it since this sheet was made"]
    assert not plan.may_apply


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        ({"en_web": "You should call now."}, "order"),
        ({"en_web": "You will be safe there."}, "promise"),
        ({"es_web": "Llama al 202-555-0111."}, "number"),
        ({"en_web": "{nobody.call}"}, "unknown placeholder"),
        ({"en_web": "What now? What then?"}, "question marks"),
        ({"en_web": "You can " * 60}, "characters, at most"),
    ],
)
def test_what_breaks_a_rule_is_told_and_not_applied(
    content: Path, cells: dict[str, str], reason: str
) -> None:
    before, sheet = contents(content), exported(content)
    edit(sheet, "utter_thank", **cells)
    plan = planned(content, sheet)
    assert any(reason in finding.reason for finding in plan.findings), plan.findings
    with pytest.raises(ValueError, match="breaks a rule"):
        apply(content, plan)
    assert contents(content) == before


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        ({"en_web": None}, "en web is empty"),
        ({"key": "utter_nothing"}, "no entry has this key"),
        ({"key": "utter_greet"}, "stands twice"),
        ({"status": "done"}, "status must be"),
        ({"status": "reviewed"}, "not by whom"),
        ({"reviewed_on": "yesterday"}, "a day like"),
        ({"source": None}, "source is empty"),
    ],
)
def test_a_row_that_cannot_be_taken_is_refused_with_its_line(
    content: Path, cells: dict[str, str | None], reason: str
) -> None:
    sheet = exported(content)
    line = edit(sheet, "utter_thank", **cells)
    plan = planned(content, sheet)
    assert [(r.number, reason in r.reason) for r in plan.refused] == [(line, True)], plan.refused
    assert not plan.may_apply


def test_a_csv_file_is_taken_as_well(content: Path, tmp_path: Path) -> None:
    table = [[c.value or "" for c in row] for row in load_workbook(exported(content)).active.iter_rows()]
    row = next(r for r in table if r[0] == "utter_thank")
    row[AT["es web"] - 1] = "Con gusto, aquí estoy."
    for encoding, separator in (("utf-8-sig", ","), ("cp1252", ";")):
        path = tmp_path / f"{encoding}.csv"
        with path.open("w", encoding=encoding, errors="ignore", newline="") as out:
            csv.writer(out, delimiter=separator).writerows([table[0], row])
        changed = planned(content, path).changes
        assert [(c.where, c.new) for c in changed] == [("es web", "Con gusto, aquí estoy.")], encoding


@pytest.mark.parametrize(
    ("name", "raw", "reason"),
    [
        ("a.xlsx", b"", "no spreadsheet"),
        ("a.xlsx", b"PK\x03\x04 damaged", "no spreadsheet"),
        ("a.xlsx", b"<html>", "no spreadsheet"),
        ("a.csv", b"", "empty"),
        ("a.csv", b"one,two\n1,2\n", "is missing in line 1"),
        ("a.csv", b'"open', "missing|no CSV"),
        ("a.csv", b"\x00\xff\xfe", "missing|no CSV"),
    ],
)
def test_what_is_no_sheet_is_told_plainly(tmp_path: Path, name: str, raw: bytes, reason: str) -> None:
    (tmp_path / name).write_bytes(raw)
    with pytest.raises(SheetError, match=reason):
        read_sheet(tmp_path / name)


def test_a_formula_is_refused(content: Path) -> None:
    sheet = exported(content)
    line = edit(sheet, "utter_thank", en_web="=HYPERLINK(A1)")
    with pytest.raises(SheetError, match=f"line {line}: a formula"):
        read_sheet(sheet)


def test_a_disk_that_fails_leaves_every_file_as_it_was(
    content: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, sheet = contents(content), exported(content)
    edit(sheet, "utter_thank", en_web="You are very welcome.")
    edit(sheet, "home/rooms", es_web="¿A dónde podrías ir?")
    plan = planned(content, sheet)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(changes.shutil, "copymode", full)
    with pytest.raises(OSError, match="No space"):
        apply(content, plan)
    assert contents(content) == before


def test_a_row_left_out_is_left_as_it_is(content: Path) -> None:
    row = next(r for r in read_rows(content) if r.key == "utter_thank")
    only = Edited(2, row.key, row.mark, {("en", "web"): "You are very welcome."}, dict(row.review or {}))
    plan = plan_import(content, [only], LINES, None)
    assert [c.where for c in plan.changes] == ["en web"]


# ---------------------------------------------------------------- the command


@pytest.fixture(autouse=True)
def _no_setting_of_the_tests(monkeypatch: pytest.MonkeyPatch) -> None:
    """What steers the tests is no setting of the program, and the program refuses what it does not know."""
    monkeypatch.delenv("QUIETLINE_NO_SKIPS", raising=False)


def test_the_command_says_what_it_does(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["content", "export", str(tmp_path / "out")]) == 0
    assert "to edit" in capsys.readouterr().out
    sheet = tmp_path / "out" / "content.xlsx"
    assert main(["content", "import", str(sheet)]) == 0
    assert capsys.readouterr().out.endswith("0 changes, 0 refused, 0 break a rule.\n")
    line = edit(sheet, "utter_thank", en_web="You should rest.")
    assert main(["content", "import", str(sheet), "--apply"]) == 1
    told = capsys.readouterr().out
    assert f"line {line}: utter_thank [en web]" in told and "order" in told and "Nothing was changed." in told
    assert main(["content", "import", str(tmp_path / "none.xlsx")]) == 2
    assert "cannot be read" in capsys.readouterr().err


def test_the_check_tells_line_and_reason(
    content: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["content", "check"]) == 0
    assert "0 break a rule" in capsys.readouterr().out
    path = content / "conversation.yml"
    lines = path.read_text(encoding="utf-8").splitlines()
    at = next(i for i, line in enumerate(lines) if line.strip() == "utter_thank:")
    web = next(i for i in range(at, len(lines)) if "You are welcome" in lines[i])
    lines[web] = lines[web].replace("You are welcome", "You must be welcome")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    monkeypatch.setattr("bot.sentences.CONTENT_DIR", content)
    monkeypatch.setattr("bot.sentences.load_book", lambda directory=content, load=load_book: load(directory))
    assert main(["content", "check"]) == 1
    assert f"conversation.yml:{at + 1}: utter_thank" in capsys.readouterr().out
