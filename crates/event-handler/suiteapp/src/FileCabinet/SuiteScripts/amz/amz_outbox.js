/**
 * The outbox: what the user events share.
 *
 * A user event runs inside somebody's save, so it does no more than write one row: "this record changed". The
 * map/reduce script sends the rows later. Units of one save: 6 for the row (create 2, save 4 of a custom record)
 * and 20 for waking the map/reduce script, 26 in all.
 *
 * @NApiVersion 2.1
 * @NModuleScope SameAccount
 */
define(['N/log', 'N/record', 'N/runtime', 'N/task'], (log, record, runtime, task) => {
    const OUTBOX = 'customrecord_amz_outbox';
    const FIELDS = {
        recordType: 'custrecord_amz_outbox_record_type',
        recordId: 'custrecord_amz_outbox_record_id',
        event: 'custrecord_amz_outbox_event',
        at: 'custrecord_amz_outbox_at',
        context: 'custrecord_amz_outbox_context',
        state: 'custrecord_amz_outbox_state',
        batch: 'custrecord_amz_outbox_batch',
        sentAt: 'custrecord_amz_outbox_sent_at',
        code: 'custrecord_amz_outbox_code',
    };
    const STATES = { waiting: 'waiting', sent: 'sent', refused: 'refused' };

    const CANCEL_STATE = 'custbody_amz_cancel_state';
    const OUR_ROLE = 'customrole_amz_accelerator';
    // written out because not every release has them all in runtime.ContextType
    const OUR_CONTEXTS = ['RESTWEBSERVICES', 'REST_WEBSERVICES', 'RESTLET'];

    const word = (value) => String(value ?? '').trim().toLowerCase();

    /**
     * Whether the accelerator itself made this save: it came in by REST or a RESTlet AND under our role.
     *
     * Neither is enough alone. Other connectors write by REST too, and what they change must be told. A person may
     * hold our role for a while to look at something, and what a person saves must be told. The role has a script id
     * that survives a move to another account, which internal ids of users and integrations do not. Where a merchant
     * gives us another role, our own saves are told as well: the receiver knows them by its marks, and the cost is one
     * look. A save told too often is harmless, a save not told is not.
     */
    const isOurs = () =>
        OUR_CONTEXTS.includes(String(runtime.executionContext).toUpperCase()) &&
        word(runtime.getCurrentUser().roleId) === OUR_ROLE;

    const isTrue = (value) => value === true || value === 'T';

    // C is cancelled, H is closed
    const isEnded = (order) => ['C', 'H'].includes(order.getValue({ fieldId: 'orderstatus' }));

    const closedLines = (order) => {
        const closed = [];
        for (let line = 0; line < order.getLineCount({ sublistId: 'item' }); line += 1) {
            const value = (fieldId) => order.getSublistValue({ sublistId: 'item', fieldId, line });
            if (isTrue(value('isclosed'))) closed.push(String(value('line')));
        }
        return closed;
    };

    /**
     * Whether a save of a sales order asks to cancel: it was cancelled or closed, a line was closed, or the cancel
     * state became "requested". Only changes count: an order that was closed before is just an order being saved.
     * An inline edit (xedit) shows the changed fields alone; all others are empty and no line is to be seen.
     */
    const asksToCancel = ({ type, newRecord, oldRecord }) => {
        try {
            if (type === 'cancel') return true;
            if (!newRecord || !oldRecord || type === 'delete') return false;
            const requested = (order) => word(order.getValue({ fieldId: CANCEL_STATE })) === 'requested';
            if (requested(newRecord) && !requested(oldRecord)) return true;
            if (isEnded(newRecord) && !isEnded(oldRecord)) return true;
            const before = closedLines(oldRecord);
            return closedLines(newRecord).some((line) => !before.includes(line));
        } catch (failure) {
            // an ordinary notice is written instead, and the receiver reads the order itself
            log.error({ title: 'amz: cancellation not recognised', details: failure });
            return false;
        }
    };

    const writeRow = (changed, event) => {
        const row = record.create({ type: OUTBOX });
        const set = (fieldId, value) => row.setValue({ fieldId, value });
        set(FIELDS.recordType, changed.type);
        set(FIELDS.recordId, String(changed.id));
        set(FIELDS.event, event);
        // text in UTC: sorts by time, and is the same whatever the preferences of the user are
        set(FIELDS.at, new Date().toISOString());
        set(FIELDS.context, String(runtime.executionContext ?? ''));
        set(FIELDS.state, STATES.waiting);
        row.save();
    };

    /**
     * Has the rows sent at once when the script is free. It has a deployment of its own for this, because one on a
     * schedule cannot be submitted. When it is busy, or the user may not submit, the schedule sends the row.
     */
    const wake = () => {
        try {
            task.create({
                taskType: task.TaskType.MAP_REDUCE,
                scriptId: 'customscript_amz_mr_outbox',
                deploymentId: 'customdeploy_amz_mr_outbox_now',
            }).submit();
        } catch (busy) {
            log.debug({ title: 'amz: outbox waits for its schedule', details: busy });
        }
    };

    /**
     * Writes one row for a save, unless it is our own. Never throws: an error here would be shown to the person who
     * saves and could keep other scripts from running. What is lost is found by the change feed.
     */
    const tell = (context, event) => {
        try {
            if (isOurs()) return;
            const changed = context.type === 'delete' ? context.oldRecord : context.newRecord;
            writeRow(changed, event ?? context.type);
            wake();
        } catch (failure) {
            log.error({ title: 'amz: change not told', details: failure });
        }
    };

    return { OUTBOX, FIELDS, STATES, asksToCancel, tell };
});
