"""Rendering: a cart's email of some five kilobytes to one contact, beside the sandbox of Jinja2.

    python -m tests.benchmarks.rendering

Both render the same template (they share its syntax) with the same values, escaped, from what was parsed before. Ours
renders four parts (subject, preview, HTML, text) and looks at the links of the HTML; Jinja2 renders the HTML alone.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from shared.adapters import ready_templates, template_definitions, templates
from shared.adapters.templates import Rendered, Source
from tests.benchmarks.measuring import Row, show, side_by_side

AIM = 400e-6
ROUNDS, TIMES = 15, 40
_CELL = 'style="padding:8px 0;font-family:Arial,sans-serif;font-size:15px;line-height:1.5;color:{{ brand.text }}"'
HTML = (
    '<!doctype html><html lang="en" dir="ltr"><head><title>{{ subject }}</title></head>'
    '<body style="margin:0;background-color:{{ brand.page }}"><div style="display:none">{{ preview }}</div>'
    '<table role="presentation" width="100%" cellpadding="0" cellspacing="0"><tr><td align="center">'
    '<table role="presentation" width="600" cellpadding="0" cellspacing="0">'
    f"<tr><td {_CELL}>{{% if contact.first_name %}}Hello {{{{ contact.first_name }}}},{{% else %}}Hello,{{% endif %}}"
    "</td></tr>"
    "{% for each in cart.products %}"
    f'<tr><td {_CELL}><table role="presentation" width="100%" cellpadding="0" cellspacing="0"><tr>'
    f'<td width="112" valign="top" {_CELL}>{{% if each.image %}}<a href="{{{{ each.url }}}}">'
    '<img src="{{ each.image }}" alt="" width="96" height="96" style="display:block;border:0"></a>{% endif %}</td>'
    f'<td valign="top" {_CELL}><a href="{{{{ each.url }}}}" style="color:{{{{ brand.link }}}};text-decoration:none">'
    "{{ each.title }}</a>{% if each.quantity > 1 %}, {{ each.quantity }} of them{% endif %}</td>"
    f'<td align="right" valign="top" {_CELL}>{{% if each.price %}}{{{{ each.price }}}}{{% endif %}}</td>'
    "</tr></table></td></tr>"
    "{% endfor %}"
    f"<tr><td {_CELL}>{{% if cart.total %}}It comes to <strong>{{{{ cart.total }}}}</strong>.{{% endif %}}</td></tr>"
    '<tr><td align="center" style="padding:24px 0"><a href="{{ cart.url }}" style="display:inline-block;'
    "padding:14px 28px;border-radius:4px;background-color:{{ brand.accent }};color:{{ brand.accent_text }};"
    'font-family:Arial,sans-serif;font-size:16px;font-weight:bold;text-decoration:none">Your basket</a></td></tr>'
    '<tr><td style="padding:16px 0;font-family:Arial,sans-serif;font-size:12px;color:{{ brand.muted }}">'
    "{{ shop.name }}, {{ shop.address }}. You get this because you agreed to email from us. "
    '<a href="{{ links.preferences }}" style="color:{{ brand.muted }}">Choose what you get</a> or '
    '<a href="{{ links.unsubscribe }}" style="color:{{ brand.muted }}">unsubscribe</a>.</td></tr>'
    "</table></td></tr></table></body></html>"
)
TEXT = (
    "Hello{% if contact.first_name %} {{ contact.first_name }}{% endif %},\n\n"
    "{% for each in cart.products %}- {{ each.title }}{% if each.price %}: {{ each.price }}{% endif %}\n{% endfor %}\n"
    "{{ cart.url }}\n\n{{ shop.name }}, {{ shop.address }}\n{{ links.unsubscribe }}\n"
)
SOURCE = Source(
    "{% if contact.first_name %}{{ contact.first_name }}, you{% else %}You{% endif %} left something behind",
    "Your basket is as you left it.",
    HTML,
    TEXT,
)


def _variables() -> dict[str, Any]:
    variables = templates.example()
    variables["cart"]["products"] = (variables["cart"]["products"] * 3)[:5]
    return variables


def _ours(source: Source) -> Callable[[], Rendered]:
    variables = _variables()
    parsed = templates.parse(templates.settled(source, variables))
    return lambda: templates.render(parsed, variables)


def _shipped() -> Source:
    return ready_templates.source(next(iter(template_definitions.shipped("cart_reminder").compiled.values())))


def seconds(rounds: int = ROUNDS) -> dict[str, float]:
    """What one email takes: `ours`, the `shipped` one, and, where it is installed, `Jinja2`."""
    subjects: dict[str, Callable[[], object]] = {"ours": _ours(SOURCE), "shipped": _ours(_shipped())}
    theirs = _jinja2()
    if theirs is not None:
        about = {**_variables(), "subject": "s", "preview": "p"}
        assert abs(len(theirs(about)) - len(_ours(SOURCE)().html)) < 100, "they do not render the same"
        subjects["Jinja2"] = lambda: theirs(about)
    return side_by_side(subjects, rounds, TIMES)


def measure() -> list[Row]:
    measured = seconds()
    size = len(_ours(SOURCE)().html.encode())
    taken = measured["ours"]
    whole = len(_ours(_shipped())().html.encode())
    return [
        Row(
            f"rendering a cart's email of {size / 1000:.1f} KB, five products",
            f"{taken * 1e6:.0f} µs, {1 / taken:,.0f} a second",
            f"≤ {AIM * 1e6:.0f} µs",
            taken <= AIM,
        ),
        Row(
            "Jinja2's sandbox, the HTML of it alone",
            f"{measured['Jinja2'] * 1e6:.0f} µs; ours takes {taken / measured['Jinja2']:.1f} times as long"
            if "Jinja2" in measured
            else "not installed",
        ),
        Row(f"the shipped cart_reminder, {whole / 1000:.0f} KB of HTML", f"{measured['shipped'] * 1e6:.0f} µs"),
    ]


def _jinja2() -> Callable[[dict[str, Any]], str] | None:
    try:
        from jinja2.sandbox import ImmutableSandboxedEnvironment
    except ImportError:
        return None
    render: Callable[[dict[str, Any]], str] = ImmutableSandboxedEnvironment(autoescape=True).from_string(HTML).render
    return render


if __name__ == "__main__":
    show(measure())
