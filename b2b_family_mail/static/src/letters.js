import { _t } from "@web/core/l10n/translation";

export const MODEL = "b2b.family.letter";
/** The bus tells the author that something about his letters has changed. */
export const UPDATE = "b2b_family_mail.letter/update";
/** The user has looked at what is new, in one of the tabs. */
export const SEEN = "b2b_family_mail.news/seen";

/**
 * Return the action that opens one letter, or a list of several.
 *
 * @param {number[]} ids
 */
export function openLetters(ids) {
    const action = { type: "ir.actions.act_window", res_model: MODEL };
    return ids.length === 1
        ? { ...action, res_id: ids[0], views: [[false, "form"]] }
        : {
              ...action,
              name: _t("Letters"),
              domain: [["id", "in", ids]],
              views: [
                  [false, "list"],
                  [false, "form"],
              ],
          };
}
