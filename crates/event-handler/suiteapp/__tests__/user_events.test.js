jest.mock('N/log', () => require('../testing/netsuite').modules.log);
jest.mock('N/record', () => require('../testing/netsuite').modules.record);
jest.mock('N/runtime', () => require('../testing/netsuite').modules.runtime);
jest.mock('N/task', () => require('../testing/netsuite').modules.task);

const { state, reset, makeRecord, FIELD } = require('../testing/netsuite');
const manageOrder = require('SuiteScripts/amz/amz_ue_manage_order');
const cancelOrder = require('SuiteScripts/amz/amz_ue_cancel_order');
const manageFulfillment = require('SuiteScripts/amz/amz_ue_manage_fulfillment');
const manageReturn = require('SuiteScripts/amz/amz_ue_manage_return_auth');
const manageRefund = require('SuiteScripts/amz/amz_ue_manage_refund');

const SCRIPTS = { manageOrder, cancelOrder, manageFulfillment, manageReturn, manageRefund };

beforeEach(reset);

const order = (values = {}, lines = []) =>
    makeRecord({ type: 'salesorder', id: 42, values: { orderstatus: 'B', ...values }, lines });

/** Both scripts of a sales order on one save. */
const saveOrder = (type, newRecord, oldRecord) => {
    manageOrder.afterSubmit({ type, newRecord, oldRecord });
    cancelOrder.afterSubmit({ type, newRecord, oldRecord });
    return state.rows.map((row) => row.values[FIELD('event')]);
};

const line = (number, isclosed) => ({ line: number, isclosed });

test('a save makes one waiting row with all that is needed', () => {
    expect(saveOrder('edit', order(), order())).toEqual(['edit']);
    const { values } = state.rows[0];
    expect(values).toEqual({
        [FIELD('record_type')]: 'salesorder',
        [FIELD('record_id')]: '42',
        [FIELD('event')]: 'edit',
        [FIELD('at')]: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
        [FIELD('context')]: 'USERINTERFACE',
        [FIELD('state')]: 'waiting',
    });
});

test('one save costs less than 30 units', () => {
    saveOrder('edit', order({}, [line(1, true)]), order({}, [line(1, false)]));
    expect(state.units).toBe(26);
});

test('the sending is woken by the deployment that can be submitted', () => {
    saveOrder('create', order());
    expect(state.submitted).toEqual([
        {
            taskType: 'MAP_REDUCE',
            scriptId: 'customscript_amz_mr_outbox',
            deploymentId: 'customdeploy_amz_mr_outbox_now',
        },
    ]);
});

test('a busy sending leaves the row to the schedule, without a word to the user', () => {
    state.failing['task.submit'] = Object.assign(new Error('busy'), { name: 'MAP_REDUCE_ALREADY_RUNNING' });
    expect(saveOrder('edit', order(), order())).toEqual(['edit']);
    expect(state.logged.map(({ level }) => level)).toEqual(['debug']);
});

test.each(['create', 'edit', 'xedit', 'approve', 'delete', 'pack', 'ship'])('%s is told under its own name', (type) => {
    expect(saveOrder(type, type === 'delete' ? null : order(), order())).toEqual([type]);
});

test('each record type is told by its script', () => {
    const save = (script, type) => script.afterSubmit({ type: 'edit', newRecord: makeRecord({ type, id: 7 }) });
    save(manageFulfillment, 'itemfulfillment');
    save(manageReturn, 'returnauthorization');
    ['creditmemo', 'cashrefund', 'customerrefund'].forEach((type) => save(manageRefund, type));
    expect(state.rows.map((row) => row.values[FIELD('record_type')])).toEqual([
        'itemfulfillment',
        'returnauthorization',
        'creditmemo',
        'cashrefund',
        'customerrefund',
    ]);
});

describe('whose save it is', () => {
    test.each(['RESTWEBSERVICES', 'REST_WEBSERVICES', 'RESTLET'])('ours by %s is skipped', (context) => {
        Object.assign(state, { context, roleId: 'customrole_amz_accelerator' });
        expect(saveOrder('edit', order(), order())).toEqual([]);
        expect(state.units).toBe(0);
    });

    test.each([
        ['another connector by REST', 'RESTWEBSERVICES', 'customrole_other_shop'],
        ['a person with our role', 'USERINTERFACE', 'customrole_amz_accelerator'],
        ['a CSV import with our role', 'CSVIMPORT', 'customrole_amz_accelerator'],
        ['a script without a role', 'SCHEDULED', undefined],
    ])('%s is told', (_, context, roleId) => {
        Object.assign(state, { context, roleId });
        expect(saveOrder('edit', order(), order())).toEqual(['edit']);
    });
});

describe('what asks to cancel', () => {
    test.each([
        ['the cancel button', 'cancel', order(), order()],
        ['cancelled', 'edit', order({ orderstatus: 'C' }), order()],
        ['closed', 'edit', order({ orderstatus: 'H' }), order()],
        ['one line closed', 'edit', order({}, [line(1, 'F'), line(2, 'T')]), order({}, [line(1, 'F'), line(2, 'F')])],
        ['one line closed, one opened', 'edit', order({}, [line(1, 'F'), line(2, 'T')]), order({}, [line(1, 'T'), line(2, 'F')])],
        ['requested', 'edit', order({ custbody_amz_cancel_state: ' Requested' }), order()],
        ['requested again', 'edit', order({ custbody_amz_cancel_state: 'requested' }), order({ custbody_amz_cancel_state: 'rejected' })],
        ['requested inline', 'xedit', makeRecord({ type: 'salesorder', id: 42, values: { custbody_amz_cancel_state: 'requested' } }), order({}, [line(1, false)])],
    ])('%s', (_, type, newRecord, oldRecord) => {
        expect(saveOrder(type, newRecord, oldRecord)).toEqual(['cancel']);
    });

    test.each([
        ['created with a request', 'create', order({ custbody_amz_cancel_state: 'requested' }), null],
        ['requested before', 'edit', order({ custbody_amz_cancel_state: 'requested' }), order({ custbody_amz_cancel_state: 'requested' })],
        ['request answered', 'edit', order({ custbody_amz_cancel_state: 'accepted' }), order({ custbody_amz_cancel_state: 'requested' })],
        ['closed before', 'edit', order({ orderstatus: 'H' }, [line(1, true)]), order({ orderstatus: 'H' }, [line(1, true)])],
        ['a line opened', 'edit', order({}, [line(1, false)]), order({}, [line(1, true)])],
        ['a line taken out before the closed one', 'edit', order({}, [line(2, true)]), order({}, [line(1, false), line(2, true)])],
        ['another field inline', 'xedit', makeRecord({ type: 'salesorder', id: 42, values: { memo: 'x' } }), order({ orderstatus: 'H' }, [line(1, true)])],
        ['deleted', 'delete', order({ orderstatus: 'H' }), order()],
    ])('not: %s', (_, type, newRecord, oldRecord) => {
        expect(saveOrder(type, newRecord, oldRecord)).toEqual([type]);
    });

    test('an order that cannot be compared is told as an ordinary save', () => {
        const unreadable = { ...order(), getLineCount: () => { throw new Error('no lines'); } };
        expect(saveOrder('edit', unreadable, order())).toEqual(['edit']);
    });
});

test.each(Object.entries(SCRIPTS))('%s never throws into the save', (_, script) => {
    const contexts = [{}, { type: 'edit' }, { type: 'edit', newRecord: order(), oldRecord: order() }, { type: 'cancel', newRecord: order(), oldRecord: order() }];
    ['record.create', 'record.save'].forEach((call) => {
        state.failing = { [call]: new Error('out of order') };
        contexts.forEach((context) => expect(() => script.afterSubmit(context)).not.toThrow());
    });
    expect(state.rows).toEqual([]);
    expect(state.logged.some(({ level }) => level === 'error')).toBe(true);
});
