"""What the sample's people write: reviews with stars, answers to a survey, replies and tickets, in the language of
where they live, dated after their orders. All of it is made up, and says so by the property `made_up`; the shop's own
systems tell of it, week by week. The same people write the same."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from infra.local.shop.history import Webhook
from shared.domain.events import DAY, HOUR, Instant, Json, iso

WRITERS = 200
"""Of the sample's people, those who may write."""
WRITE = 0.3
"""Share of their orders after which they do; those abroad, who are few, always."""
UNHAPPY = 0.3
"""Share of what they write that is."""
WEEK = 7 * DAY


class Wording(NamedTuple):
    """By what it is about, sentences of somebody who is happy, and of somebody who is not; and how either ends."""

    happy: Mapping[str, tuple[str, ...]]
    unhappy: Mapping[str, tuple[str, ...]]
    glad: tuple[str, ...]
    cross: tuple[str, ...]


ENGLISH = Wording(
    {
        "delivery": (
            "The parcel was here in two days, so the delivery was much quicker than I had hoped.",
            "It arrived a day early, and the courier was very kind with the parcel.",
            "The delivery was quick and I was told when the parcel would be here.",
        ),
        "quality": (
            "The mugs are lovely and the quality is great for what they are.",
            "It is so pretty, and the quality of the china is better than in the picture.",
            "The lights are beautiful and they feel solid, a great quality.",
        ),
        "wrapping": (
            "It was wrapped so nicely that I could give it as a present just as it was.",
            "The gift wrapping is lovely, and my sister was delighted with her present.",
            "It came with pretty paper and a ribbon, perfect as a present.",
        ),
        "price": (
            "You will not find these cheaper, so the price is great.",
            "It is good value for the price, and I have told my friends.",
        ),
    },
    {
        "delivery": (
            "The parcel is a week late and nobody could tell me where it is.",
            "I am still waiting for the delivery, and the tracking has not moved for days.",
            "The delivery was so late that the party was over before the parcel came.",
        ),
        "quality": (
            "Two of the mugs were broken when I opened the box, and the handle of another is chipped.",
            "The glass was cracked and the quality is poor for what it cost.",
            "The paint came off after the first wash, a terrible quality.",
        ),
        "returns": (
            "I sent it back three weeks ago and I still wait for the refund.",
            "It is not what I ordered, and I would like my money back.",
        ),
        "service": (
            "I have written to your support twice and nobody has answered, which is disappointing.",
            "Your support was rude when I asked about my order.",
        ),
    },
    ("I love it.", "Thank you, I will be back.", "I am very happy with it.", "Well done!"),
    ("I am disappointed.", "This is annoying.", "I am not happy with this at all.", "What a pity."),
)
SPANISH = Wording(
    {
        "delivery": ("El paquete llegó en dos días.", "La entrega fue muy rápida."),
        "quality": ("Las tazas son preciosas y de buena calidad.", "La calidad es muy buena."),
        "wrapping": ("Venía tan bien envuelto que lo regalé tal cual.",),
    },
    {
        "delivery": ("El paquete llegó una semana tarde.", "Todavía espero la entrega."),
        "quality": ("Dos tazas llegaron rotas.", "La calidad es mala para lo que cuesta."),
        "returns": ("Quiero devolverlo y que me devuelvan el dinero.",),
    },
    ("Estoy muy contenta.", "¡Muchas gracias!"),
    ("Estoy decepcionada.", "Es una pena."),
)
FRENCH = Wording(
    {
        "delivery": ("La livraison a été très rapide.", "Le colis est arrivé en deux jours."),
        "quality": ("Les tasses sont très jolies et de bonne qualité.",),
        "wrapping": ("L’emballage est si joli que je l’ai offert tel quel.",),
    },
    {
        "delivery": ("Le colis est arrivé avec une semaine de retard.", "J’attends toujours la livraison."),
        "quality": ("Deux tasses étaient cassées à l’arrivée.",),
        "returns": ("Je voudrais le renvoyer et être remboursé.",),
    },
    ("Je suis très satisfaite.", "Merci beaucoup !"),
    ("Je suis déçue.", "C’est dommage."),
)
BY_COUNTRY = {"ES": SPANISH, "FR": FRENCH, "BE": FRENCH}
ASKED = "How did you like what you ordered?"


def written(sample: Iterable[Webhook], until: Instant) -> Iterator[tuple[Instant, list[Json]]]:
    """Week by week, when it is told of, the records of contacts with what they have written, as the admin's API takes
    them. `sample`: their sign-ups and orders."""
    countries: dict[Any, str] = {}
    weeks: dict[int, list[Json]] = defaultdict(list)
    for each in sample:
        if each.topic == "customers/create":
            address = each.body.get("default_address")
            countries[each.body["id"]] = str(address.get("country_code")) if isinstance(address, dict) else ""
        elif each.topic == "orders/create":
            buyer = each.body["customer"]
            drawn = random.Random(f"writes {each.body['id']}")
            at = each.at + drawn.randrange(3 * DAY, 20 * DAY, HOUR)
            wording = BY_COUNTRY.get(countries.get(buyer["id"], "")) if isinstance(buyer, dict) else None
            writes = wording is not None or drawn.random() < WRITE
            if isinstance(buyer, dict) and buyer.get("email") and writes and at < until - WEEK:
                said = _said(drawn, wording or ENGLISH, each.body)
                interaction = {"id": f"made-up-{each.body['id']}", "at": iso(at), **said}
                weeks[at // WEEK].append({"email": buyer["email"], "interactions": [interaction]})
    for week, records in sorted(weeks.items()):
        yield (week + 1) * WEEK, records


def _said(drawn: random.Random, wording: Wording, order: Mapping[str, Json]) -> dict[str, Json]:
    unhappy = drawn.random() < UNHAPPY
    about, ends = (wording.unhappy, wording.cross) if unhappy else (wording.happy, wording.glad)
    first, second = drawn.sample(sorted(about), 2)
    parts = [drawn.choice(about[first])]
    parts += [drawn.choice(about[second])] if drawn.random() < 0.3 else []
    text = " ".join([*parts, drawn.choice(ends)])
    kind = drawn.random()
    if kind < 0.5:
        stars = drawn.choice((1, 2, 2)) if unhappy else drawn.choice((3, 4, 5, 5))
        lines = order["line_items"]
        product = lines[0].get("product_id") if isinstance(lines, list) and isinstance(lines[0], dict) else None
        return _event("Product Reviewed", product_id=product, rating=stars, review_body=text)
    if kind < 0.75:
        return _event("Survey Answered", survey="after_order", answers=[{"question": ASKED, "answer": text}])
    if unhappy:
        return _event("Support Ticket Created", subject="My order", description=text)
    return _event("Email Replied", subject="Re: your order", body=text)


def _event(name: str, **properties: Json) -> dict[str, Json]:
    return {"event": name, "properties": {**properties, "made_up": True}}
