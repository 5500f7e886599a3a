import { TourAutomatic } from "@web_tour/js/tour_automatic/tour_automatic";

// Milliseconds for a step: a busy machine takes longer than Odoo's 10 s for what an idle
// one shows in an instant.
TourAutomatic.prototype.timeout = 60000;
