"""How this shop counts, by the stack's parameters `Currency` and `WebsiteOrders`.

Every function that reads events has them, because they are marked by them wherever they are read
(`contacts.event_of`): so a setting that is put right counts for what was stored before, too, once a profile and its
rows are made again.
"""

from __future__ import annotations

from typing import Literal

from shared.adapters.environment import Settings, environment
from shared.domain.shop import Shop


class ShopSettings(Settings):
    currency: str
    website_orders: Literal["ignore", "count"]


def shop() -> Shop:
    settings = environment(ShopSettings)
    return Shop(settings.currency, website_tells_orders=settings.website_orders == "count")
