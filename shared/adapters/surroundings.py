"""What a template knows of what is around the shop and the contact: `feeds` and `weather`, asked for when named."""

from __future__ import annotations

from typing import Any

from shared.adapters import outside
from shared.domain import feeds
from shared.domain.events import Instant, Json
from shared.domain.profiles import Profile
from shared.domain.settings import ShopSettings


class Feeds(dict[str, Any]):
    """`feeds.blog`: the entries of the feed of that name in the shop's settings, those first that the contact likes. An
    empty list where there is none, or it has no answer."""

    def __init__(self, settings: ShopSettings, profile: Profile, now: Instant) -> None:
        super().__init__()
        self._settings, self._profile, self._now = settings, profile, now

    def __missing__(self, name: str) -> list[Json]:
        url = self._settings.feeds.get(name)
        found = None if url is None else outside.heard(f"feed#{name}#{url}", url, _entries, self._now)
        self[name] = feeds.chosen(found if isinstance(found, list) else [], self._likes())
        return list[Json](self[name])

    def _likes(self) -> list[str]:
        told = [stamped.value for name in ("interests", "interest") if (stamped := self._profile.traits.get(name))]
        several = [each for value in told for each in (value if isinstance(value, list) else [value])]
        return [each for each in several if isinstance(each, str)]


def _entries(answer: bytes) -> Json:
    return list[Json](feeds.entries(answer))


class Weather(dict[str, Any]):
    """`weather.sky`, `weather.temperature`: where the contact is, by the traits `latitude` and `longitude`. None where
    that is not known, the shop does not want it, or nobody answers."""

    def __init__(self, settings: ShopSettings, profile: Profile, now: Instant) -> None:
        super().__init__()
        self._settings, self._profile, self._now = settings, profile, now

    def __missing__(self, name: str) -> Json:
        self.update(dict.fromkeys(("sky", "temperature")))
        place = [self._number(trait) for trait in ("latitude", "longitude")]
        if self._settings.weather and None not in place:
            url = feeds.open_meteo(*place)  # type: ignore[arg-type]
            found = outside.heard(f"weather#{url.partition('?')[2]}", url, feeds.weather, self._now)
            self.update(found if isinstance(found, dict) else {})
        return self.get(name)

    def _number(self, trait: str) -> float | None:
        stamped = self._profile.traits.get(trait)
        value = None if stamped is None else stamped.value
        bound = 90 if trait == "latitude" else 180
        known = isinstance(value, int | float) and not isinstance(value, bool) and -bound <= value <= bound
        return float(value) if known and isinstance(value, int | float) else None
