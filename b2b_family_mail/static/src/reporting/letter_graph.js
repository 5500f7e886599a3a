import { registry } from "@web/core/registry";
import { GraphRenderer } from "@web/views/graph/graph_renderer";
import { graphView } from "@web/views/graph/graph_view";

// The colours of the statuses everywhere else.
const STATES = {
    queued: "#adb5bd",
    sending: "#ced4da",
    linked: "#6c757d",
    sent: "#17a2b8",
    delivered: "#20c997",
    opened: "#28a745",
    answered: "#186429",
    unknown: "#ffac00",
    failed: "#dc3545",
    untracked: "#e9ecef",
};
// Whose it was: green for readers, the paler the less sure; grey for programs.
const VERDICTS = {
    person: "#28a745",
    proxy: "#5cbf73",
    reported: "#94d8a4",
    unclear: "#ffd76e",
    prefetch: "#adb5bd",
    scanner: "#6c757d",
    own: "#714b67",
};
const COLORS = {
    state: STATES,
    status: { ...STATES, cancelled: STATES.queued },
    verdict: VERDICTS,
    open_verdict: VERDICTS,
    reader: { ...STATES, ...VERDICTS, machine: VERDICTS.scanner, nobody: STATES.sent },
};

/** Bars in the colours of what they stand for, and without the line of their sums. */
class LetterGraphRenderer extends GraphRenderer {
    getBarChartData() {
        this.model.lineOverlayDataset = null;
        const data = super.getBarChartData();
        const { fields, groupBy } = this.model.metaData;
        const name = groupBy.at(-1)?.fieldName;
        if (name in COLORS) {
            const values = new Map(fields[name].selection.map(([value, label]) => [label, value]));
            for (const dataset of data.datasets) {
                const color = COLORS[name][values.get(dataset.label)];
                dataset.backgroundColor = color ?? dataset.backgroundColor;
            }
        }
        return data;
    }
}

registry.category("views").add("b2b_family_letter_graph", {
    ...graphView,
    Renderer: LetterGraphRenderer,
});
