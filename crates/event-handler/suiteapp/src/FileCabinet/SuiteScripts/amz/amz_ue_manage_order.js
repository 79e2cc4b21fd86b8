/**
 * Sales orders: tells of every save but those that ask to cancel, which amz_ue_cancel_order.js tells of.
 *
 * @NApiVersion 2.1
 * @NScriptType UserEventScript
 * @NModuleScope SameAccount
 */
define(['./amz_outbox'], (outbox) => {
    const afterSubmit = (context) => {
        if (!outbox.asksToCancel(context)) outbox.tell(context);
    };

    return { afterSubmit };
});
