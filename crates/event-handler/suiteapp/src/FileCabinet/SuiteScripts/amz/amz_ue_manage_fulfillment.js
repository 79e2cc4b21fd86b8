/**
 * Item fulfilments: tells of every save.
 *
 * @NApiVersion 2.1
 * @NScriptType UserEventScript
 * @NModuleScope SameAccount
 */
define(['./amz_outbox'], (outbox) => {
    const afterSubmit = (context) => outbox.tell(context);

    return { afterSubmit };
});
