import { registry } from "@web/core/registry";
import { stepUtils } from "@web_tour/tour_utils";

import { back, click, given, look, lookAtSearch, menu, report, says, see } from "./russian_look";

const tours = registry.category("web_tour.tours");
const openApp = [
    stepUtils.showAppsMenuItem(),
    look("the menu of apps"),
    click('.o_app[data-menu-xmlid="b2b_family_mail.b2b_family_menu_root"]'),
];
const tab = (name) => click(`.o_notebook .nav-link[name=${name}]`);
const row = (text) => click(`.o_data_row:contains(${text}) .o_data_cell:contains(${text})`);

/** A letter by its subject: the record of it, and what was written. */
const lookAtLetter = (subject) => [
    row(subject),
    see(`.o_form_view h1:contains(${subject})`),
    tab("b2b_letter"),
    see(".o_notebook .nav-link:contains(Сообщение)"),
    see(".o_form_view :contains(Информация по письму)"),
    look(`the letter “${subject}”`),
    says("the tab", "Информация по письму", "Информация о вложениях"),
    says("letter information", "Дата", "Email", "Тип активности"),
    tab("body"),
    look(`the text of “${subject}”`),
    back,
    see(".o_list_view .o_data_row"),
];

tours.add("b2b_family_russian_letters", {
    steps: () => [
        ...openApp,
        see(".o_kanban_record:contains(Прайс-лист)"),
        see(".o_column_title:contains(Открыто)"),
        look("the board"),
        ...lookAtSearch("the board"),
        click(".o_switch_view.o_list"),
        see(".o_list_view .o_data_row"),
        click(".o_optional_columns_dropdown button"),
        see(".o-dropdown--menu .o-dropdown-item"),
        look("the list"),
        click(".o_optional_columns_dropdown button"),
        click(".o_data_row:contains(Прайс-лист) .o_list_record_selector input"),
        see("button[name=action_refresh]:contains(Обновить)"),
        look("the list, one chosen"),
        click(".o_data_row:contains(Прайс-лист) .o_list_record_selector input"),
        row("Прайс-лист"),
        tab("events"),
        see(".o_field_widget[name=event_ids] .o_data_row"),
        look("what happened"),
        tab("b2b_letter"),
        see(".o_field_widget[name=attachment_ids] .o_data_row"),
        look("the attachments of a letter"),
        tab("body"),
        look("the text of a letter"),
        back,
        see(".o_list_view .o_data_row"),
        ...["Прайс-лист", "Отказ", "Сомнение", "Ожидание", "Без слежки"].flatMap(lookAtLetter),
        row("Прайс-лист"),
        see("button[name=action_refresh]"),
        tab("b2b_letter"),
        says("the form", "Кому", "Автор", "Дата отправки", "Сообщение", "Что произошло"),
        says("the form, once sent", "Обновить", "Письмо B2B"),
        see(".o_field_widget[name=activity_ids] .o_data_row"),
        says("activities", "Первое открытие", "Дата отправки", "Последнее открытие"),
        says("the last activity", "Дата актуализации"),
        says("attachment information", "Активность", "Событие", "Дата", "Открыто"),
        says("an attachment", "Вложение открыто", "Да"),
        back,
        row("Сомнение"),
        click("button[name=action_send_again]"),
        see(".modal .modal-footer"),
        look("the question before sending again"),
        click(".modal .modal-footer .btn-secondary"),
        back,
        click(".o_control_panel button:contains(Новое письмо)"),
        see(".o_b2b_family_letter .o_field_widget[name=body_content] .odoo-editor-editable"),
        look("a new letter"),
        menu("b2b_family_letters_menu"),
        look("the menu of letters"),
        menu("b2b_family_draft_menu"),
        row("Черновик"),
        see("button[name=action_b2b_send]:contains(Отправить через B2B)"),
        look("a draft"),
        says("a draft", "Отправить через B2B", "Черновик"),
        report,
    ],
});

tours.add("b2b_family_russian_lists", {
    steps: () => [
        ...openApp,
        menu("b2b_family_letter_attachment_menu"),
        see(".o_data_row:contains(Прайс.pdf)"),
        look("attachments"),
        ...lookAtSearch("attachments"),
        row("Прайс.pdf"),
        see(".o_form_view h1:contains(Прайс.pdf)"),
        look("an attachment"),
        menu("b2b_family_event_menu"),
        see(".o_list_view .o_data_row"),
        look("events"),
        ...lookAtSearch("events"),
        row("Прайс-лист"),
        see(".o_form_view .o_field_widget[name=event_type]"),
        look("an event"),
        menu("b2b_family_reporting_menu"),
        menu("b2b_family_letter_report_menu"),
        see(".o_graph_view canvas"),
        click("button.btn-primary:has(.fa-caret-down)"),
        see(".o-dropdown--menu .o_menu_item"),
        look("the chart"),
        click(".o_switch_view.o_pivot"),
        see(".o_pivot tbody tr"),
        look("the pivot"),
        click("button.btn-primary:has(.fa-caret-down)"),
        see(".o-dropdown--menu .o_menu_item"),
        look("the measures"),
        menu("b2b_family_reporting_menu"),
        menu("b2b_family_click_report_menu"),
        see(".o_pivot_view"),
        look("the clicks"),
        report,
    ],
});

tours.add("b2b_family_russian_contact", {
    steps: () => [
        see(".o-b2b-Tracking:contains(Открыто)"),
        see("button[name=action_b2b_open_letters]"),
        see(".o-mail-Activity"),
        look("a contact"),
        click(".o-b2b-Tracking"),
        see(".o-mail-MessageNotificationPopover"),
        look("who got it"),
        click(".o-mail-Chatter-sendMessage"),
        see(".o-b2b-Composer-send:contains(Отправить через B2B)"),
        look("the composer"),
        click(".o-mail-Composer button[name=open-full-composer]"),
        see(".modal-footer button[name=action_b2b_send_mail]"),
        look("the full composer"),
        click(".modal .btn-close"),
        click(".o_cp_action_menus button:has(.fa-cog)"),
        see(".o-dropdown--menu .o-dropdown-item"),
        look("what can be done with a contact"),
        click(".o_cp_action_menus button:has(.fa-cog)"),
        click(".o_user_menu button"),
        click("[data-menu=preferences]"),
        tab("b2b_family"),
        click(".modal .o_field_widget[name=b2b_notice_open] input"),
        see(".o_select_menu_item"),
        look("the preferences"),
        report,
    ],
});

tours.add("b2b_family_russian_manager", {
    steps: () => [
        see("button[name=action_b2b_open_letters]"),
        click(".o_cp_action_menus button:has(.fa-cog)"),
        see(".o-dropdown--menu .o-dropdown-item:contains(отслеживани)"),
        look("what a manager can do with a contact"),
        click(".o_cp_action_menus button:has(.fa-cog)"),
        click("button[name=action_b2b_open_letters]"),
        see(".o_kanban_record:contains(Прайс-лист)"),
        look("the letters of a contact"),
        back,
        see("button[name=action_b2b_open_letters]"),
        back,
        ...lookAtSearch("contacts"),
        report,
    ],
});

tours.add("b2b_family_russian_rights", {
    steps: () => [
        tab("access_rights"),
        see(".o_form_view label:contains(B2B Family)"),
        look("the rights of a user", ["No"]),
        report,
    ],
});

tours.add("b2b_family_russian_not_set_up", {
    steps: () => [
        row("Черновик"),
        click("button[name=action_b2b_send]"),
        see(".modal .modal-body"),
        look("what is missing"),
        report,
    ],
});

tours.add("b2b_family_russian_popup", {
    steps: () => [
        {
            content: "The reader opens a letter",
            trigger: ".o_kanban_record:contains(Образцы)",
            run() {
                new Image().src = given().pixel;
            },
        },
        {
            content: "It pops up",
            trigger: ".o_notification:contains(открыто письмо)",
        },
        look("the pop-up"),
        report,
    ],
});

tours.add("b2b_family_russian_settings", {
    steps: () => [
        ...openApp,
        menu("b2b_family_configuration_menu"),
        look("the menu of configuration"),
        menu("b2b_family_setup_menu"),
        see(".modal button[name=action_b2b_test_letter]"),
        look("the guided set-up"),
        click(".modal button[name=action_b2b_test_letter]"),
        see(".modal .o_field_widget[name=test_state]:contains(Отправлено)"),
        look("the end of the guided set-up"),
        click(".modal .modal-footer button[special=cancel]"),
        menu("b2b_family_configuration_menu"),
        menu("b2b_family_service_status_menu"),
        see(".o_list_view .o_data_row"),
        look("accounts"),
        click(".o_data_row .o_data_cell"),
        see(".o_form_view .o_field_widget[name=last_error]"),
        look("an account"),
        menu("b2b_family_configuration_menu"),
        menu("b2b_family_template_menu"),
        see(".o_list_view .o_data_row"),
        look("templates"),
        click(".o_list_button_add"),
        see(".o_form_view .o_field_widget[name=ref]"),
        look("a new template"),
        menu("b2b_family_configuration_menu"),
        menu("res_config_settings_menu"),
        see("#b2b_family_api_key"),
        look("settings"),
        says("the keys", "B2B ключ к api", "B2B ключ приложения", "B2B Секретный ключ"),
        says("the account", "B2B Family email для доступа", "B2B Family пароль к почте"),
        says("the rate", "Периодичность обновления писем b2b"),
        says("the days", "Количество дней отслеживания писем b2b"),
        click("button[name=action_b2b_unsubscribe]"),
        see("button[name=action_b2b_subscribe]"),
        look("settings, not subscribed"),
        report,
    ],
});

/** Nothing is there yet: what the empty screens say. */
tours.add("b2b_family_russian_empty", {
    steps: () => [
        ...openApp,
        see(".o_kanban_view"),
        look("no letter"),
        menu("b2b_family_letters_menu"),
        menu("b2b_family_draft_menu"),
        see(".o_view_nocontent:contains(ерновиков нет)"),
        look("no draft"),
        menu("b2b_family_letter_attachment_menu"),
        see(".o_view_nocontent:contains(Вложений)"),
        look("no attachment"),
        menu("b2b_family_event_menu"),
        see(".o_view_nocontent:contains(не произошло)"),
        look("no event"),
        menu("b2b_family_reporting_menu"),
        menu("b2b_family_letter_report_menu"),
        see(".o_view_nocontent:contains(письма)"),
        look("no report"),
        report,
    ],
});
