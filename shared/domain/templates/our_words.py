"""What emails say in words of ours, by language: the footer, and what stands beside products. A language that is not
here has the English."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class OurWords:
    """`signed_up`, `asked`: why somebody gets the email; `choose`, `unsubscribe`, `view`: links. `each`: after the price
    of one of several; `bought`, with the name of what they bought, and `again`: why a product is recommended."""

    signed_up: str
    asked: str
    choose: str
    unsubscribe: str
    view: str
    each: str
    bought: str
    again: str


WORDS: Mapping[str, OurWords] = {
    "en": OurWords(
        "You get this email because you signed up for emails from {{ shop.name }}.",
        "You get this email because of what you asked of {{ shop.name }}.",
        "Choose what you get",
        "Unsubscribe",
        "View in your browser",
        " each",
        "Because you bought {}",
        "You have bought it before",
    ),
    "de": OurWords(
        "Sie erhalten diese E-Mail, weil Sie sich für E-Mails von {{ shop.name }} angemeldet haben.",
        "Sie erhalten diese E-Mail aufgrund Ihrer Anfrage bei {{ shop.name }}.",
        "Auswählen, was Sie erhalten",
        "Abmelden",
        "Im Browser ansehen",
        " pro Stück",
        "Weil Sie {} gekauft haben",
        "Das haben Sie schon einmal gekauft",
    ),
    "fr": OurWords(
        "Vous recevez cet e-mail parce que vous vous êtes inscrit aux e-mails de {{ shop.name }}.",
        "Vous recevez cet e-mail à la suite de votre demande auprès de {{ shop.name }}.",
        "Choisir ce que vous recevez",
        "Se désabonner",
        "Voir dans le navigateur",
        " pièce",
        "Parce que vous avez acheté {}",
        "Vous l’avez déjà acheté",
    ),
    "es": OurWords(
        "Recibes este correo porque te suscribiste a los correos de {{ shop.name }}.",
        "Recibes este correo por lo que solicitaste a {{ shop.name }}.",
        "Elegir lo que recibes",
        "Darse de baja",
        "Ver en el navegador",
        " cada uno",
        "Porque compraste {}",
        "Ya lo has comprado antes",
    ),
    "it": OurWords(
        "Ricevi questa email perché ti sei iscritto alle email di {{ shop.name }}.",
        "Ricevi questa email in seguito alla tua richiesta a {{ shop.name }}.",
        "Scegli cosa ricevere",
        "Annulla l’iscrizione",
        "Visualizza nel browser",
        " l’uno",
        "Perché hai acquistato {}",
        "L’hai già acquistato",
    ),
    "nl": OurWords(
        "Je krijgt deze e-mail omdat je je hebt aangemeld voor e-mails van {{ shop.name }}.",
        "Je krijgt deze e-mail vanwege je verzoek aan {{ shop.name }}.",
        "Kies wat je ontvangt",
        "Afmelden",
        "Bekijk in je browser",
        " per stuk",
        "Omdat je {} hebt gekocht",
        "Je hebt dit al eerder gekocht",
    ),
    "pt": OurWords(
        "Recebe este e-mail porque se inscreveu nos e-mails de {{ shop.name }}.",
        "Recebe este e-mail na sequência do seu pedido a {{ shop.name }}.",
        "Escolher o que recebe",
        "Cancelar a subscrição",
        "Ver no navegador",
        " cada",
        "Porque comprou {}",
        "Já o comprou antes",
    ),
    "sv": OurWords(
        "Du får det här mejlet eftersom du har anmält dig till mejl från {{ shop.name }}.",
        "Du får det här mejlet på grund av din förfrågan till {{ shop.name }}.",
        "Välj vad du får",
        "Avsluta prenumerationen",
        "Visa i webbläsaren",
        " styck",
        "För att du har köpt {}",
        "Du har köpt den förut",
    ),
}


def our_words(language: str) -> OurWords:
    return WORDS.get(language.partition("-")[0], WORDS["en"])


def has_words(language: str) -> bool:
    return language.partition("-")[0] in WORDS
