jest.mock('N/error', () => require('../testing/netsuite').modules.error);
jest.mock('N/log', () => require('../testing/netsuite').modules.log);
jest.mock('N/record', () => require('../testing/netsuite').modules.record);

const { state, reset, makeRecord } = require('../testing/netsuite');
const { post } = require('SuiteScripts/amz/amz_rt_event_entry');

beforeEach(reset);

/** The code that a request is refused with. */
const refusal = (request) => {
    try {
        post(request);
    } catch (failure) {
        return failure.name;
    }
    return 'none';
};

test('ping answers and touches nothing', () => {
    expect(post({ action: 'ping' })).toEqual({ ok: true, version: 1 });
    expect(state.units).toBe(0);
});

test.each([[{ action: 'drop' }], [{ action: 'constructor' }], [{}], [null], ['ping']])('%j is no action', (request) => {
    expect(refusal(request)).toBe('AMZ_UNKNOWN_ACTION');
});

describe('markOrder', () => {
    let order;
    beforeEach(() => {
        // places and numbers of lines differ: lines were taken out
        order = makeRecord({ type: 'salesorder', id: 42, lines: [{ line: '1' }, { line: '3' }, { line: '4' }] });
        state.records[42] = order;
    });

    test('fields and lines change in one save', () => {
        const answer = post({
            action: 'markOrder',
            salesOrder: '42',
            body: { custbody_amz_order_id: '1-1', custbody_amz_hold: false, custbody_amz_sync_message: null, custbody_amz_milestone_at: '2026-03-02T09:00:00Z' },
            lines: [
                { line: 3, fields: { custcol_amz_line_id: 'L3' }, isClosed: true },
                { line: 4, isClosed: false, quantity: '2.5' },
            ],
        });
        expect(answer).toEqual({ ok: true, id: '42' });
        expect(order.values).toEqual({
            custbody_amz_order_id: '1-1',
            custbody_amz_hold: false,
            custbody_amz_sync_message: '',
            custbody_amz_milestone_at: new Date('2026-03-02T09:00:00Z'),
        });
        expect(order.lines).toEqual([
            { line: '1' },
            { line: '3', custcol_amz_line_id: 'L3', isclosed: true },
            { line: '4', isclosed: false, quantity: 2.5 },
        ]);
        expect(state.saved).toEqual(['salesorder']);
        expect(state.units).toBe(30);
    });

    test.each([
        ['AMZ_LINE_NOT_FOUND', { salesOrder: 42, lines: [{ line: 2, fields: {} }] }],
        ['AMZ_BAD_REQUEST', { salesOrder: 42, lines: [{ fields: {} }] }],
        ['AMZ_BAD_REQUEST', { salesOrder: 42, lines: [{ line: 1, quantity: 'two' }] }],
        ['AMZ_BAD_REQUEST', { salesOrder: '../42' }],
        ['AMZ_BAD_REQUEST', {}],
        ['RCRD_DSNT_EXIST', { salesOrder: 43 }],
    ])('%s for %j, and nothing is saved', (code, request) => {
        expect(refusal({ action: 'markOrder', ...request })).toBe(code);
        expect(state.saved).toEqual([]);
    });
});

describe('receive', () => {
    let receipt;
    beforeEach(() => {
        const lines = [1, 2, 3].map((orderline) => ({ orderline, itemreceive: true, restock: true, quantity: 9 }));
        receipt = makeRecord({ type: 'itemreceipt', id: 77, lines });
        state.records['55:itemreceipt'] = receipt;
    });
    const request = {
        action: 'receive',
        returnAuthorization: '55',
        externalId: 'amz-ir-1',
        date: '2026-03-02',
        location: '8',
        body: { memo: 'back', custbody_amz_return_id: 'R1' },
        lines: [
            { orderLine: 3, quantity: '1', restock: false, location: '9' },
            { orderLine: 1, quantity: 2, restock: true },
        ],
    };

    test('named lines are received with their restock flag, the others left out', () => {
        expect(post(request)).toEqual({ ok: true, id: '77' });
        expect(state.transformed).toEqual({
            fromType: 'returnauthorization',
            fromId: '55',
            toType: 'itemreceipt',
            isDynamic: false,
        });
        expect(receipt.values).toEqual({
            externalid: 'amz-ir-1',
            trandate: new Date(2026, 2, 2, 12),
            location: '8',
            memo: 'back',
            custbody_amz_return_id: 'R1',
        });
        expect(receipt.lines).toEqual([
            { orderline: 1, itemreceive: true, restock: true, quantity: 2, location: '8' },
            { orderline: 2, itemreceive: false, restock: true, quantity: 9 },
            { orderline: 3, itemreceive: true, restock: false, quantity: 1, location: '9' },
        ]);
    });

    test.each([
        ['AMZ_BAD_REQUEST', { date: '2.3.2026' }],
        ['AMZ_BAD_REQUEST', { externalId: '' }],
        ['AMZ_BAD_REQUEST', { lines: undefined }],
        ['AMZ_BAD_REQUEST', { lines: {} }],
        ['AMZ_BAD_REQUEST', { lines: [{ orderLine: 1, quantity: 1 }] }],
        ['AMZ_LINE_NOT_FOUND', { lines: [{ orderLine: 4, quantity: 1, restock: true }] }],
    ])('%s for %j, and nothing is saved', (code, change) => {
        expect(refusal({ ...request, ...change })).toBe(code);
        expect(state.saved).toEqual([]);
    });

    test("NetSuite's own refusal keeps its code and text", () => {
        state.failing['record.save'] = Object.assign(new Error('already there'), { name: 'DUP_RCRD' });
        expect(() => post(request)).toThrow(expect.objectContaining({ name: 'DUP_RCRD', message: 'already there' }));
    });
});

describe('setLineTax', () => {
    beforeEach(() => {
        state.records[9] = makeRecord({ type: 'creditmemo', id: 9, lines: [{ line: 1 }, { line: 2 }] });
    });

    test('amounts are set exactly, whatever the case of the type', () => {
        const lines = [{ line: 2, tax: '1.45' }];
        expect(post({ action: 'setLineTax', recordType: 'creditMemo', id: '9', lines })).toEqual({ ok: true, id: '9' });
        expect(state.records[9].lines).toEqual([{ line: 1 }, { line: 2, tax1amt: 1.45 }]);
    });

    test.each([
        [{ recordType: 'customer' }],
        [{ recordType: 'creditMemo', lines: [{ line: 1, tax: '1,45' }] }],
        [{ recordType: 'creditMemo', lines: [{ line: 1, tax: '12345678901234.56' }] }],
    ])('%j is refused', (change) => {
        expect(refusal({ action: 'setLineTax', id: '9', lines: [], ...change })).toBe('AMZ_BAD_REQUEST');
        expect(state.saved).toEqual([]);
    });
});
