"""What stands around the blocks of every email: the head with its styles, the shop's name or logo above, and the footer
below. The footer is locked: nobody edits it, and what it holds is by the class of the email (`footer`).

Colours and fonts are variables (`brand`), so that they are filled in when the email is sent.
"""

from __future__ import annotations

from shared.domain.settings import MailClass

RIGHT_TO_LEFT = frozenset({"ar", "fa", "he", "ur"})

_HEAD = """
  <mj-head>
    <mj-title>{{ subject }}</mj-title>
    <mj-preview>{{ preview }}</mj-preview>
    <mj-attributes>
      <mj-all font-family="{{ brand.font }}" />
      <mj-text font-size="16px" line-height="1.6" color="{{ brand.text }}" padding="8px 32px" />
      <mj-section background-color="{{ brand.card }}" padding="0" />
      <mj-button align="left" background-color="{{ brand.accent }}" color="{{ brand.accent_text }}" font-size="16px" font-weight="600" border-radius="6px" inner-padding="14px 26px" padding="16px 32px 24px" />
      <mj-divider border-color="{{ brand.page }}" border-width="2px" padding="16px 32px" />
      <mj-image padding="8px 32px" />
      <mj-table padding="4px 32px 8px" font-size="16px" line-height="1.5" color="{{ brand.text }}" />
      <mj-class name="title" font-family="{{ brand.heading_font }}" font-size="28px" line-height="1.25" color="{{ brand.heading }}" padding="36px 32px 12px" />
      <mj-class name="heading" font-family="{{ brand.heading_font }}" font-size="20px" line-height="1.3" color="{{ brand.heading }}" padding="20px 32px 4px" />
      <mj-class name="code" font-family="Menlo, Consolas, monospace" font-size="24px" font-weight="700" letter-spacing="2px" color="{{ brand.accent }}" align="center" padding="18px" container-background-color="{{ brand.page }}" />
      <mj-class name="quiet" background-color="{{ brand.card }}" color="{{ brand.accent }}" border="1px solid {{ brand.accent }}" padding="6px 32px" />
      <mj-class name="small" font-size="13px" line-height="1.6" color="{{ brand.muted }}" />
      <mj-class name="footer" font-size="13px" line-height="1.6" color="{{ brand.muted }}" align="center" padding="0 24px 12px" />
    </mj-attributes>
    <mj-style>
      a { color: {{ brand.accent }}; }
    </mj-style>
  </mj-head>"""

_HEADER = """
    <mj-section background-color="{{ brand.page }}" padding="28px 0 20px">
      <mj-column>
        <mj-text align="center" font-family="{{ brand.heading_font }}" font-size="22px" color="{{ brand.heading }}" padding="0 24px"><a href="{{ shop.url }}" style="color:{{ brand.heading }};text-decoration:none;">{% if brand.logo %}<img src="{{ brand.logo }}" alt="{{ brand.logo_alt }}" width="{{ brand.logo_width }}" style="width:{{ brand.logo_width }}px;" />{% else %}{{ shop.name }}{% endif %}</a></mj-text>
      </mj-column>
    </mj-section>"""

_LINK = 'style="color:{{ brand.muted }};"'
_CHOICES = f"""{{% if links.view %}}<a ses:no-track href="{{{{ links.view }}}}" {_LINK}>View in browser</a>&nbsp; · &nbsp;{{% endif %}}<a ses:no-track href="{{{{ links.preferences }}}}" {_LINK}>Choose what you get</a>&nbsp; · &nbsp;<a ses:no-track href="{{{{ links.unsubscribe }}}}" {_LINK}>Unsubscribe</a>"""
_SOCIAL = f"""{{% for link in brand.social %}}<a href="{{{{ link.url }}}}" {_LINK}>{{{{ link.name }}}}</a>{{% unless forloop.last %}}&nbsp; · &nbsp;{{% endunless %}}{{% endfor %}}"""
WHY: dict[MailClass, str] = {
    "marketing": "You get this email because you signed up for news from {{ shop.name }}.",
    "lifecycle": "You get this email because you signed up for news from {{ shop.name }}.",
    "transactional": "You get this email because of what you asked of {{ shop.name }}.",
}


def document(body: str, class_: MailClass, language: str) -> str:
    """The MJML of a whole email, around its sections."""
    direction = "rtl" if language.partition("-")[0] in RIGHT_TO_LEFT else "ltr"
    return f"""<mjml lang="{language}" dir="{direction}">{_HEAD}
  <mj-body background-color="{{{{ brand.page }}}}" width="600px">{_HEADER}
{body}
{_footer(class_)}
  </mj-body>
</mjml>
"""


def _footer(class_: MailClass) -> str:
    choices = "" if class_ == "transactional" else f"<br />{_CHOICES}"
    return f"""    <mj-section background-color="{{{{ brand.page }}}}" padding="24px 0 40px">
      <mj-column>
        <mj-text mj-class="footer">{WHY[class_]}{choices}</mj-text>
        <mj-raw>{{% if brand.footer != "" %}}</mj-raw>
        <mj-text mj-class="footer">{{{{ brand.footer }}}}</mj-text>
        <mj-raw>{{% endif %}}{{% if brand.social.size > 0 %}}</mj-raw>
        <mj-text mj-class="footer">{_SOCIAL}</mj-text>
        <mj-raw>{{% endif %}}</mj-raw>
        <mj-text mj-class="footer">{{{{ shop.name }}}}, {{{{ shop.address }}}}</mj-text>
      </mj-column>
    </mj-section>"""


def text_footer(class_: MailClass) -> str:
    """The same under the text part."""
    choices = (
        ""
        if class_ == "transactional"
        else """
Choose what you get:
{{ links.preferences }}

Unsubscribe:
{{ links.unsubscribe }}
"""
    )
    return f"""

- - -
{WHY[class_]}
{choices}
{{% if brand.footer != "" %}}{{{{ brand.footer }}}}{{% endif %}}

{{{{ shop.name }}}}, {{{{ shop.address }}}}
"""
