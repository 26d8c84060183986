"""What the footer says, by language: it is ours, so its words are, too. A language that is not here has the English."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FooterWords:
    """`signed_up`, `asked`: why somebody gets the email; the others are links."""

    signed_up: str
    asked: str
    choose: str
    unsubscribe: str
    view: str


WORDS: Mapping[str, FooterWords] = {
    "en": FooterWords(
        "You get this email because you signed up for emails from {{ shop.name }}.",
        "You get this email because of what you asked of {{ shop.name }}.",
        "Choose what you get",
        "Unsubscribe",
        "View in your browser",
    ),
    "de": FooterWords(
        "Sie erhalten diese E-Mail, weil Sie sich für E-Mails von {{ shop.name }} angemeldet haben.",
        "Sie erhalten diese E-Mail aufgrund Ihrer Anfrage bei {{ shop.name }}.",
        "Auswählen, was Sie erhalten",
        "Abmelden",
        "Im Browser ansehen",
    ),
    "fr": FooterWords(
        "Vous recevez cet e-mail parce que vous vous êtes inscrit aux e-mails de {{ shop.name }}.",
        "Vous recevez cet e-mail à la suite de votre demande auprès de {{ shop.name }}.",
        "Choisir ce que vous recevez",
        "Se désabonner",
        "Voir dans le navigateur",
    ),
    "es": FooterWords(
        "Recibes este correo porque te suscribiste a los correos de {{ shop.name }}.",
        "Recibes este correo por lo que solicitaste a {{ shop.name }}.",
        "Elegir lo que recibes",
        "Darse de baja",
        "Ver en el navegador",
    ),
    "it": FooterWords(
        "Ricevi questa email perché ti sei iscritto alle email di {{ shop.name }}.",
        "Ricevi questa email in seguito alla tua richiesta a {{ shop.name }}.",
        "Scegli cosa ricevere",
        "Annulla l’iscrizione",
        "Visualizza nel browser",
    ),
    "nl": FooterWords(
        "Je krijgt deze e-mail omdat je je hebt aangemeld voor e-mails van {{ shop.name }}.",
        "Je krijgt deze e-mail vanwege je verzoek aan {{ shop.name }}.",
        "Kies wat je ontvangt",
        "Afmelden",
        "Bekijk in je browser",
    ),
    "pt": FooterWords(
        "Recebe este e-mail porque se inscreveu nos e-mails de {{ shop.name }}.",
        "Recebe este e-mail na sequência do seu pedido a {{ shop.name }}.",
        "Escolher o que recebe",
        "Cancelar a subscrição",
        "Ver no navegador",
    ),
    "sv": FooterWords(
        "Du får det här mejlet eftersom du har anmält dig till mejl från {{ shop.name }}.",
        "Du får det här mejlet på grund av din förfrågan till {{ shop.name }}.",
        "Välj vad du får",
        "Avsluta prenumerationen",
        "Visa i webbläsaren",
    ),
}


def footer_words(language: str) -> FooterWords:
    return WORDS.get(language.partition("-")[0], WORDS["en"])


def has_words(language: str) -> bool:
    return language.partition("-")[0] in WORDS
