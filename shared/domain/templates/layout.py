"""What stands around the blocks of every email: the head with its styles, the shop's name or logo above, and the footer
below. The footer is locked: nobody edits it, and what it holds is by the class of the email (`_footer`).

Colours and fonts are variables (`brand`), so that they are filled in when the email is sent. Space is padding of table
cells only, which is what MJML makes of it: Outlook for Windows keeps none of a `div` or an `a`. How an email looks in
the dark is said by classes, since the style of an element knows no `prefers-color-scheme`; Outlook.com knows none
either, and marks what it has darkened with `data-ogsc` and `data-ogsb`.
"""

from __future__ import annotations

from shared.domain.events import MailClass
from shared.domain.templates.our_words import OurWords, our_words

RIGHT_TO_LEFT = frozenset({"ar", "fa", "he", "ur"})

_AFTER_PREVIEW = "&#847;&zwnj;&nbsp;" * 90
"""An inbox goes on with it after the preview, rather than with the first words of the email."""

_ATTRIBUTES = """
    <mj-attributes>
      <mj-all font-family="{{ brand.font }}" />
      <mj-section background-color="{{ brand.card }}" padding="0" css-class="card" />
      <mj-text font-size="16px" line-height="26px" color="{{ brand.text }}" padding="8px 40px" css-class="gutter" />
      <mj-button align="left" background-color="{{ brand.accent }}" color="{{ brand.accent_text }}" font-size="16px" font-weight="600" line-height="20px" border-radius="6px" inner-padding="15px 28px" padding="16px 40px" css-class="gutter button" />
      <mj-divider border-color="{{ brand.line }}" border-width="1px" padding="20px 40px" css-class="gutter line" />
      <mj-image align="left" border-radius="6px" padding="12px 40px" css-class="gutter" />
      <mj-table font-size="16px" line-height="24px" color="{{ brand.text }}" padding="8px 40px" css-class="gutter" />
      <mj-class name="title" font-family="{{ brand.heading_font }}" font-size="30px" line-height="38px" color="{{ brand.heading }}" padding="40px 40px 12px" css-class="gutter heading" />
      <mj-class name="heading" font-family="{{ brand.heading_font }}" font-size="21px" line-height="29px" color="{{ brand.heading }}" padding="20px 40px 4px" css-class="gutter heading" />
      <mj-class name="small" font-size="14px" line-height="22px" color="{{ brand.muted }}" css-class="gutter muted" />
      <mj-class name="quiet" background-color="{{ brand.card }}" color="{{ brand.link }}" border="1px solid {{ brand.link }}" css-class="gutter quiet" />
      <mj-class name="answer" background-color="{{ brand.card }}" color="{{ brand.link }}" border="1px solid {{ brand.link }}" width="310px" inner-padding="14px 16px" padding="6px 40px" css-class="gutter quiet answer" />
      <mj-class name="footer" align="center" font-size="13px" line-height="22px" color="{{ brand.page_muted }}" padding="0 32px 16px" css-class="footer" />
    </mj-attributes>"""

_STYLE = """
    <mj-style>
      a { color: {{ brand.link }}; }
      .footer a { color: {{ brand.page_muted }}; }
      @media only screen and (max-width: 479px) {
        td.gutter { padding-left: 24px !important; padding-right: 24px !important; }
        td.answer table { width: 100% !important; }
        td.answer a { display: block !important; width: auto !important; }
      }
    </mj-style>"""

_IN_THE_DARK = {
    "body, .page, .page > table, .card .coupon": "background-color: {{ brand.dark_page }}",
    ".card, .card > table": "background-color: {{ brand.dark_card }}",
    ".card div, .card td": "color: {{ brand.dark_text }}",
    ".card a": "color: {{ brand.dark_accent }}",
    ".card .heading div, .card .name, .card .coupon, .page .shop": "color: {{ brand.dark_heading }}",
    ".card .muted, .card .muted div": "color: {{ brand.dark_muted }}",
    ".footer div, .footer a": "color: {{ brand.dark_muted }}",
    ".band, .band > table, .button td, .button td a": "background-color: {{ brand.dark_accent }}",
    ".card .button a": "color: {{ brand.dark_accent_text }}",
    ".quiet td, .quiet td a": "background-color: {{ brand.dark_card }}",
    ".quiet td": "border-color: {{ brand.dark_accent }}",
    ".line p": "border-color: {{ brand.dark_line }}",
    ".coupon": "border-color: {{ brand.dark_muted }}",
    ".logo": "background-color: {{ brand.page }}",
}
"""What is what colour in the dark. A logo keeps what is behind it by day: many are dark letters on nothing."""


def _dark() -> str:
    """Each in a style of its own: Gmail throws away a whole one for a rule that it does not know."""
    rules, of_outlook = [], []
    for which, style in _IN_THE_DARK.items():
        rules.append(f"  {which} {{ {style} !important; }}")
        mark = "[data-ogsb]" if style.startswith("background") else "[data-ogsc]"
        marked = ", ".join(f"{mark} {each}" for each in which.split(", "))
        of_outlook.append(f"{marked} {{ {style} !important; }}")
    return "\n".join(
        (
            '<meta name="color-scheme" content="light dark" />',
            '<meta name="supported-color-schemes" content="light dark" />',
            '<style type="text/css">',
            ":root { color-scheme: light dark; supported-color-schemes: light dark; }",
            "</style>",
            '<style type="text/css">',
            "@media (prefers-color-scheme: dark) {",
            *rules,
            "}",
            "</style>",
            '<style type="text/css">',
            *of_outlook,
            "</style>",
        )
    )


_ABOVE = """
    <mj-section background-color="{{ brand.page }}" padding="32px 0 24px" css-class="page">
      <mj-column>
        <mj-text align="center" font-family="{{ brand.heading_font }}" font-size="24px" line-height="32px" color="{{ brand.page_heading }}" padding="0 24px" css-class="above"><a class="shop" href="{{ shop.url }}" style="color:{{ brand.page_heading }};text-decoration:none;">{% if brand.logo %}<img class="logo" src="{{ brand.logo }}" alt="{{ brand.logo_alt }}" width="{{ brand.logo_width }}" style="display:inline-block;width:{{ brand.logo_width }}px;max-width:100%;height:auto;border-radius:4px;vertical-align:middle;" />{% else %}{{ shop.name }}{% endif %}</a></mj-text>
      </mj-column>
    </mj-section>
    <mj-section background-color="{{ brand.accent }}" css-class="band">
      <mj-column><mj-spacer height="4px" /></mj-column>
    </mj-section>"""


def document(body: str, class_: MailClass, language: str) -> str:
    """The MJML of a whole email, around its sections."""
    direction = "rtl" if language.partition("-")[0] in RIGHT_TO_LEFT else "ltr"
    return f"""<mjml lang="{language}" dir="{direction}">
  <mj-head>
    <mj-title>{{{{ subject }}}}</mj-title>
    <mj-preview>{{{{ preview }}}} {_AFTER_PREVIEW}</mj-preview>{_ATTRIBUTES}{_STYLE}
    <mj-raw>{_dark()}</mj-raw>
  </mj-head>
  <mj-body background-color="{{{{ brand.page }}}}" width="600px" css-class="page">{_ABOVE}
{body}
{_footer(class_, our_words(language))}
  </mj-body>
</mjml>
"""


# ── the footer ──

_LINK = 'style="color:{{ brand.page_muted }};"'
_BETWEEN = "&nbsp; · &nbsp;"
_SOCIAL = f'{{% for link in brand.social %}}<a href="{{{{ link.url }}}}" {_LINK}>{{{{ link.name }}}}</a>{{% unless forloop.last %}}{_BETWEEN}{{% endunless %}}{{% endfor %}}'


def _why(class_: MailClass, words: OurWords) -> str:
    return words.asked if class_ == "transactional" else words.signed_up


def _link(to: str, words: str) -> str:
    """To a page of ours, which SES is not to count the clicks on."""
    return f'<a ses:no-track href="{{{{ links.{to} }}}}" {_LINK}>{words}</a>'


def _footer(class_: MailClass, words: OurWords) -> str:
    links = _link("preferences", words.choose), _link("unsubscribe", words.unsubscribe)
    choices = "" if class_ == "transactional" else f"<br />{_BETWEEN.join(links)}"
    view = _link("view", words.view)
    return f"""    <mj-section background-color="{{{{ brand.page }}}}" padding="32px 0 40px" css-class="page">
      <mj-column>
        <mj-raw>{{% if brand.social.size > 0 %}}</mj-raw>
        <mj-text mj-class="footer">{_SOCIAL}</mj-text>
        <mj-raw>{{% endif %}}{{% if brand.footer != "" %}}</mj-raw>
        <mj-text mj-class="footer">{{{{ brand.footer }}}}</mj-text>
        <mj-raw>{{% endif %}}</mj-raw>
        <mj-text mj-class="footer">{_why(class_, words)}{choices}</mj-text>
        <mj-text mj-class="footer">{{{{ shop.name }}}}, {{{{ shop.address }}}}{{% if links.view %}}<br />{view}{{% endif %}}</mj-text>
      </mj-column>
    </mj-section>"""


def text_footer(class_: MailClass, language: str) -> str:
    """The same under the text part."""
    words = our_words(language)
    choices = (
        ""
        if class_ == "transactional"
        else f"""
{words.choose}:
{{{{ links.preferences }}}}

{words.unsubscribe}:
{{{{ links.unsubscribe }}}}
"""
    )
    return f"""

- - -
{{% if brand.footer != "" %}}{{{{ brand.footer }}}}

{{% endif %}}{_why(class_, words)}
{choices}
{{{{ shop.name }}}}, {{{{ shop.address }}}}
"""
