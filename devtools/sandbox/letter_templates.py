"""The account's letter templates, as the service would hold them."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Template:
    id: int
    subject: str
    text: str
    files: dict[str, str] = field(default_factory=dict)
    """Attachments: text by file name."""


TEMPLATES = [
    Template(
        1,
        "Our offer",
        "<p>Good afternoon,</p><p>thank you for your interest. Our offer is attached; I will gladly answer any"
        " question.</p>",
        {
            "Price list.txt": "Consulting, one day    900.00\nSupport, one month    450.00\n"
        },
    ),
    Template(
        2,
        "Коммерческое предложение",
        "<p>Добрый день!</p><p>Благодарим за интерес. Предложение во вложении, с радостью отвечу на вопросы.</p>",
        {
            "Прайс-лист.txt": "Консультация, день    90 000 ₽\nПоддержка, месяц    45 000 ₽\n"
        },
    ),
    # Whoever renders this as a template instead of showing it literally prints 49, and
    # is wrong.
    Template(
        3,
        "Literally {{ 7 * 7 }}",
        '<p>Dear {{ object.partner_id.name }},</p><p t-out="7 * 7">not forty-nine</p><p>${7 * 7} {% 7 %} #{7 * 7}</p>',
    ),
]


def find_template(template_id: int) -> Template | None:
    return next(
        (template for template in TEMPLATES if template.id == template_id), None
    )
