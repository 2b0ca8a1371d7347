"""The real page in a real Chromium: talking, leaving, and keeping nothing.

Each check of a promise is a function that gives its problems; the last part of the file shows each of
them a naive page that breaks the promise, which it must see.
"""

from __future__ import annotations

import gzip
import json
import re
import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from axe_core_python.sync_playwright import Axe
from conftest import Server
from playwright.sync_api import BrowserContext, Locator, Page, Request, Route, expect

from bot.resources.lines import read_lines
from safety_exit.page import LANGUAGES

LINES = read_lines()
HOTLINE, EMERGENCY = LINES["ndvh"].modes["call"], LINES["emergency"].modes["call"]

PHONE, DESKTOP, ZOOMED = (360, 640), (1200, 800), (320, 256)
"""ZOOMED is what a 1280 x 1024 screen has left at 400 %."""
SIZES = pytest.mark.parametrize("size", [PHONE, DESKTOP, ZOOMED], ids=["phone", "desktop", "zoomed"])
TARGET = "https://www.weather.gov/"
PATIENCE = 40_000
expect.set_options(timeout=PATIENCE)
WORD = "marigoldine"
NUMBER = re.compile(r"(?:1-)?\(?\b\d{3}\)?[-. ]\d{3}[-. ]\d{4}\b|\b911\b|\b988\b")


class Visit:
    """One person's visit: the page, and all that it asked of the network and said in the console."""

    def __init__(self, context: BrowserContext, origin: str) -> None:
        self.context = context
        self.origin = origin
        self.requests: list[Request] = []
        self.complaints: list[str] = []
        self.left: list[Route] = []
        self.hold = False
        context.route(f"{TARGET}**", self._target)
        self.page = context.new_page()
        self.page.set_default_timeout(PATIENCE)
        self.page.on("request", self._asked)
        self.page.on(
            "console", lambda m: self.complaints.append(m.text) if m.type in {"error", "warning"} else 0
        )
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def _asked(self, request: Request) -> None:
        self.requests.append(request)

    def holds(self, pattern: str) -> list[Route]:
        """Keeps requests from getting anywhere."""
        held: list[Route] = []

        def keep(route: Route) -> None:
            held.append(route)

        self.page.route(pattern, keep)
        return held

    def _target(self, route: Route) -> None:
        """Where leaving goes to; nothing leaves this machine."""
        self.left.append(route)
        if not self.hold:
            self.arrive()

    def arrive(self) -> None:
        """Lets the page that was left for come."""
        self.left[-1].fulfill(content_type="text/html", body="<!doctype html><title>Weather</title><p>Sunny")

    def opens(self, path: str = "/") -> Page:
        """Comes from some other page, which Back goes to."""
        self.page.goto(f"{self.origin}/health")
        self.page.goto(f"{self.origin}{path}")
        return self.page

    @property
    def answers(self) -> Locator:
        """The assistant's bubbles."""
        return self.page.locator(".bubble:not(.mine)")

    def _answered(self, act: Callable[[], None]) -> str:
        before = self.answers.count()
        act()
        expect(self.answers.nth(before)).to_be_visible()
        expect(self.page.locator("#typing")).to_be_hidden()
        return "\n".join(self.answers.all_inner_texts()[before:])

    def writes(self, text: str) -> str:
        """Writes and sends; what is answered."""
        self.page.locator("#message").fill(text)
        return self._answered(lambda: self.page.locator("#message").press("Enter"))

    def presses(self, title: str) -> str:
        """Presses a button of the last answer; what is answered."""
        button = self.page.locator("#choices").get_by_role("button", name=title, exact=True)
        return self._answered(button.click)

    def talks(self) -> None:
        """A talk with a word of the person's own in the plan."""
        self.writes("hello")
        self.writes("make a safety plan")
        self.presses("People and a code word")
        assert "Step 2" in self.writes(f"my aunt {WORD}")

    def sent(self, path: str) -> list[dict[str, Any]]:
        """Bodies that were sent to a route."""
        wanted = [r for r in self.requests if r.url == f"{self.origin}{path}" and r.method == "POST"]
        return [json.loads(r.post_data or "{}") for r in wanted]

    @property
    def key(self) -> str:
        """The talk's secret, as the network saw it."""
        return str(self.sent("/chat")[-1]["key"])


Visits = Callable[..., Visit]


@pytest.fixture
def visits(chromium: Any, server: Server) -> Iterator[Visits]:
    """Makes visits, and closes them."""
    contexts: list[BrowserContext] = []

    def make(size: tuple[int, int] = PHONE, locale: str = "en-US", **options: Any) -> Visit:
        viewport = {"width": size[0], "height": size[1]}
        contexts.append(chromium.new_context(viewport=viewport, locale=locale, **options))
        return Visit(contexts[-1], server.url)

    yield make
    for context in contexts:
        context.close()


def until(true: Callable[[], bool], page: Page, what: str) -> None:
    """Waits for something outside the page's own document."""
    deadline = time.monotonic() + PATIENCE / 1000
    while not true():
        assert time.monotonic() < deadline, f"waited in vain: {what}"
        page.wait_for_timeout(50)  # lets Playwright hear what happens


# What a page must not do: each function gives the problems it sees


def kept_on_device(page: Page) -> list[str]:
    """All that a page has put where it outlives the page."""
    kept = page.evaluate(
        """async () => ({
            localStorage: JSON.stringify(localStorage), sessionStorage: JSON.stringify(sessionStorage),
            cookie: document.cookie, name: window.name, state: JSON.stringify(history.state),
            address: location.search + location.hash,
            databases: JSON.stringify(await indexedDB.databases()),
            caches: JSON.stringify(await caches.keys()),
            workers: (await navigator.serviceWorker.getRegistrations()).map((w) => w.scope).join(),
            files: (await Array.fromAsync((await navigator.storage.getDirectory()).keys())).join(),
        })"""
    )
    cookies = [cookie["name"] for cookie in page.context.cookies()]
    problems = [f"{where}: {what}" for where, what in kept.items() if what not in {"", "{}", "[]", "null"}]
    return problems + [f"cookie: {name}" for name in cookies]


def obstructed(page: Page, control: str = "#leave") -> list[str]:
    """Scroll positions at which the leave control cannot be seen or touched whole."""
    return list(
        page.evaluate(
            """async (name) => {
            const problems = [];
            const control = document.querySelector(name);
            const end = document.documentElement.scrollHeight;
            for (let y = 0; y <= end; y += Math.max(40, innerHeight / 3)) {
              scrollTo(0, y);
              await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
              const box = control.getBoundingClientRect();
              const inset = 3;
              const points = [[box.left + box.width / 2, box.top + box.height / 2],
                [box.left + inset, box.top + box.height / 2], [box.right - inset, box.top + box.height / 2],
                [box.left + box.width / 2, box.top + inset], [box.left + box.width / 2, box.bottom - inset]];
              const whole = box.width > 24 && box.height > 24 && box.top >= 0 && box.left >= 0
                && box.bottom <= innerHeight && box.right <= innerWidth;
              const free = points.every(([x, top]) => control.contains(document.elementFromPoint(x, top)));
              if (!whole) problems.push(`out of sight at ${scrollY}`);
              else if (!free) problems.push(`covered at ${scrollY}`);
            }
            if (document.documentElement.scrollWidth > innerWidth) problems.push("scrolls sideways");
            return problems;
        }""",
            control,
        )
    )


def asked_elsewhere(visit: Visit) -> list[str]:
    """Requests to any other origin than the server's, and the page that leaving goes to."""
    own = (f"{visit.origin}/", TARGET, "data:", "about:")
    return [request.url for request in visit.requests if not request.url.startswith(own)]


def comes_back(visit: Visit, path: str = "/") -> bool:
    """After leaving: whether Back, any number of times, shows the talk's address or words again."""
    page = visit.page
    for _ in range(3):
        page.go_back()
        if page.url == f"{visit.origin}{path}" or WORD in page.content():
            return True
    return False


def left_in_document(visit: Visit, leave: Callable[[], None]) -> list[str]:
    """Leaves while the next page is slow to come: what of the talk is still on the screen meanwhile.

    Chromium takes no commands for a page that is going, so the page itself tells how it looks.
    """
    told: list[str] = []
    visit.page.on("console", lambda message: told.append(message.text) if message.type == "info" else None)
    visit.page.evaluate(
        """() => setInterval(() => console.info(JSON.stringify({
            seen: document.body.innerText, whole: document.documentElement.outerHTML, title: document.title,
            boxes: [...document.querySelectorAll("input, textarea")].map((b) => b.value).join()})), 20)"""
    )
    until(lambda: bool(told) and WORD in told[-1], visit.page, "the page to tell how it looks")
    visit.hold = True
    leave()
    until(lambda: bool(visit.left), visit.page, "the page left for")
    before = len(told)
    until(lambda: len(told) > before + 1, visit.page, "the page to tell how it looks while it goes")
    state = json.loads(told[-1])
    problems = [where for where in ("seen", "title", "boxes") if state[where].strip()]
    if WORD in state["whole"] or "1-800" in state["whole"]:
        problems.append("in the markup")
    visit.arrive()
    visit.page.wait_for_url(TARGET)
    return problems


def unlinked_numbers(page: Page, within: str = "body") -> list[str]:
    """Numbers to call that are shown as plain text, or whose link calls another number."""
    shown: list[str] = page.evaluate(
        """(within) => {
            const texts = [];
            for (const root of document.querySelectorAll(within)) {
              const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
              while (walker.nextNode()) {
                const link = walker.currentNode.parentElement.closest("a[href^='tel:']");
                if (!walker.currentNode.parentElement.closest("noscript, script"))
                  texts.push([walker.currentNode.textContent, link ? link.getAttribute("href") : ""]);
              }
            }
            return texts;
        }""",
        within,
    )
    problems = []
    for text, href in shown:
        for number in NUMBER.findall(text):
            if re.sub(r"\D", "", number) != re.sub(r"\D", "", href):
                problems.append(f"{number} -> {href or 'no link'}")
    return problems


def inaccessible(page: Page) -> list[str]:
    """What axe-core finds."""
    found = Axe().run(page)["violations"]
    return [f"{v['id']}: {node['html'][:100]}" for v in found for node in v["nodes"]]


def unguarded_boxes(page: Page) -> list[str]:
    """Text boxes whose contents a browser may remember or send away."""
    boxes: list[str] = page.eval_on_selector_all(
        "input, textarea",
        """boxes => boxes.filter(b => b.autocomplete !== "off" || b.spellcheck || b.name)
        .map(b => b.outerHTML)""",
    )
    return boxes


# Arriving


@SIZES
def test_it_greets_in_two_short_lines(visits: Visits, size: tuple[int, int]) -> None:
    visit = visits(size)
    page = visit.opens()
    lines = page.locator("#intro p", has=page.locator("[data-word=intro_1]")).inner_text().splitlines()
    assert len(lines) == 2 and all(10 < len(line) <= 80 for line in lines)
    assert page.locator("#choices button").count() >= 3
    expect(page.locator("#leave")).to_be_visible()
    assert visit.complaints == []


@pytest.mark.parametrize(("locale", "language"), [("en-US", "en"), ("es-MX", "es"), ("fr-FR", "en")])
def test_it_starts_in_the_browsers_language(visits: Visits, locale: str, language: str) -> None:
    visit = visits(locale=locale)
    page = visit.opens()
    assert page.locator("html").get_attribute("lang") == language
    expect(page.locator("#leave")).to_have_text({"en": "Leave now", "es": "Salir ya"}[language])
    expect(page.locator("#choices button").first).to_be_visible()
    visit.page.locator("#choices button").first.click()
    expect(visit.answers.first).to_be_visible()
    assert visit.sent("/chat")[0]["language"] == language


def test_nothing_on_the_page_names_what_it_is(visits: Visits) -> None:
    """Title and tab are neutral: somebody may look over a shoulder, or read the list of tabs."""
    page = visits().opens()
    title = page.title().lower()
    assert title and not re.search(r"quietline|violen|abuse|abuso|shelter|safety|hotline", title)
    assert page.locator("link[rel=icon]").get_attribute("href") == "data:,"


# Talking


@SIZES
def test_a_talk_by_text_and_buttons(visits: Visits, size: tuple[int, int]) -> None:
    visit = visits(size)
    page = visit.opens()
    assert "automated service" in visit.writes("hello")
    assert "Step 1" in visit.writes("make a safety plan") + visit.presses("People and a code word")
    assert "Step 2" in visit.writes(f"my aunt {WORD}")
    assert "Step 3" in visit.presses("In my memory")
    expect(page.locator(".mine").last).to_contain_text("In my memory")
    visit.presses("Pause the plan")
    assert WORD in visit.writes("show me my plan")
    assert visit.complaints == []


def test_shift_and_enter_makes_a_line_and_sends_nothing(visits: Visits) -> None:
    visit = visits()
    box = visit.opens().locator("#message")
    box.fill("one")
    box.press("Shift+Enter")
    box.type("two")
    expect(box).to_have_value("one\ntwo")
    assert visit.sent("/chat") == []


def test_markup_is_shown_and_not_run(visits: Visits) -> None:
    visit = visits()
    page = visit.opens()
    page.on("dialog", lambda dialog: visit.complaints.append("a dialog"))
    visit.writes("hello")
    visit.presses("Make a plan")
    visit.presses("People and a code word")
    visit.writes("my aunt <img src=x onerror=alert(1)><b>kindly</b>")
    assert "<b>kindly</b>" in visit.writes("show me my plan")
    assert page.locator(".bubble img, .bubble b").count() == 0
    assert visit.complaints == []


def test_numbers_are_links_to_call(visits: Visits) -> None:
    visit = visits()
    page = visit.opens()
    assert unlinked_numbers(page, ".lines") == []
    expect(page.locator(".lines a[href='tel:911']")).to_be_visible()
    expect(page.locator(f".lines a[href='tel:{HOTLINE.replace('-', '')}']")).to_be_visible()
    assert NUMBER.search(visit.writes("I want to talk to a person"))
    assert NUMBER.search(visit.writes("I need a shelter in Tacoma"))
    visit.writes("he said he will kill me tonight")
    assert unlinked_numbers(page, ".bubble:not(.mine)") == []


def test_spanish_before_the_talk(visits: Visits) -> None:
    visit = visits()
    page = visit.opens()
    page.get_by_role("button", name="Español").click()
    assert page.locator("html").get_attribute("lang") == "es"
    assert visit.sent("/chat") == []
    expect(page.locator("#leave")).to_have_text("Salir ya")
    expect(page.locator("#choices")).to_contain_text("Hacer un plan")
    assert unlinked_numbers(page, ".lines") == []
    assert "servicio automático" in visit.writes("hola")
    page.get_by_role("button", name="English", exact=True).click()
    assert page.locator("html").get_attribute("lang") == "en"


def test_spanish_during_the_talk(visits: Visits) -> None:
    visit = visits()
    page = visit.opens()
    visit.talks()
    answer = visit._answered(page.get_by_role("button", name="Español").first.click)
    assert "Paso 2 de" in answer, "the step under way is asked again, in the new language"
    expect(page.locator("#choices")).to_contain_text("Saltar esto")
    assert "Paso 3 de" in visit.presses("En la memoria")
    assert WORD in visit.writes("muéstrame mi plan")
    assert visit.complaints == []


def test_when_the_server_fails_the_text_and_the_lines_are_there(visits: Visits) -> None:
    visit = visits()
    page = visit.opens()
    visit.writes("hello")
    page.route("**/chat", lambda route: route.abort())
    page.locator("#message").fill(f"my aunt {WORD}")
    page.locator("#message").press("Enter")
    expect(page.locator("#failed")).to_contain_text("could not reach the service")
    expect(page.locator("#message")).to_have_value(f"my aunt {WORD}")
    expect(page.locator(f".lines a[href='tel:{HOTLINE.replace('-', '')}']")).to_be_visible()
    assert page.locator("#choices button").count() >= 3
    page.unroute("**/chat")
    visit._answered(lambda: page.locator("#message").press("Enter"))
    expect(page.locator("#failed")).to_be_hidden()


@pytest.mark.parametrize(
    "answer",
    [
        {"status": 502, "content_type": "text/html", "body": "<h1>Bad gateway</h1>"},
        {"status": 200, "content_type": "application/json", "body": '{"replies": []}'},
        {"status": 200, "content_type": "application/json", "body": "{"},
    ],
    ids=["a proxy's error", "no replies", "half an answer"],
)
def test_an_answer_that_is_none_counts_as_failure(visits: Visits, answer: dict[str, Any]) -> None:
    visit = visits()
    page = visit.opens()
    page.route("**/chat", lambda route: route.fulfill(**answer))
    page.locator("#message").fill(f"my aunt {WORD}")
    page.locator("#message").press("Enter")
    expect(page.locator("#failed")).to_contain_text("could not reach the service")
    expect(page.locator("#message")).to_have_value(f"my aunt {WORD}")


def test_what_was_typed_while_waiting_is_not_lost_when_sending_fails(visits: Visits) -> None:
    visit = visits()
    page = visit.opens()
    waiting: list[Route] = []
    page.route("**/chat", lambda route: waiting.append(route))  # noqa: PLW0108
    page.locator("#message").fill("the first message")
    page.locator("#message").press("Enter")
    until(lambda: bool(waiting), page, "the message to be on its way")
    page.locator("#message").fill("the second one")
    waiting[0].abort()
    expect(page.locator("#failed")).to_be_visible()
    value = page.locator("#message").input_value()
    assert "the second one" in value and "the first message" in value


@pytest.mark.parametrize("locale", ["en-US", "es-MX"])
def test_without_scripts_the_lines_and_the_way_out_are_there(visits: Visits, locale: str) -> None:
    visit = visits(locale=locale, java_script_enabled=False)
    page = visit.opens()
    shown = page.inner_text("body")
    assert shown.count(HOTLINE) >= 2 and EMERGENCY in shown and LINES["ndvh"].modes["text_to"] in shown
    page.locator("#message").fill(f"my aunt {WORD}")
    page.locator("form button").click(no_wait_after=True)
    assert page.url == f"{visit.origin}/"
    assert not [r.url for r in visit.requests if WORD in r.url or WORD in (r.post_data or "")]
    expect(page.locator("#leave")).to_be_visible()
    page.locator("#leave").click()
    page.wait_for_url(TARGET)


def test_without_scripts_numbers_are_links_too(visits: Visits) -> None:
    page = visits(java_script_enabled=False).opens()
    expect(page.locator(f".lines a[href='tel:{HOTLINE.replace('-', '')}']")).to_be_visible()
    expect(page.locator(".lines a[href='tel:911']")).to_be_visible()


# Leaving


def click_leave(page: Page) -> None:
    """The leave control, by hand."""
    page.locator("#leave").click(no_wait_after=True)


def shift(page: Page, times: int) -> None:
    """Presses Shift alone."""
    for _ in range(times):
        page.keyboard.press("Shift")


WAYS = pytest.mark.parametrize(
    "leave", [click_leave, lambda page: shift(page, 3)], ids=["by the button", "by Shift three times"]
)


@SIZES
def test_the_way_out_is_in_sight_at_every_scroll_position(visits: Visits, size: tuple[int, int]) -> None:
    visit = visits(size)
    page = visit.opens()
    assert obstructed(page) == []
    visit.talks()
    visit.writes("what are the warning signs?")
    assert page.evaluate("document.documentElement.scrollHeight > 2 * innerHeight") or size == DESKTOP
    assert obstructed(page) == []
    page.route("**/chat", lambda route: route.abort())
    page.locator("#message").fill("a long text " * 120)
    assert obstructed(page) == []
    page.locator("#message").press("Enter")
    expect(page.locator("#failed")).to_be_visible()
    assert obstructed(page) == []


@WAYS
def test_leaving_goes_away_and_back_does_not_come_back(visits: Visits, leave: Callable[[Page], None]) -> None:
    visit = visits()
    page = visit.opens()
    visit.talks()
    leave(page)
    page.wait_for_url(TARGET)
    assert not comes_back(visit)


@WAYS
def test_leaving_empties_the_document_at_once(visits: Visits, leave: Callable[[Page], None]) -> None:
    visit = visits()
    page = visit.opens()
    visit.talks()
    page.locator("#message").fill(f"half a sentence of {WORD}")
    assert left_in_document(visit, lambda: leave(page)) == []


@WAYS
def test_leaving_works_while_the_server_does_not(visits: Visits, leave: Callable[[Page], None]) -> None:
    visit = visits()
    page = visit.opens()
    visit.writes("hello")
    page.route("**/forget", lambda route: route.abort())
    held: list[Route] = []
    page.route("**/chat", lambda route: held.append(route))  # noqa: PLW0108
    page.locator("#message").fill("are you there?")
    page.locator("#message").press("Enter")
    until(lambda: bool(held), page, "the message to be on its way")
    leave(page)
    page.wait_for_url(TARGET)


def plan_at_server(visit: Visit, key: str) -> str:
    """What the server tells of the plan to whoever has the key."""
    body = {"key": key, "payload": "/show_plan"}
    return httpx.post(f"{visit.origin}/chat", json=body, timeout=PATIENCE / 1000).text


@WAYS
def test_leaving_lets_the_server_forget(visits: Visits, leave: Callable[[Page], None]) -> None:
    visit = visits()
    page = visit.opens()
    visit.talks()
    key = visit.key
    assert WORD in plan_at_server(visit, key)  # the control: the key opens the talk as long as it lives
    leave(page)
    page.wait_for_url(TARGET)
    assert {body["key"] for body in visit.sent("/forget")} == {key}
    until(lambda: WORD not in plan_at_server(visit, key), page, "the talk to be dropped")


@pytest.mark.parametrize("way", ["another address", "the window is closed", "reload"])
def test_going_elsewhere_lets_the_server_forget(visits: Visits, way: str) -> None:
    """Seen at the server: Chromium does not report what a page sends while it goes."""
    visit = visits()
    page = visit.opens()
    visit.talks()
    key = visit.key
    assert WORD in plan_at_server(visit, key)  # the control: the key opens the talk as long as it lives
    other = visit.context.new_page()
    if way == "another address":
        page.goto("about:blank")
    elif way == "reload":
        page.reload()
    else:
        page.close(run_before_unload=True)
    until(lambda: WORD not in plan_at_server(visit, key), other, "the talk to be dropped")


def test_reloading_begins_a_new_talk(visits: Visits) -> None:
    visit = visits()
    page = visit.opens()
    visit.talks()
    key = visit.key
    page.reload()
    assert WORD not in page.content() and page.locator("#message").input_value() == ""
    assert WORD not in visit.writes("show me my plan")
    assert visit.key != key and len(key) >= 43


def test_shift_three_times_leaves_while_typing(visits: Visits) -> None:
    visit = visits()
    page = visit.opens()
    visit.writes("hello")
    page.locator("#message").click()
    page.keyboard.type("my aunt")
    shift(page, 3)
    page.wait_for_url(TARGET)
    assert not comes_back(visit)


def test_shift_twice_stays_and_says_what_once_more_does(visits: Visits) -> None:
    visit = visits()
    page = visit.opens()
    shift(page, 1)
    expect(page.locator("[role=status]")).to_have_text("")
    shift(page, 1)
    expect(page.locator("[role=status]")).to_contain_text("Press Shift once more to leave")
    visit.writes("hello")
    assert page.url == f"{visit.origin}/" and not visit.left


def test_capitals_and_a_held_key_do_not_leave(visits: Visits) -> None:
    visit = visits()
    page = visit.opens()
    page.locator("#message").click()
    for letter in "HELLO":
        page.keyboard.press(f"Shift+{letter}")
    for _ in range(6):
        page.keyboard.down("Shift")  # without letting go: the keyboard repeats it
    page.keyboard.up("Shift")
    expect(page.locator("#message")).to_have_value("HELLO")
    visit.writes("hello")
    assert not visit.left


def test_shift_three_times_over_a_long_while_does_not_leave(visits: Visits) -> None:
    visit = visits()
    visit.page.clock.install()
    page = visit.opens()
    shift(page, 2)
    page.clock.fast_forward(30_000)
    shift(page, 1)
    assert not visit.left
    shift(page, 2)
    page.wait_for_url(TARGET)


# Keeping nothing


def test_a_talk_keeps_nothing_on_the_device(visits: Visits) -> None:
    visit = visits()
    page = visit.opens()
    before = page.evaluate("history.length")
    visit.talks()
    page.get_by_role("button", name="Español").first.click()
    expect(page.locator("#choices")).to_contain_text("Saltar esto")
    page.locator("#message").fill(f"half a sentence of {WORD}")
    assert kept_on_device(page) == []
    assert page.evaluate("history.length") == before
    assert page.url == f"{visit.origin}/"
    assert unguarded_boxes(page) == []
    assert asked_elsewhere(visit) == []
    click_leave(page)
    page.wait_for_url(TARGET)
    assert asked_elsewhere(visit) == []
    visit.left.clear()
    page.goto(f"{visit.origin}/")
    assert kept_on_device(page) == [] and WORD not in page.content()


def test_the_next_page_does_not_learn_where_one_was(visits: Visits) -> None:
    visit = visits()
    page = visit.opens()
    click_leave(page)
    page.wait_for_url(TARGET)
    headers = visit.left[0].request.all_headers()
    assert "referer" not in headers and "origin" not in headers
    assert page.evaluate("document.referrer") == "" and page.evaluate("window.opener") is None


# For everybody, on any line


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_axe_finds_nothing(visits: Visits, language: str, scheme: str) -> None:
    visit = visits(locale=language, color_scheme=scheme)
    page = visit.opens()
    assert inaccessible(page) == [], "at the start"
    visit.writes({"en": "hello", "es": "hola"}[language])
    assert inaccessible(page) == [], "in the talk"
    visit.presses({"en": "Make a plan", "es": "Hacer un plan"}[language])
    visit.presses({"en": "People and a code word", "es": "Personas y palabra clave"}[language])
    assert inaccessible(page) == [], "at a step of the plan"
    page.route("**/chat", lambda route: route.abort())
    page.locator("#message").fill("anything")
    page.locator("#message").press("Enter")
    expect(page.locator("#failed")).to_be_visible()
    assert inaccessible(page) == [], "after a failure"


def test_the_page_weighs_less_than_20_kb(visits: Visits) -> None:
    """All that a first visit loads, packed as a proxy packs it."""
    visit = visits()
    page = visit.opens()
    expect(page.locator("#choices button").first).to_be_visible()
    loaded = {
        r.url for r in visit.requests if r.url.startswith(visit.origin) and not r.url.endswith("/health")
    }
    assert {url.rsplit(".", 1)[-1] for url in loaded} >= {"js", "css"} and f"{visit.origin}/" in loaded
    weight = {url: len(gzip.compress(httpx.get(url).content)) for url in loaded}
    assert sum(weight.values()) < 20 * 1024, weight


# Controls: a page that breaks every promise, which every check must see

NAIVE = """<!doctype html><html lang="en"><head><title>Help against abuse</title></head>
<body style="margin:0">
<a id="leave" href="#" style="display:inline-block;width:90px;height:40px">Leave</a>
<img src="https://counter.example/pixel.gif">
<input id="box"><p id="said" style="min-height:3000px"></p><p>Call 253-555-0123</p>
<script>
  const box = document.getElementById("box");
  box.addEventListener("change", () => {
    sessionStorage.setItem("draft", box.value);
    document.cookie = "seen=1";
    history.pushState({}, "", "/naive");
    document.getElementById("said").textContent = box.value;
  });
  document.getElementById("leave").addEventListener("click", (event) => {
    event.preventDefault();
    location.assign("https://www.weather.gov/");
  });
</script></body></html>"""


@pytest.fixture
def naive(visits: Visits) -> Visit:
    """A visit to the naive page, with something written."""
    visit = visits()
    visit.context.route("**/naive", lambda route: route.fulfill(content_type="text/html", body=NAIVE))
    visit.context.route("https://counter.example/**", lambda route: route.abort())
    page = visit.opens("/naive")
    page.locator("#box").fill(f"my aunt {WORD}")
    page.locator("#box").blur()
    expect(page.locator("#said")).to_contain_text(WORD)
    return visit


def test_control_storage_is_seen(naive: Visit) -> None:
    problems = kept_on_device(naive.page)
    assert any(p.startswith("sessionStorage") and WORD in p for p in problems)
    assert "cookie: seen" in problems


def test_control_history_is_seen(naive: Visit) -> None:
    before = naive.page.evaluate("history.length")
    naive.page.locator("#box").fill("more")
    naive.page.locator("#box").blur()
    assert naive.page.evaluate("history.length") == before + 1


def test_control_back_is_seen(naive: Visit) -> None:
    naive.page.locator("#leave").click()
    naive.page.wait_for_url(TARGET)
    assert comes_back(naive, "/naive")


def test_control_what_stays_in_the_document_is_seen(naive: Visit) -> None:
    problems = left_in_document(naive, lambda: naive.page.locator("#leave").click(no_wait_after=True))
    assert set(problems) == {"seen", "title", "boxes", "in the markup"}


def test_control_a_way_out_that_scrolls_away_is_seen(naive: Visit) -> None:
    problems = obstructed(naive.page)
    assert "out of sight at 0" not in problems
    assert any(problem.startswith("out of sight") for problem in problems)
    naive.page.evaluate(
        """() => { const cover = document.createElement("div");
        cover.style.cssText = "position:fixed;inset:0 0 auto 0;height:20px";
        document.body.append(cover); }"""
    )
    assert "covered at 0" in obstructed(naive.page)


def test_control_requests_elsewhere_are_seen(naive: Visit) -> None:
    assert asked_elsewhere(naive) == ["https://counter.example/pixel.gif"]


def test_control_axe_sees(naive: Visit) -> None:
    rules = {problem.split(":")[0] for problem in inaccessible(naive.page)}
    assert {"image-alt", "label"} <= rules


def test_control_unlinked_numbers_and_open_boxes_are_seen(naive: Visit) -> None:
    assert unlinked_numbers(naive.page) == ["253-555-0123 -> no link"]
    assert len(unguarded_boxes(naive.page)) == 1
