"""How this shop counts, by the stack's parameters `Currency` and `WebsiteOrders`.

Every function that reads events has them, because they are marked by them wherever they are read
(`contacts.event_of`): so a setting that is put right counts for what was stored before, too, once a profile and its
rows are made again.
"""

from __future__ import annotations

from shared.adapters.environment import SettingError, Settings, environment
from shared.domain.shop import Shop


class ShopSettings(Settings):
    currency: str
    website_orders: str
    """`ignore` or `count`."""


def shop() -> Shop:
    settings = environment(ShopSettings)
    if settings.website_orders not in ("ignore", "count"):
        raise SettingError("WEBSITE_ORDERS is neither ignore nor count")
    return Shop(settings.currency, website_tells_orders=settings.website_orders == "count")
