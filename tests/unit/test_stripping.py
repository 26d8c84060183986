"""Modules and styles as they are served: what goes has no meaning."""

from __future__ import annotations

import re
import shutil
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.admin import page, stripping

TRAPS = {
    "// a note\nconst a = 1;\n": "const a=1;\n",
    "const a = 1; // why\nconst b = 2;": "const a=1;\nconst b=2;",
    "/** What it is.\n * And more. */\nexport const a = 1;": "export const a=1;",
    'const url = "https://example.com"; // not a note': 'const url="https://example.com";',
    "const it = 'it\\'s // it';": "const it='it\\'s // it';",
    "return a /* both */ b": "return a b",
    'const quote = /["/`]\\//g; // one': 'const quote= /["/`]\\//g;',
    "text.replace( /\\/\\*/g, '' )": "text.replace( /\\/\\*/g,'')",
    "const half = (a + b) / 2 / c;": "const half=(a+b) / 2 / c;",
    "a - -b + +c": "a- -b+ +c",
    "1 .toFixed()": "1 .toFixed()",
    "const f = async (a) => a\n  .map(g)": "const f=async(a)=>a\n.map(g)",
    "`  two  spaces\n    and ${ a  +  b } // kept`": "`  two  spaces\n    and ${a+b} // kept`",
    "html`<p>\n    ${ a && html`<b>\n      x  y</b>` }\n  </p>`": "html`<p>\n${a&&html`<b>\nx  y</b>`}\n</p>`",
    "html`${ { a: `\n  }` } }\n  z`": "html`${ {a:`\n  }`} }\nz`",
    "f`\\` ${ 1 } \\${ 2 } $ {`": "f`\\` ${1} \\${ 2 } $ {`",
}


@pytest.mark.parametrize(("written", "served"), TRAPS.items())
def test_comments_and_space_go_and_texts_stay(written: str, served: str) -> None:
    assert stripping.script(written) == served


@given(st.lists(st.sampled_from([*"`{}$/\\'\"\n ab.+-", "html`", "${", "//", "/*", "*/"]), max_size=30).map("".join))
def test_nothing_is_added_and_what_is_stripped_stays_so(text: str) -> None:
    try:
        served = stripping.script(text)
    except IndexError:
        return  # a bracket that closes nothing: no module
    kept = iter(text)
    assert all(character in " \n" or character in kept for character in served)
    assert len(served) <= len(text)


def test_every_module_is_still_one_and_says_the_same() -> None:
    """By node, where there is one. The browser's tests run what is served, too."""
    node = shutil.which("node")
    for name in (name for name in page.assets() if name.endswith(".js") and "/" not in name):
        served = page.served(name).text
        assert stripping.script(served) == served, name
        without_space = re.sub(r"\s+", "", served)
        for line in page.assets()[name].text.splitlines():
            if not re.match(r" *(//|/?\*)", line):  # each line of code, but for what is noted behind it
                assert re.sub(r"\s+", "", line.split(" //")[0].split(" /*")[0]) in without_space, (name, line)
        if node is not None:
            done = subprocess.run(
                [node, "--input-type=module", "--check"], input=served, capture_output=True, text=True, check=False
            )
            assert done.returncode == 0, (name, done.stderr)


def test_a_style_keeps_what_its_words_are_parted_by() -> None:
    written = (
        '/* why */\na /* b */ .c > d {\n  margin: calc(1px + 2px) 0; content: "  /* kept */ ";\n}\n\n\nb { c: d; }\n'
    )
    assert stripping.style(written) == (
        'a .c > d {\nmargin: calc(1px + 2px) 0; content: "  /* kept */ ";\n}\nb { c: d; }'
    )
