/**
 * What the REST record service cannot do, for the accelerator alone.
 *
 * Called by POST with a JSON object; `action` says what is wanted. Answers {"ok": true, "id": "<internal id>"}. A call
 * that cannot be carried out changes nothing and throws; NetSuite makes {"error": {"code", "message"}} of it. Codes of
 * ours: AMZ_UNKNOWN_ACTION, AMZ_BAD_REQUEST, AMZ_LINE_NOT_FOUND. All other codes are NetSuite's own.
 *
 * ping         {}
 *              Answers {"ok": true, "version": 1} and touches no record.
 * markOrder    {salesOrder, body: {field: value}, lines: [{line, fields: {field: value}, isClosed?, quantity?}]}
 *              Changes fields and lines of a sales order in ONE save. `line` is the line's number (the column `line`,
 *              as in the record service), not its place. Answers with the order's id.
 * receive      {returnAuthorization, externalId, date, location?, body: {field: value},
 *               lines: [{orderLine, quantity, location?, restock}]}
 *              Makes the item receipt of a return. Lines that are not named are left out; of those that are, `restock`
 *              says whether the units go back into stock. `location` of a line beats that of the whole. Answers with
 *              the receipt's id. Not repeatable by itself: NetSuite refuses a second record with the same externalId.
 * setLineTax   {recordType, id, lines: [{line, tax}]}
 *              Sets the tax amount of lines where the account has taxes per line and not SuiteTax. Answers with the id.
 *
 * Ids are text or numbers. Quantities and amounts are text ("2", "1.45") or numbers, dates "YYYY-MM-DD". In `body` and
 * `fields`, true and false tick and untick, null empties, and an instant ("2026-03-02T09:00:00Z") is set as a time.
 *
 * @NApiVersion 2.1
 * @NScriptType Restlet
 * @NModuleScope SameAccount
 */
define(['N/error', 'N/log', 'N/record'], (error, log, record) => {
    const ITEM = 'item';
    const TAXED = ['salesorder', 'returnauthorization', 'invoice', 'cashsale', 'creditmemo', 'cashrefund'];

    const fail = (name, message) => error.create({ name, message, notifyOff: true });
    const required = (value, name) => {
        if (value === undefined || value === null || value === '') {
            throw fail('AMZ_BAD_REQUEST', `${name} is missing`);
        }
        return value;
    };
    const internalId = (value, name) => {
        if (!/^\d+$/.test(String(required(value, name)))) throw fail('AMZ_BAD_REQUEST', `${name} is no internal id`);
        return String(value);
    };
    // NetSuite wants numbers here; those of up to 15 digits pass through one unchanged
    const amount = (value, name) => {
        const text = String(required(value, name));
        if (!/^-?\d+(\.\d+)?$/.test(text) || text.replace(/\D/g, '').length > 15) {
            throw fail('AMZ_BAD_REQUEST', `${name} is no decimal number`);
        }
        return Number(text);
    };
    const list = (value) => {
        if (!Array.isArray(required(value, 'lines'))) throw fail('AMZ_BAD_REQUEST', 'lines is no list');
        return value;
    };
    // at noon: whatever time zones lie between this script and the user, it stays that day
    const day = (value, name) => {
        const parts = /^(\d{4})-(\d{2})-(\d{2})$/.exec(required(value, name));
        if (!parts) throw fail('AMZ_BAD_REQUEST', `${name} is no date`);
        return new Date(Number(parts[1]), Number(parts[2]) - 1, Number(parts[3]), 12);
    };
    const INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?Z$/;
    const plain = (value) => {
        if (value === null) return '';
        return INSTANT.test(value) ? new Date(value) : value;
    };
    const setBody = (target, fields) =>
        Object.entries(fields ?? {}).forEach(([fieldId, value]) => target.setValue({ fieldId, value: plain(value) }));

    /** Where the line is whose column `fieldId` has the number; it comes as text or not, so both are text here. */
    const placeOf = (target, fieldId, number) => {
        for (let line = 0; line < target.getLineCount({ sublistId: ITEM }); line += 1) {
            if (String(target.getSublistValue({ sublistId: ITEM, fieldId, line })) === String(number)) return line;
        }
        throw fail('AMZ_LINE_NOT_FOUND', `no line ${number}`);
    };
    const setter = (target, line) => (fieldId, value) =>
        target.setSublistValue({ sublistId: ITEM, fieldId, line, value });

    const ping = () => ({ ok: true, version: 1 });

    const markOrder = ({ salesOrder, body, lines }) => {
        const id = internalId(salesOrder, 'salesOrder');
        const order = record.load({ type: 'salesorder', id, isDynamic: false });
        setBody(order, body);
        (lines ?? []).forEach(({ line, fields, isClosed, quantity }) => {
            const set = setter(order, placeOf(order, 'line', required(line, 'line')));
            Object.entries(fields ?? {}).forEach(([fieldId, value]) => set(fieldId, plain(value)));
            if (quantity !== undefined) set('quantity', amount(quantity, 'quantity'));
            if (isClosed !== undefined) set('isclosed', isClosed === true);
        });
        return { ok: true, id: String(order.save()) };
    };

    const receive = ({ returnAuthorization, externalId, date, location, body, lines }) => {
        const receipt = record.transform({
            fromType: 'returnauthorization',
            fromId: internalId(returnAuthorization, 'returnAuthorization'),
            toType: 'itemreceipt',
            isDynamic: false,
        });
        receipt.setValue({ fieldId: 'externalid', value: required(externalId, 'externalId') });
        receipt.setValue({ fieldId: 'trandate', value: day(date, 'date') });
        if (location) receipt.setValue({ fieldId: 'location', value: internalId(location, 'location') });
        setBody(receipt, body);
        for (let line = 0; line < receipt.getLineCount({ sublistId: ITEM }); line += 1) {
            setter(receipt, line)('itemreceive', false);
        }
        list(lines).forEach((wanted) => {
            const set = setter(receipt, placeOf(receipt, 'orderline', required(wanted.orderLine, 'orderLine')));
            if (typeof wanted.restock !== 'boolean') throw fail('AMZ_BAD_REQUEST', 'restock must be true or false');
            set('itemreceive', true);
            set('quantity', amount(wanted.quantity, 'quantity'));
            if (wanted.location ?? location) set('location', internalId(wanted.location ?? location, 'location'));
            set('restock', wanted.restock);
        });
        return { ok: true, id: String(receipt.save()) };
    };

    const setLineTax = ({ recordType, id, lines }) => {
        const type = String(required(recordType, 'recordType')).toLowerCase();
        if (!TAXED.includes(type)) throw fail('AMZ_BAD_REQUEST', `recordType ${recordType} has no tax on lines`);
        const target = record.load({ type, id: internalId(id, 'id'), isDynamic: false });
        list(lines).forEach(({ line, tax }) => {
            setter(target, placeOf(target, 'line', required(line, 'line')))('tax1amt', amount(tax, 'tax'));
        });
        return { ok: true, id: String(target.save()) };
    };

    const ACTIONS = { ping, markOrder, receive, setLineTax };

    const post = (request) => {
        const action = request && Object.hasOwn(ACTIONS, request.action) ? ACTIONS[request.action] : null;
        if (!action) throw fail('AMZ_UNKNOWN_ACTION', 'action must be ping, markOrder, receive or setLineTax');
        try {
            return action(request);
        } catch (failure) {
            log.error({ title: `amz: ${request.action} failed`, details: failure });
            throw fail(failure.name || 'UNEXPECTED_ERROR', failure.message || String(failure));
        }
    };

    return { post };
});
