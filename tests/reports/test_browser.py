"""The page in a browser: light and dark, on a telephone, on paper, and without a network."""

import shutil
from contextlib import contextmanager

import pytest

pytestmark = pytest.mark.browser

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
DESK = {"width": 1280, "height": 900}
TELEPHONE = {"width": 390, "height": 844}
CONTRAST = """selector => {
  const element = document.querySelector(selector);
  const rgb = text => text.match(/[\\d.]+/g).map(Number);
  const light = text => {
    const [r, g, b] = rgb(text).map(c => c / 255).map(
      c => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  let behind = element;
  const clear = e => { const c = rgb(getComputedStyle(e).backgroundColor); return c[3] === 0; };
  while (clear(behind)) behind = behind.parentElement;
  const [a, b] = [getComputedStyle(element).color, getComputedStyle(behind).backgroundColor]
    .map(light).sort((x, y) => y - x);
  return (a + 0.05) / (b + 0.05);
}"""


@pytest.fixture(scope="module")
def browser():
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=ARGUMENTS
        )
        yield chromium
        chromium.close()


@pytest.fixture
def opened(browser):
    """Opens the page of a run; afterwards nothing may have gone wrong or out."""

    @contextmanager
    def show(directory, scheme="light", viewport=None, **options):
        context = browser.new_context(viewport=viewport or DESK, color_scheme=scheme, **options)
        page = context.new_page()
        requests, complaints = [], []
        page.on("request", lambda request: requests.append(request.url))
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto((directory / "report.html").as_uri())
        yield page
        context.close()
        assert requests == [(directory / "report.html").as_uri()]
        assert complaints == []

    return show


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(
    "run",
    ["iss", "degraded", "failed", "two_vehicles", "interrupted", "plant_failed", "never_started"],
)
def test_the_verdict_can_be_read_in_light_and_dark(opened, request, run, scheme):
    with opened(request.getfixturevalue(run), scheme) as page:
        assert page.locator(".verdict strong").is_visible()
        for selector in (".verdict strong", ".verdict span", "h1", ".stem", ".judgement", ".about"):
            assert page.evaluate(CONTRAST, selector) >= 4.5, selector


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_run_that_was_late_looks_neither_passed_nor_failed(opened, request, scheme):
    def colour(run):
        with opened(request.getfixturevalue(run), scheme) as page:
            return page.evaluate(
                "getComputedStyle(document.querySelector('.verdict strong')).color"
            )

    assert len({colour(run) for run in ("iss", "degraded", "failed", "interrupted")}) == 4


def test_dark_is_dark_and_light_is_light(opened, iss):
    def background(scheme):
        with opened(iss, scheme) as page:
            return page.evaluate("getComputedStyle(document.body).backgroundColor")

    assert background("light") == "rgb(255, 255, 255)"
    dark = [int(part) for part in background("dark").removeprefix("rgb(")[:-1].split(",")]
    assert max(dark) < 64


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_what_is_drawn_stands_out_from_the_page(opened, iss, scheme):
    with opened(iss, scheme) as page:
        fills = page.evaluate(
            """() => [...document.querySelectorAll('svg text')].map(
                 text => getComputedStyle(text).fill)"""
        )
        background = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert fills
    assert background not in fills


@pytest.mark.parametrize("run", ["iss", "two_vehicles", "plant_failed", "proved", "troubled"])
def test_a_telephone_shows_the_page_without_scrolling_sideways(opened, request, run):
    with opened(request.getfixturevalue(run), viewport=TELEPHONE, device_scale_factor=2) as page:
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= TELEPHONE["width"]
        assert page.locator(".verdict strong").bounding_box()["y"] < TELEPHONE["height"]


@pytest.mark.parametrize("run", ["iss", "proved", "troubled"])
def test_text_in_figures_can_be_read_on_a_telephone(opened, request, run):
    with opened(request.getfixturevalue(run), viewport=TELEPHONE) as page:
        heights = page.evaluate(
            """() => [...document.querySelectorAll('.half svg text')].map(text => {
                 const scale = text.getScreenCTM();
                 return text.getBBox().height * Math.hypot(scale.a, scale.b);
               })"""
        )
    assert heights
    assert min(heights) >= 8.99  # nine, less what the browser rounds


@pytest.mark.parametrize("viewport", [DESK, TELEPHONE], ids=["desk", "telephone"])
def test_every_figure_is_to_be_seen(opened, iss, viewport):
    with opened(iss, viewport=viewport) as page:
        figures = page.locator("figure svg")
        assert figures.count() == 9
        for figure in figures.all():
            assert figure.is_visible()
            box = figure.bounding_box()
            assert min(box["width"], box["height"]) > 100


def test_on_paper_the_details_are_left_out_and_the_paper_is_white(opened, iss):
    with opened(iss, "dark") as page:
        page.emulate_media(media="print", color_scheme="dark")
        details = page.locator("details")
        assert details.count() == 2
        assert not any(detail.is_visible() for detail in details.all())
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == (
            "rgb(255, 255, 255)"
        )
        assert page.locator("figure svg").first.is_visible()


def test_details_open_on_a_click(opened, iss):
    with opened(iss) as page:
        first = page.locator("details").first
        assert not first.locator("pre").is_visible()
        first.locator("summary").click()
        assert first.locator("pre").is_visible()


@pytest.mark.parametrize("run", ["two_vehicles", "proved", "troubled"])
def test_text_of_figures_stays_inside_them(opened, request, run):
    with opened(request.getfixturevalue(run)) as page:
        outside = page.evaluate(
            """() => [...document.querySelectorAll('figure svg')].flatMap(svg => {
                 const box = svg.getBoundingClientRect();
                 return [...svg.querySelectorAll('text')].filter(text => {
                   const own = text.getBoundingClientRect();
                   return own.left < box.left - 2 || own.right > box.right + 2
                       || own.top < box.top - 2 || own.bottom > box.bottom + 2;
                 }).map(text => text.textContent);
               })"""
        )
    assert outside == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_what_was_proved_can_be_read_in_light_and_dark(opened, proved, scheme):
    with opened(proved, scheme) as page:
        for selector in (".lead strong", ".lead", ".pairs th", ".pairs td", ".points li"):
            assert page.evaluate(CONTRAST, selector) >= 4.5, selector


def test_a_telephone_tells_the_four_numbers_in_text_too(opened, proved):
    with opened(proved, viewport=TELEPHONE) as page:
        assert page.locator(".in-figure").first.is_visible()
    with opened(proved) as page:
        assert not page.locator(".in-figure").first.is_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_what_was_late_can_be_read_in_light_and_dark(opened, troubled, scheme):
    with opened(troubled, scheme) as page:
        assert page.locator(".lead.late strong").is_visible()
        for selector in (".lead.late strong", ".verdict .mark"):
            assert page.evaluate(CONTRAST, selector) >= 4.5, selector


def test_names_in_figures_of_latency_do_not_run_into_one_another(opened, troubled):
    with opened(troubled) as page:
        found = page.evaluate(
            """() => ['Latency', 'Deadlines', 'Faults', 'Histogram'].map(start => {
                 const svg = document.querySelector(`figure svg[aria-label^="${start}"]`);
                 const boxes = [...svg.querySelectorAll('text')].map(text =>
                   [text.textContent, text.getBoundingClientRect()]);
                 return boxes.flatMap(([a, p], i) => boxes.slice(i + 1).filter(([b, q]) =>
                   Math.min(p.right, q.right) - Math.max(p.left, q.left) > 2
                   && Math.min(p.bottom, q.bottom) - Math.max(p.top, q.top) > 3.5
                 ).map(([b, q]) => `${a} and ${b}`));
               })"""
        )
    assert found == [[], [], [], []]


def test_a_telephone_tells_in_text_what_stands_beside_the_time_line(opened, troubled):
    with opened(troubled, viewport=TELEPHONE) as page:
        assert page.get_by_text("dropout, 20 ticks").locator("visible=true").count() == 2
    with opened(troubled) as page:
        assert page.get_by_text("dropout, 20 ticks").locator("visible=true").count() == 1
