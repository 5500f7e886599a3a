import { registry } from "@web/core/registry";
import { utils as uiUtils } from "@web/core/ui/ui_service";
import { useService } from "@web/core/utils/hooks";
import { debounce } from "@web/core/utils/timing";
import { RelationalModel } from "@web/model/relational_model/relational_model";
import { SearchModel } from "@web/search/search_model";
import { formView } from "@web/views/form/form_view";
import { kanbanView } from "@web/views/kanban/kanban_view";
import { listView } from "@web/views/list/list_view";

import { UPDATE } from "./letters";

import { onMounted, onWillUnmount, status, useComponent } from "@odoo/owl";

// A burst of news, one letter to many readers, is one reload.
const DELAY = 300;

/** Read a record anew, unless a person is changing it: what was typed is never thrown away. */
export async function loadUntouched(record) {
    // What is typed from here on waits, and is put in what was read.
    await record.model.mutex.getUnlockedDef();
    if (!record.dirty) {
        await record.load();
    }
}

/** Knows what it is loading, so that what comes by itself does not overtake it. */
class LiveModel extends RelationalModel {
    load() {
        this.loading = super.load(...arguments);
        return this.loading;
    }

    /**
     * Load anew, once what is being loaded is there: a load that is overtaken never ends,
     * and the buttons that were pressed for it would stay dead.
     */
    async loadAfterwards() {
        const { loading } = this;
        await Promise.allSettled([loading]);
        if (loading !== this.loading) {
            return;
        }
        if (this.config.isMonoRecord) {
            await loadUntouched(this.root);
        } else if (!this.root.editedRecord) {
            await this.load();
        }
    }
}

/**
 * Reload what is shown when the server tells that letters have changed.
 *
 * @param {(payload: {letter_ids: number[], mail_ids: number[], partner_ids: number[]}) =>
 *  boolean} concerns whether the news is about what is shown
 * @param {() => Promise} [load] by default, of the view
 */
export function useLiveReload(concerns, load) {
    const component = useComponent();
    load ??= () => component.model.loadAfterwards();
    const bus = useService("bus_service");
    const reload = debounce(() => {
        if (status(component) === "mounted") {
            load();
        }
    }, DELAY);
    // Until the view has loaded nobody can say whether news is about what it shows.
    let early = [];
    const onUpdate = (payload) => {
        if (status(component) !== "mounted") {
            early.push(payload);
        } else if (concerns(payload)) {
            reload();
        }
    };
    bus.subscribe(UPDATE, onUpdate);
    onMounted(() => {
        early.forEach(onUpdate);
        early = [];
    });
    onWillUnmount(() => {
        bus.unsubscribe(UPDATE, onUpdate);
        reload.cancel();
    });
}

/**
 * Offer *Delete* for own drafts only: letters that were sent are kept, and so are others'.
 *
 * @param {Object} items static items of the gear
 * @param {() => Object[]} records those that would be deleted
 */
function keepLetters(items, records) {
    const { isAvailable } = items.delete;
    items.delete.isAvailable = () =>
        isAvailable() && records().every(({ data }) => data.b2b_is_writable ?? true);
    return items;
}

class LiveFormController extends formView.Controller {
    setup() {
        super.setup();
        useLiveReload(({ letter_ids, mail_ids }) => {
            const { data, resId, resModel } = this.model.root;
            if (resModel === "mail.mail") {
                return mail_ids.includes(resId);
            }
            // The guided set-up shows what became of its test letter.
            return letter_ids.includes(data.test_letter_id?.id ?? resId);
        });
    }

    getStaticActionMenuItems() {
        return keepLetters(super.getStaticActionMenuItems(), () => [this.model.root]);
    }
}

class LiveKanbanController extends kanbanView.Controller {
    setup() {
        super.setup();
        useLiveReload(() => true);
    }
}

/** On a phone one column is seen at a time: there the cards are one list instead. */
class BoardSearchModel extends SearchModel {
    load(config) {
        const { defaultGroupBy } = config;
        return super.load({
            ...config,
            defaultGroupBy: uiUtils.isSmall() ? undefined : defaultGroupBy,
        });
    }
}

class LiveListController extends listView.Controller {
    setup() {
        super.setup();
        useLiveReload(() => true);
    }

    getStaticActionMenuItems() {
        return keepLetters(super.getStaticActionMenuItems(), () => this.model.root.selection);
    }
}

registry.category("views").add("b2b_family_live_form", {
    ...formView,
    Model: LiveModel,
    Controller: LiveFormController,
});
registry.category("views").add("b2b_family_live_kanban", {
    ...kanbanView,
    Model: LiveModel,
    Controller: LiveKanbanController,
    SearchModel: BoardSearchModel,
    props(genericProps, view) {
        const props = kanbanView.props(genericProps, view);
        if (uiUtils.isSmall()) {
            props.archInfo.defaultOrder = [{ name: "id", asc: false }];
        }
        return props;
    },
});
registry.category("views").add("b2b_family_live_list", {
    ...listView,
    Model: LiveModel,
    Controller: LiveListController,
});
