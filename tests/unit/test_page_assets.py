"""What the admin's page is made of: vendored as it was packed, modules that load what there is, nothing inline."""

from __future__ import annotations

import gzip
import hashlib
import json
import re
from pathlib import Path

import pytest

from functions.admin import page
from infra.vendoring.__main__ import HERE, packages

VENDOR = page.FOLDER / "vendor"
VERSIONS = json.loads((VENDOR / "versions.json").read_text(encoding="utf-8"))
MODULES = sorted(file for file in page.FOLDER.glob("*.js"))
SCREENS = Path("infra/local/screens/pages")
PAGES = [page.FOLDER / "page.html", *sorted(SCREENS.glob("*.html"))]


def test_what_is_vendored_is_as_it_was_made_with_its_licences_and_small() -> None:
    hashes = {name: hashlib.sha256((VENDOR / name).read_bytes()).hexdigest() for name in VERSIONS["sha256"]}
    assert hashes == VERSIONS["sha256"]
    assert {file.name for file in VENDOR.iterdir()} == {*hashes, "versions.json"}
    licences = (VENDOR / "LICENSES.txt").read_text(encoding="utf-8")
    for name, told in VERSIONS["packages"].items():
        assert f"{name} {told['version']} ({told['license']})" in licences
    assert len(gzip.compress((VENDOR / "preact.js").read_bytes(), 9)) <= 10_240
    assert len(gzip.compress((VENDOR / "codemirror.js").read_bytes(), 9)) <= 100_000


def test_the_lock_names_the_versions_that_are_vendored_and_no_registry() -> None:
    lock = (HERE / "package-lock.json").read_text(encoding="utf-8")
    assert packages(json.loads(lock)) == VERSIONS["packages"]
    assert "resolved" not in lock


def imports(module: str) -> tuple[set[str], set[str]]:
    """What a module imports at once, with its style, and what when it is needed."""
    if not module.endswith(".js") or module.startswith("vendor/"):
        return set(), set()
    text = (page.FOLDER / module).read_text(encoding="utf-8")
    static = re.findall(r'^(?:import|export) [^;]*?from "\./([^"]+)";', text, re.MULTILINE)
    static += re.findall(r'^await styled\("([^"]+)"\);', text, re.MULTILINE)
    return set(static), set(re.findall(r'import\("\./([^"]+)"\)', text))


def test_every_module_is_there_is_used_and_names_nothing_from_elsewhere() -> None:
    used = {"main.js"}
    for module in MODULES:
        used |= set.union(*imports(module.name))
        text = module.read_text(encoding="utf-8")
        assert re.findall(r'(?:[}] from|as \w+ from|^import|import\() ?"(?!\./)', text, re.MULTILINE) == [], module.name
        assert re.findall(r"innerHTML|eval\(|new Function|https?://", text) == [], module.name
    assert used | {"style.css"} == set(page.assets())


@pytest.mark.parametrize("module", MODULES, ids=lambda file: file.name)
def test_what_a_module_imports_is_exported_and_used(module: Path) -> None:
    text = module.read_text(encoding="utf-8")
    for names, source in re.findall(r'^import \{([^}]*)\} from "\./([^"]+)";', text, re.MULTILINE):
        there = (page.FOLDER / source).read_text(encoding="utf-8")
        exported = set(re.findall(r"^export (?:async )?(?:function|class|const) (\w+)", there, re.MULTILINE))
        exported |= {
            name.split(" as ")[-1].strip()
            for each in re.findall(r"export ?\{([^}]*)\}", there)
            for name in each.split(",")
        }
        for name in filter(None, (each.strip() for each in names.split(","))):
            assert name in exported, (source, name)
            assert len(re.findall(rf"\b{name}\b", text)) > 1, f"{name} is imported for nothing"


def test_what_the_first_look_needs_is_asked_for_at_once() -> None:
    """Else a browser finds out module by module what is to be loaded."""
    needed, more = {"main.js"}, {"main.js"}
    while more:
        more = set.union(*(imports(module)[0] for module in more)) - needed
        needed |= more
    html = (page.FOLDER / "page.html").read_text(encoding="utf-8")
    assert {*re.findall(r'rel="modulepreload" href="%ASSETS%/([^"]+)"', html), "main.js"} == needed


TEMPLATE_EDITOR = {"email.js", "new-email.js", "shop.js"}
"""What has the editor of emails in it."""


def needed_by(module: str) -> set[str]:
    found, more = {module}, {module}
    while more:
        more = {each for module in more for each in imports(module)[0]} - found
        found |= more
    return found


def test_no_page_but_the_editor_of_emails_needs_more_than_50_kb() -> None:
    """Gzipped, as it comes: the frame, the styles, and the page with all that it imports, on a first visit."""

    def size(files: set[str]) -> int:
        return sum(len(gzip.compress(page.served(file).text.encode(), 9)) for file in files)

    frame = needed_by("main.js") | {"style.css"}
    sizes = {each: size(frame | needed_by(each)) for each in imports("main.js")[1] - TEMPLATE_EDITOR}
    assert {each: found for each, found in sizes.items() if found > 50 * 1024} == {}


def test_a_rule_of_one_style_does_not_depend_on_which_other_came_first() -> None:
    """They come in the order in which pages are looked at: so no two of them say the same selector."""
    styles = {name: page.served(name).text for name in page.assets() if name.endswith(".css")}
    del styles["style.css"]  # it always comes first
    said: dict[str, set[str]] = {}
    for name, text in styles.items():
        for selectors in re.findall(r"^ *([^{}@\n]+) \{", text, re.MULTILINE):
            for selector in selectors.split(","):
                said.setdefault(selector.strip(), set()).add(name)
    assert len(said) > 100
    assert {selector: names for selector, names in said.items() if len(names) > 1} == {}


@pytest.mark.parametrize("file", PAGES, ids=lambda file: file.name)
def test_no_page_has_a_script_or_a_style_in_it(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    assert re.findall(r"<script(?![^>]*\bsrc=)|<style|\bstyle=|\bon\w+=|javascript:", text) == []


def test_a_changed_file_has_another_name(monkeypatch: pytest.MonkeyPatch) -> None:
    before = page.version()
    page.version.cache_clear()
    changed = {**page.assets(), "words.js": page.Asset("// another", "text/javascript")}
    monkeypatch.setattr(page, "assets", lambda: changed)
    try:
        assert page.version() != before
    finally:
        page.version.cache_clear()


def test_colours_are_named_once() -> None:
    """The style's tokens are the one place for a colour; dark has one for each that light has."""
    style = (page.FOLDER / "style.css").read_text(encoding="utf-8")
    light, dark = re.findall(r":root \{\n(.*?)\n *\}", style, re.DOTALL)[:2]
    names = re.compile(r"--([\w-]+): (?:#|none|0 )")
    assert set(names.findall(light)) == set(names.findall(dark))
    rest = style.replace(light, "").replace(dark, "")
    assert re.findall(r"#[0-9a-fA-F]{3,8}\b", re.sub(r"^#[\w-]+", "", rest, flags=re.MULTILINE)) == []
