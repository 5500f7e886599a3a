import { registry } from "@web/core/registry";
import { GraphRenderer } from "@web/views/graph/graph_renderer";
import { graphView } from "@web/views/graph/graph_view";

// The colours of the statuses everywhere else.
const COLORS = {
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

/** Bars in the colours of the statuses, and without the line of their sums. */
class LetterGraphRenderer extends GraphRenderer {
    getBarChartData() {
        this.model.lineOverlayDataset = null;
        const data = super.getBarChartData();
        const { fields, groupBy } = this.model.metaData;
        if (groupBy.at(-1)?.fieldName === "state") {
            const states = new Map(
                fields.state.selection.map(([state, label]) => [label, state])
            );
            for (const dataset of data.datasets) {
                const color = COLORS[states.get(dataset.label)];
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
