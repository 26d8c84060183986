"""Templates are bounded: what a hostile one costs, and what a value of a contact's can do in an email."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from shared.adapters.sandbox import FILTERS, HTML
from shared.adapters.templates import Source, TemplateFailedError, example, parse, problems, render

X = "x" * 300
BIG = "{% capture a %}" + "x" * 60_000 + "{% endcapture %}"
HOSTILE: dict[str, tuple[str, str]] = {
    # what the limits of the library itself let through
    "a long range in a filter": ("{{ (1..3000000) | join: ',' | size }}", "range"),
    "a longer one that is kept": ("{% assign a = (1..30000000) %}{{ a.size }}", "range"),
    "a word looked for in a range": ("{% if (1..9999999999) contains 'a' %}{% endif %}", "range"),
    "a range turned round": ("{% for i in (1..100000000) reversed limit: 5 %}{{ i }}{% endfor %}", "range"),
    "a range without an end": (f"{{{{ (1..{'9' * 1900}) | size }}}}", "range"),
    "chained replaces": (
        f"{{% assign a = '{X}' %}}" + "{{ a | replace: 'x', a | replace: 'x', a | replace: 'x', a | size }}",
        "replace",
    ),
    "a replace of nothing": (f"{BIG}{{{{ a | replace: '', '{X}' | size }}}}", "replace"),
    "a long text taken apart": (f"{BIG}{{{{ a | split: '' | sort | join | size }}}}", "split"),
    "a join with a long text": (f"{BIG}{{{{ (1..500) | join: a | size }}}}", "text of more|join"),
    "a list that doubles": (
        "{% assign a = '1 2 3 4' | split: ' ' %}" + "{% assign a = a | concat: a %}" * 30,
        "concat",
    ),
    "a text that doubles": ("{% assign a = 'xxxx' %}" + "{% assign a = a | append: a %}" * 40, "append"),
    "a text that doubles in front": ("{% assign a = 'xxxx' %}" + "{% assign a = a | prepend: a %}" * 40, "prepend"),
    "a number that squares": ("{% assign a = 99999999 %}" + "{% assign a = a | times: a %}" * 30, "number"),
    "captures in captures": (
        "{% assign a = 'xxxxxxxx' %}" + "{% capture a %}{{ a }}{{ a }}{{ a }}{{ a }}{% endcapture %}" * 20,
        "text of more|makes more",
    ),
    # loops
    "loops in loops": ("{% for i in (1..500) %}" * 4 + "x" + "{% endfor %}" * 4, "loop"),
    "empty loops in loops": ("{% for i in (1..500) %}" * 4 + "{% endfor %}" * 4, "loop"),
    "one loop after the other": ("{% for i in (1..500) %}{{ i }}{% endfor %}" * 3000, "loop"),
    "rows of rows": ("{% tablerow i in (1..500) %}" * 3 + "x" + "{% endtablerow %}" * 3, "loop"),
    "much in each round": (
        "{% for i in (1..500) %}" + "{% if 1 == 1 %}{% endif %}" * 5000 + "{% endfor %}",
        "too long",
    ),
    "much to sort in each round": (
        "{% assign a = (1..500) | join: ' ' | split: ' ' %}"
        "{% for i in (1..500) %}{% assign b = a | uniq | sort | reverse | sort_natural | uniq %}{% endfor %}",
        "too long",
    ),
    # names and output
    "a name for each of its words": ("".join(f"{{% assign a{i} = 1 %}}" for i in range(6000)), "names"),
    "much output": (f"{BIG}{{% for i in (1..400) %}}{{{{ a }}}}{{% endfor %}}", "makes more"),
    "a date as wide as memory": ("{{ '2026-12-03' | date: '%999999999d' }}", "date does not know"),
    # what is not for templates
    "a file": ("{% include '/etc/passwd' %}", "tag"),
    "another template": ("{% render 'welcome' %}", "tag"),
    "the wall clock": ("{{ today }}", "undefined"),
    "a way around the escaping": ("{{ contact.first_name | safe }}", "filter"),
    "the inside of a value": ("{{ contact.__class__.__mro__ }}", "undefined|attribute"),
    # what is not even read
    "a very long template": ("x" * 3_000_000, "longer than"),
    "brackets": ("{{ " + "a[" * 900 + "]" * 100 + " }}", ""),
    "an endless or": ("{% if " + "1 or " * 20_000 + "1 %}{% endif %}", ""),
    "blocks in blocks": ("{% if true %}" * 5000 + "{% endif %}" * 5000, "nesting"),
    "tags that do not end": ("{% if " * 20_000, ""),
    "braces": ("{{" * 60_000, "does not end"),
    "comments that do not end": ("{% comment %}" * 11_000, "comment"),
    "raw texts that do not end": ("{% raw %}" * 15_000, "endraw"),
    "ends without a beginning": ("}}" * 30_000 + "{{" * 30_000, "does not end"),
    "white space in a tag": ("{{" + " " * 100_000 + "}}", "does not end"),
    "quotes that do not end": ("{{ " + "'" * 1_501 + " }}" * 1 + ("{{ " + "\"'" * 900 + " }}") * 60, ""),
    "backslashes in quotes": (("{{ '" + "\\" * 1_800 + " }}") * 60, ""),
}
"""Each with what its error says."""
SECONDS = 1.0
BYTES = 100 * 1024 * 1024

RUN = """
import json, resource, sys, time
from shared.adapters.templates import Source, TemplateFailedError, example, parse, render

def used():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024

hostile, most = json.load(sys.stdin)
for _ in range(3):
    render(parse(Source("s", "p", "{{ contact.first_name | upcase }}", "t")), example())
with open("/proc/self/statm") as statm:
    now = int(statm.read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (now + most, now + most))
for name, part, text in hostile:
    began, said = time.thread_time(), None
    try:
        written = {"subject": "s", "preview": "p", "html": "h", "text": "t", part: text}
        render(parse(Source(**written)), example())
    except TemplateFailedError as error:
        said = error.message
    except BaseException as error:
        said = f"!{type(error).__name__}"
    print(json.dumps([name, part, time.thread_time() - began, said]))
print(json.dumps(used()))
"""


@pytest.fixture(scope="module")
def outcomes() -> dict[tuple[str, str], tuple[float, str]]:
    """Of each hostile template, in each part of an email: how long the processor was at it, and what was said. All run
    in one process, which cannot have BYTES more than it has when it begins."""
    asked = [(name, part, text) for name, (text, _) in HOSTILE.items() for part in ("subject", "html")]
    ran = subprocess.run(
        [sys.executable, "-c", RUN],
        input=json.dumps([asked, BYTES]),
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parents[2],
    )
    assert ran.returncode == 0, ran.stderr[-2000:]
    *told, _ = map(json.loads, ran.stdout.splitlines())
    return {(name, part): (seconds, said) for name, part, seconds, said in told}


@pytest.mark.parametrize("part", ["subject", "html"])
@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_template_ends_soon_and_says_why(
    name: str, part: str, outcomes: dict[tuple[str, str], tuple[float, str]]
) -> None:
    seconds, said = outcomes[name, part]
    assert said is not None, "it was rendered"
    assert not said.startswith("!"), said
    assert re.search(HOSTILE[name][1], said), said
    assert seconds < SECONDS


def test_the_end_in_time_holds_in_any_thread() -> None:
    said: list[Any] = []

    def work() -> None:
        try:
            render(parse(Source("s", "p", HOSTILE["much in each round"][0], "t")), example())
        except TemplateFailedError as error:
            said.append((error.kind, error.message))

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert said == [("TooSlowError", "it takes too long")] * 3


def test_what_an_email_needs_is_within_the_bounds() -> None:
    """A product of the largest cart, in every way that one writes a list of them."""
    written = (
        "{% assign titles = cart.products | map: 'title' | join: ', ' %}{{ titles | truncate: 90 }}"
        "{% for each in cart.products limit: 3 %}{{ forloop.index }}. {{ each.title | upcase }} {{ each.price }}"
        "{% unless forloop.last %}, {% endunless %}{% endfor %}"
        "{% assign dear = cart.products | where: 'title', 'A mug' | first %}{{ dear.price }}"
        "{% capture line %}{{ contact.first_name | default: 'there' }}!{% endcapture %}{{ line }}"
    )
    variables = example()
    variables["cart"]["products"] = variables["cart"]["products"] * 100
    assert "ASSAM, 250 G" in render(parse(Source("s", "p", written, "t")), variables).html


# ── every filter has its bounds ──


@pytest.mark.parametrize("name", FILTERS)
@pytest.mark.parametrize("arguments", ["", ": a", ": a, a", ": 'x', a"])
def test_no_filter_takes_or_makes_more_than_its_bounds(name: str, arguments: str) -> None:
    """With as much as it may be given, and with one character more."""
    for size in (65_536, 65_537):
        variables = {**example(), "a": "x" * size, "few": ["x" * (size // 8)] * 8, "many": ["x"] * 1001}
        for value in ("a", "few", "many"):
            template = parse(Source("s", "p", f"{{% assign b = {value} | {name}{arguments} %}}{{{{ b | size }}}}", "t"))
            try:
                made = render(template, variables).html
            except TemplateFailedError:
                continue
            assert value != "many"
            assert size == 65_536 or value == "few"
            assert re.fullmatch(r"\d*", made)
            assert int(made or 0) <= 65_536


# ── a value of a contact's ──


@pytest.mark.parametrize(
    "value",
    [
        '" onmouseover="alert(1)',
        "' onmouseover='alert(1)",
        "javascript:alert(1)",
        "JaVa\tScRiPt:alert(1)",
        " \x01javascript:alert(1)",
        "data:text/html;base64,PHNjcmlwdD4=",
        "vbscript:x",
        "&#106;avascript:alert(1)",
        "</style><script>alert(1)</script>",
        "--><script>alert(1)</script>",
        "{{ shop.address }}",
        "{% include 'x' %}",
        "x\r\nBcc: victim@example.com",
    ],
)
@pytest.mark.parametrize(
    "written",
    [
        '<p title="{{ contact.first_name }}">{{ contact.first_name }}</p>',
        '<a href="{{ contact.first_name }}">x</a>',
        "<a href='{{ contact.first_name }}'>x</a>",
        '<a href="https://shop.example.com/?for={{ contact.first_name | url_encode }}">x</a>',
        '<img alt="" src="{{ contact.first_name }}">',
        "<!-- {{ contact.first_name }} --><p>x</p>",
        '{% capture name %}{{ contact.first_name }}{% endcapture %}<a href="{{ name }}">{{ name }}</a>',
        '<a href="{{ contact.first_name | strip | downcase }}">x</a>',
    ],
)
def test_a_value_is_text_wherever_it_stands(value: str, written: str) -> None:
    """Unfiltered, as if nothing had been cleaned before: it opens no tag or attribute, and leads nowhere."""
    variables = example()
    variables["contact"]["first_name"] = value
    try:
        html = render(parse(Source("{{ contact.first_name }}", "p", written, "t")), variables).html
    except TemplateFailedError as error:
        assert "link" in error.message
        return
    assert not re.search(r"<script|<[^>]*\sonmouseover=[\"']?alert", re.sub(r"\"[^\"]*\"|'[^']*'", "", html))
    assert not re.search(r"(href|src)=[\"']?[\s\x00-\x20]*(java|vb|data|&#1)", html, re.IGNORECASE)
    assert "1 Mill Lane" not in html


def test_a_title_that_reads_like_markup_stops_no_email() -> None:
    variables = example()
    variables["contact"]["first_name"] = '"><img src=javascript:alert(1)> href=x:y'
    html = render(
        parse(Source("s", "p", '<b title="{{ contact.first_name }}">{{ contact.first_name }}</b>', "t")), variables
    )
    assert html.html.count("<") == 2


@pytest.mark.parametrize(
    "scheme", ["https://x.example", "http://x.example", "mailto:a@b.example", "tel:1", "#a", "/a", ""]
)
def test_where_links_of_emails_lead_is_no_matter_of_the_sandbox(scheme: str) -> None:
    assert render(parse(Source("s", "p", f'<a href="{scheme}">x</a>', "t")), example()).html


def test_the_filters_are_those_that_are_listed() -> None:
    assert set(HTML.filters) == {*FILTERS, "date"}
    assert len(HTML.filters) <= 55


# ── without babel ──

ROOT = Path(__file__).parents[2]


def test_templates_are_rendered_where_there_is_no_babel() -> None:
    """As in what is deployed: the library names it, and nothing that a template may have needs it."""
    alone = (
        "import sys\n"
        "class Nowhere:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name.partition('.')[0] in ('babel', 'pytz'): raise ImportError(name)\n"
        "sys.meta_path.insert(0, Nowhere())\n"
        "from shared.adapters.templates import Source, example, parse, render\n"
        "print(render(parse(Source('s', 'p', '{{ cart.total | append: \\'!\\' }}', 't')), example()).html)\n"
        "print(sorted(name for name in sys.modules if name.partition('.')[0] in ('babel', 'pytz')))"
    )
    ran = subprocess.run([sys.executable, "-c", alone], capture_output=True, text=True, check=False, cwd=ROOT)
    assert ran.stdout == "£38.00!\n[]\n", ran.stderr[-2000:]


def test_what_is_deployed_has_no_babel_and_imports_the_library_in_one_place() -> None:
    for requirements in (*ROOT.glob("functions/*/requirements.txt"), ROOT / "shared" / "requirements.txt"):
        assert not re.search(r"^(babel|pytz)\b", requirements.read_text(encoding="utf-8"), re.MULTILINE), requirements
    importing = {
        file.relative_to(ROOT).as_posix()
        for folder in ("functions", "shared")
        for file in (ROOT / folder).rglob("*.py")
        if re.search(r"^\s*(from liquid\b|import liquid\b)", file.read_text(encoding="utf-8"), re.MULTILINE)
    }
    assert importing == {"shared/adapters/sandbox.py"}


# ── dates ──


@pytest.mark.parametrize(
    ("written", "made"),
    [
        ("{{ '2026-12-03' | date: '%A, %-d %B %Y' }}", "Thursday, 3 December 2026"),
        ("{{ '2026-12-03T09:05:00+01:00' | date: '%H:%M %I %p %%' }}", "09:05 09 AM %"),
        ("{{ '2026-12-03' | date }}", "3 December 2026"),
        ("{{ nothing | date: '%Y' }}", ""),
        ("{{ 'some day' | date: '%Y' }}", "some day"),
        ("{{ '2026-12-03' | date: '%d.%m.%y %e %b %a %u %w %j' }}", "03.12.26 3 Dec Thu 4 4 337"),
    ],
)
def test_a_date_is_written_as_the_template_says(written: str, made: str) -> None:
    assert render(parse(Source("s", "p", written, "t")), {**example(), "nothing": None}).html == made


@pytest.mark.parametrize("written", ["'now'", "'today'", "' NOW '"])
def test_no_template_reads_the_clock(written: str) -> None:
    assert problems(Source("s", "p", f"{{{{ {written} | date: '%Y' }}}}", "t")) == [
        "it cannot be rendered: date takes a date that is given, such as now"
    ]
