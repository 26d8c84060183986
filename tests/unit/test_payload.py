"""The one form of the texts that senders write."""

from __future__ import annotations

import json
import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.sources.payload import clean, read

XML_FORBIDS = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("http\u200b:\u200b/\u200b/evil\u200b.\u200bcom", "http://evil.com"),
        ("\u202eevil\u2066x\ufeff", "evilx"),
        ("a\ufffeb\uffffc\ud800d", "a\ufffdb\ufffdc\ufffdd"),
        ("Jose\u0301", "Jos\u00e9"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("👩\u200d🚀", "👩\u200d🚀"),
        ("a\x00b\nc\u2028d", "a b c d"),
        ("½ ① ＡＢＣ", "½ ① ＡＢＣ"),
    ],
)
def test_a_text_has_one_form(written: str, kept: str) -> None:
    assert clean(written) == kept
    assert read(json.dumps({written: [written]}).encode()) == {kept: [kept]}


@given(st.text(st.characters(codec=None)))
def test_what_comes_out_fits_a_queue_and_stays_as_it_is(text: str) -> None:
    once = clean(text)
    assert not XML_FORBIDS.search(once)
    assert clean(once) == once == unicodedata.normalize("NFC", once)
