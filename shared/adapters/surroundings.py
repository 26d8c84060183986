"""What a template knows of what is around the shop and the contact: `feeds` and `weather`, asked for when named."""

from __future__ import annotations

from typing import Any

from shared.adapters import outside
from shared.adapters.definitions import shop_zone
from shared.domain import feeds
from shared.domain.events import Instant, Json
from shared.domain.profiles import Profile
from shared.domain.settings import ShopSettings


class Feeds(dict[str, Any]):
    """`feeds.blog`: the entries of the feed of that name in the shop's settings, those first that the contact likes; of
    a calendar what is on next, what is near first. An empty list where there is none, or it has no answer. What has no
    page of its own leads to the shop (`shop_url`)."""

    def __init__(self, settings: ShopSettings, profile: Profile, now: Instant, shop_url: str = "") -> None:
        super().__init__()
        self._settings, self._profile, self._now, self._shop_url = settings, profile, now, shop_url

    def __missing__(self, name: str) -> list[Json]:
        url = self._settings.feeds.get(name)
        found = None if url is None else outside.heard(f"feed#{name}#{url}", url, self._read, self._now)
        if isinstance(found, dict):  # a calendar
            from shared.domain import icalendar  # what most emails need not wait for

            city = self._profile.traits.get("city")
            named = city.value if city is not None and isinstance(city.value, str) else None
            place = place_of(self._profile)
            told = icalendar.upcoming(found["happenings"], self._now, self._likes(), place, named)
            self[name] = [{**each, "url": each["url"] or self._shop_url or None} for each in told]
        else:
            self[name] = feeds.chosen(found if isinstance(found, list) else [], self._likes())
        return list[Json](self[name])

    def _read(self, answer: bytes) -> Json:
        """The entries of a feed, or what is on by a calendar."""
        from shared.domain import icalendar

        if icalendar.is_one(answer):
            return {"happenings": icalendar.happenings(answer, self._now, shop_zone())}
        return list[Json](feeds.entries(answer))

    def _likes(self) -> list[str]:
        told = [stamped.value for name in ("interests", "interest") if (stamped := self._profile.traits.get(name))]
        several = [each for value in told for each in (value if isinstance(value, list) else [value])]
        return [each for each in several if isinstance(each, str)]


class Weather(dict[str, Any]):
    """`weather.sky`, `weather.temperature`: where the contact is, by the traits `latitude` and `longitude`. None where
    that is not known, the shop does not want it, or nobody answers."""

    def __init__(self, settings: ShopSettings, profile: Profile, now: Instant) -> None:
        super().__init__()
        self._settings, self._profile, self._now = settings, profile, now

    def __missing__(self, name: str) -> Json:
        self.update(dict.fromkeys(("sky", "temperature")))
        place = place_of(self._profile)
        if self._settings.weather and place is not None:
            url = feeds.open_meteo(*place)
            found = outside.heard(f"weather#{url.partition('?')[2]}", url, feeds.weather, self._now)
            self.update(found if isinstance(found, dict) else {})
        return self.get(name)


def place_of(profile: Profile) -> tuple[float, float] | None:
    """Where the contact is, by the traits `latitude` and `longitude`; None where one of them is not known."""
    latitude, longitude = _number(profile, "latitude", 90), _number(profile, "longitude", 180)
    return None if latitude is None or longitude is None else (latitude, longitude)


def _number(profile: Profile, trait: str, bound: int) -> float | None:
    stamped = profile.traits.get(trait)
    value = None if stamped is None else stamped.value
    known = isinstance(value, int | float) and not isinstance(value, bool) and -bound <= value <= bound
    return float(value) if known and isinstance(value, int | float) else None
