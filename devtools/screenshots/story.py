"""Who writes to whom, and what the readers do with it. Names and addresses are invented."""

from dataclasses import dataclass

from ..sandbox.programs import READER

# What becomes of a letter before it is photographed.
SENT, OPENED, REFUSED, IN_DOUBT, DRAFT = (
    "sent",
    "opened",
    "refused",
    "in doubt",
    "draft",
)


@dataclass(frozen=True)
class Letter:
    """One mail; `readers` are indexes into the story's people, `opened_by` of those who read it.

    `opens` is how often each of them did, with which `program` of the sandbox, `files_opened`
    how many attachments; `days_ago` is when it was sent; `scene` is the name the camera knows
    it by.
    """

    subject: str
    text: str
    readers: tuple[int, ...]
    outcome: str = SENT
    files: tuple[str, ...] = ()
    opened_by: tuple[int, ...] = ()
    opens: int = 1
    program: str = READER
    files_opened: int = 0
    days_ago: float = 0
    scene: str | None = None


@dataclass(frozen=True)
class Story:
    """All that is said in one language. `people` are (name, company, address)."""

    locale: str
    company: str
    administrator: str
    seller: tuple[str, str]
    manager: tuple[str, str]
    people: tuple[tuple[str, str, str], ...]
    letters: tuple[Letter, ...]
    message: Letter  # from the chatter of the first of the people
    refusal: str


EN = Story(
    locale="en_US",
    company="Harbour Tools Ltd",
    administrator="office@harbour-tools.example",
    seller=("Anna Weber", "anna.weber@harbour-tools.example"),
    manager=("George Hill", "george.hill@harbour-tools.example"),
    people=(
        ("Maria Keller", "Alpine Logistics", "maria.keller@alpine-logistics.example"),
        ("Tom Berg", "Berg & Sons", "tom@berg-and-sons.example"),
        ("Olivia Grant", "Northern Mills", "olivia.grant@northern-mills.example"),
        ("Peter Novak", "Novak Engineering", "peter@novak-engineering.example"),
        ("Lucy Chen", "Riverside Clinic", "lucy.chen@riverside-clinic.example"),
    ),
    letters=(
        Letter(
            "Tender documents",
            "<p>Good morning,</p><p>the documents for the tender are attached.</p>",
            (3,),
            outcome=OPENED,
            opened_by=(3,),
            files=("Tender.pdf",),
            opens=2,
            days_ago=9,
        ),
        Letter(
            "Following up on our call",
            "<p>Dear Olivia,</p><p>as we agreed, here is a summary of our call.</p>",
            (2,),
            opened_by=(2,),
            program="apple",
            days_ago=5,
            scene="delivered",
        ),
        Letter(
            "Spring price list",
            "<p>Dear customer,</p><p>our new prices are attached.</p>",
            (1, 2, 4),
            outcome=OPENED,
            opened_by=(1,),
            program="gmail",
            files=("Price list.pdf",),
            files_opened=1,
            days_ago=2,
            scene="several",
        ),
        Letter(
            "Delivery on Thursday",
            "<p>Dear Lucy,</p><p>the driver will be with you on Thursday morning.</p>",
            (4,),
            opened_by=(4,),
            program="gateway",
            days_ago=1,
        ),
        Letter(
            "Invitation to the open day",
            "<p>Dear Peter,</p><p>we would like to show you our new workshop.</p>",
            (3,),
            outcome=REFUSED,
            days_ago=0.2,
            scene="failed",
        ),
        Letter(
            "Maintenance contract",
            "<p>Dear Tom,</p><p>please find the contract attached.</p>",
            (1,),
            outcome=IN_DOUBT,
            files=("Contract.pdf",),
            scene="doubt",
        ),
        Letter(
            "Offer for 40 workbenches",
            "<p>Dear Maria,</p><p>thank you for your visit. As discussed, please find our offer"
            " and the drawings attached.</p><p>The data sheets are"
            ' <a href="https://harbour-tools.example/workbenches">on our site</a>.</p>'
            "<p>I look forward to your answer.</p><p>Anna Weber</p>",
            (0,),
            outcome=OPENED,
            opened_by=(0,),
            files=("Offer 2041.pdf", "Drawings.pdf"),
            opens=3,
            files_opened=1,
            scene="opened",
        ),
        Letter(
            "Samples are on their way",
            "<p>Dear Olivia,</p><p>the samples left us today; the list is attached.</p>"
            "<p>Anna Weber</p>",
            (2,),
            files=("Samples.pdf",),
            scene="sent",
        ),
        Letter(
            "Your question about guarantees",
            "<p>Dear Lucy,</p><p>our guarantee covers all moving parts for three years."
            " The terms are attached.</p><p>Anna Weber</p>",
            (4,),
            outcome=DRAFT,
            files=("Guarantee.pdf",),
            scene="draft",
        ),
    ),
    message=Letter(
        "Your delivery",
        "<p>Dear Maria,</p><p>your workbenches can be with you on the 14th. Does that suit"
        " you?</p>",
        (0,),
        outcome=OPENED,
        opened_by=(0,),
        program="gmail",
    ),
    refusal="The mailbox of the recipient does not exist",
)

RU = Story(
    locale="ru_RU",
    company="ООО «Гавань»",
    administrator="office@gavan.example",
    seller=("Анна Ветрова", "vetrova@gavan.example"),
    manager=("Георгий Лесной", "lesnoy@gavan.example"),
    people=(
        ("Мария Климова", "Альпика Логистика", "klimova@alpika.example"),
        ("Тимур Бергов", "Бергов и сыновья", "bergov@bergov.example"),
        ("Ольга Громова", "Северный комбинат", "gromova@kombinat.example"),
        ("Пётр Новиков", "Новиков-Инжиниринг", "novikov@novikov.example"),
        ("Людмила Чернова", "Клиника «Заречье»", "chernova@zarechye.example"),
    ),
    letters=(
        Letter(
            "Документы для тендера",
            "<p>Добрый день!</p><p>Документы для тендера во вложении.</p>",
            (3,),
            outcome=OPENED,
            opened_by=(3,),
            files=("Тендер.pdf",),
            opens=2,
            days_ago=9,
        ),
        Letter(
            "По итогам нашего разговора",
            "<p>Ольга, добрый день!</p><p>Как договорились, присылаю краткие итоги.</p>",
            (2,),
            opened_by=(2,),
            program="apple",
            days_ago=5,
            scene="delivered",
        ),
        Letter(
            "Весенний прайс-лист",
            "<p>Добрый день!</p><p>Новые цены во вложении.</p>",
            (1, 2, 4),
            outcome=OPENED,
            opened_by=(1,),
            program="gmail",
            files=("Прайс-лист.pdf",),
            files_opened=1,
            days_ago=2,
            scene="several",
        ),
        Letter(
            "Доставка в четверг",
            "<p>Людмила, добрый день!</p><p>Водитель приедет в четверг утром.</p>",
            (4,),
            opened_by=(4,),
            program="gateway",
            days_ago=1,
        ),
        Letter(
            "Приглашение на день открытых дверей",
            "<p>Пётр, добрый день!</p><p>Хотим показать вам нашу новую мастерскую.</p>",
            (3,),
            outcome=REFUSED,
            days_ago=0.2,
            scene="failed",
        ),
        Letter(
            "Договор на обслуживание",
            "<p>Тимур, добрый день!</p><p>Договор во вложении.</p>",
            (1,),
            outcome=IN_DOUBT,
            files=("Договор.pdf",),
            scene="doubt",
        ),
        Letter(
            "Предложение на 40 верстаков",
            "<p>Мария, добрый день!</p><p>Спасибо за визит. Как и договорились, предложение и"
            " чертежи во вложении.</p><p>Описания —"
            ' <a href="https://gavan.example/verstaki">у нас на сайте</a>.</p>'
            "<p>Буду рада вашему ответу.</p><p>Анна Ветрова</p>",
            (0,),
            outcome=OPENED,
            opened_by=(0,),
            files=("Предложение 2041.pdf", "Чертежи.pdf"),
            opens=3,
            files_opened=1,
            scene="opened",
        ),
        Letter(
            "Образцы в пути",
            "<p>Ольга, добрый день!</p><p>Образцы отправлены сегодня, список во вложении.</p>"
            "<p>Анна Ветрова</p>",
            (2,),
            files=("Образцы.pdf",),
            scene="sent",
        ),
        Letter(
            "Ваш вопрос о гарантии",
            "<p>Людмила, добрый день!</p><p>Гарантия на все подвижные части — три года."
            " Условия во вложении.</p><p>Анна Ветрова</p>",
            (4,),
            outcome=DRAFT,
            files=("Гарантия.pdf",),
            scene="draft",
        ),
    ),
    message=Letter(
        "Ваша доставка",
        "<p>Мария, добрый день!</p><p>Верстаки можем привезти 14-го числа. Вам удобно?</p>",
        (0,),
        outcome=OPENED,
        opened_by=(0,),
        program="gmail",
    ),
    refusal="Почтовый ящик получателя не существует",
)

STORIES = {"en": EN, "ru": RU}
