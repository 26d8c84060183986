"""The shop's settings: each version kept, the newest read, and defaults where nothing is saved."""

from __future__ import annotations

import pytest

from shared.adapters import shop_settings
from shared.adapters.definitions_table import PublishedMeanwhileError
from shared.domain.settings import Brand, ShopSettings, Topic


def test_a_shop_that_has_saved_nothing_has_the_defaults(aws: None) -> None:
    assert shop_settings.saved().number == 0
    assert shop_settings.settings() == ShopSettings()


def test_each_version_is_kept_and_the_newest_holds(aws: None) -> None:
    changed = ShopSettings(brand=Brand(accent="#aa0000"))
    shop_settings.save(changed, instead_of=0, by="ada")
    shop_settings.save(ShopSettings(), instead_of=1, by="ada")
    assert shop_settings.settings() == ShopSettings()
    assert [each.number for each in shop_settings.all_saved()] == [2, 1]
    assert list(shop_settings.all_saved())[1].settings == changed


def test_of_two_who_change_the_same_version_one_is_told(aws: None) -> None:
    shop_settings.save(ShopSettings(), instead_of=0, by="ada")
    with pytest.raises(PublishedMeanwhileError):
        shop_settings.save(ShopSettings(closed=("2026-12-25",)), instead_of=0, by="bob")


def test_two_topics_have_two_ids() -> None:
    with pytest.raises(ValueError, match="same id"):
        ShopSettings(topics=(Topic(id="news", name="News"), Topic(id="news", name="More news")))
