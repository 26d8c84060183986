"""What texts are about, by words that the shop chooses. Apart from what reads them (`insight.texts`), as the settings,
which nearly every function loads, have it."""

from __future__ import annotations

import re
from collections.abc import Mapping

from shared.domain.personal import without_accents

DEFAULT_TOPICS: Mapping[str, tuple[str, ...]] = {
    topic: tuple(words.split(", "))
    for topic, words in {
        "delivery": "delivery, deliver, delivered, shipping, shipped, shipment, parcel, package, courier, arrived, "
        "arrive, late, delay, delayed, Lieferung, geliefert, Versand, Paket, livraison, livré, colis",
        "quality": "quality, broken, broke, damaged, defective, faulty, cracked, torn, fell apart, Qualität, kaputt, "
        "defekt, beschädigt, qualité, cassé, abîmé",
        "price": "price, prices, priced, expensive, overpriced, cheap, cheaper, cost, costs, value for money, Preis, "
        "teuer, billig, prix, cher, chère",
        "sizing": "size, sizes, sizing, fit, fits, too small, too big, too large, too tight, Größe, passt, zu klein, "
        "zu groß, taille, trop petit, trop grand",
        "returns": "return, returned, returning, returns, refund, refunded, exchange, money back, Rücksendung, "
        "Retoure, zurückschicken, Erstattung, retour, renvoyer, remboursement, rembourser",
        "service": "service, support, staff, reply, replied, answer, answered, helpful, rude, Kundendienst, "
        "Beratung, Antwort, service client, réponse",
    }.items()
}

_APART = re.compile(r"[\W_]+")


def folded(text: str) -> str:
    """As plain words with one space between, in which words are looked for."""
    return " ".join(_APART.sub(" ", without_accents(text.casefold())).split())
