/**
 * Sales orders: tells of the saves that ask to cancel. All others are told of by amz_ue_manage_order.js: both ask the
 * same question, so that one save makes one row.
 *
 * @NApiVersion 2.1
 * @NScriptType UserEventScript
 * @NModuleScope SameAccount
 */
define(['./amz_outbox'], (outbox) => {
    const afterSubmit = (context) => {
        if (outbox.asksToCancel(context)) outbox.tell(context, 'cancel');
    };

    return { afterSubmit };
});
