jest.mock('N/crypto', () => require('../testing/netsuite').modules.crypto);
jest.mock('N/encode', () => require('../testing/netsuite').modules.encode);
jest.mock('N/https', () => require('../testing/netsuite').modules.https);
jest.mock('N/log', () => require('../testing/netsuite').modules.log);
jest.mock('N/query', () => require('../testing/netsuite').modules.query);
jest.mock('N/record', () => require('../testing/netsuite').modules.record);
jest.mock('N/runtime', () => require('../testing/netsuite').modules.runtime);
jest.mock('N/task', () => require('../testing/netsuite').modules.task);

const { state, reset, FIELD } = require('../testing/netsuite');
const script = require('SuiteScripts/amz/amz_mr_outbox');
const signature = require('SuiteScripts/amz/amz_signature');

beforeEach(reset);

const addRows = (count, values = {}) => {
    for (let added = 0; added < count; added += 1) {
        const id = state.rows.length + 1;
        state.rows.push({
            id,
            version: 1,
            values: {
                [FIELD('record_type')]: 'salesorder',
                [FIELD('record_id')]: String(1000 + id),
                [FIELD('event')]: 'edit',
                [FIELD('at')]: new Date().toISOString(),
                [FIELD('state')]: 'waiting',
                ...Object.fromEntries(Object.entries(values).map(([name, value]) => [FIELD(name), value])),
            },
        });
    }
};

/** One run of the script, as NetSuite makes it. */
const run = () => {
    script.getInputData().forEach((value, key) => script.map({ key: String(key), value: JSON.stringify(value) }));
    script.summarize({ inputSummary: { error: null } });
};

const column = (name) => state.rows.map((row) => row.values[FIELD(name)]);
const eventsOf = (request) => JSON.parse(request.body).events;
const results = (each) => (request) => ({
    code: 200,
    body: JSON.stringify({ results: eventsOf(request).map((event, position) => ({ position, ...each(event, position) })) }),
});
const stored = results(() => ({ outcome: 'stored' }));

test('a signature agrees with the example of the specification', () => {
    expect(signature.sign('msg_p5jXN8AQM9LWM0D4loKWxJek', 1614265330, '{"test": 2432232314}')).toBe(
        'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
    );
});

test('rows are posted as events, signed, and marked', () => {
    addRows(2);
    state.receiver = stored;
    run();
    expect(state.requests).toHaveLength(1);
    const [{ url, headers, body }] = state.requests;
    expect(url).toBe('https://amz.example/v1/main/netsuite/events');
    expect(headers['Content-Type']).toBe('application/json');
    expect(headers['webhook-signature']).toBe(
        signature.sign(headers['webhook-id'], headers['webhook-timestamp'], body),
    );
    expect(Math.abs(Number(headers['webhook-timestamp']) * 1000 - Date.now())).toBeLessThan(60000);
    expect(eventsOf(state.requests[0])[0]).toEqual({
        id: expect.stringMatching(/^\d+$/),
        type: 'salesorder.edit',
        timestamp: column('at')[0],
        data: { recordType: 'salesorder', id: '1001', event: 'edit' },
    });
    expect(column('state')).toEqual(['sent', 'sent']);
    expect(column('sent_at').every((at) => at.endsWith('Z'))).toBe(true);
});

test('batches hold up to a hundred rows, oldest first, and a run takes a thousand', () => {
    addRows(1050);
    state.receiver = stored;
    run();
    expect(state.requests.map((request) => eventsOf(request).length)).toEqual(Array(10).fill(100));
    expect(eventsOf(state.requests[0])[0].data.id).toBe('1001');
    expect(new Set(state.requests.map(({ headers }) => headers['webhook-id'])).size).toBe(10);
    expect(column('state').lastIndexOf('sent')).toBe(999);
    run();
    expect(eventsOf(state.requests[10])).toHaveLength(50);
});

test('input and map stay within their units', () => {
    addRows(1000);
    state.receiver = stored;
    const batches = script.getInputData();
    expect(state.units).toBeLessThan(10000);
    state.units = 0;
    script.map({ value: JSON.stringify(batches[0]) });
    expect(state.units).toBeLessThan(1000);
});

test('the batch stands on the rows before anything is sent', () => {
    addRows(3);
    state.receiver = (request) => {
        expect(new Set(column('batch'))).toEqual(new Set([request.headers['webhook-id']]));
        return stored(request);
    };
    run();
    expect(state.requests).toHaveLength(1);
    expect(state.logged).toEqual([]);
});

test.each([
    ['500', () => ({ code: 500, body: 'x' })],
    ['503 with results', () => ({ code: 503, body: '{"results": [{"outcome": "stored"}, {"outcome": "stored"}]}' })],
    ['401', () => ({ code: 401, body: '{"code": "signature_refused"}' })],
    ['a page of something in between', () => ({ code: 200, body: '<html>' })],
    ['results of another list', () => ({ code: 200, body: '{"results": [{"outcome": "stored"}]}' })],
    ['no answer', () => { throw Object.assign(new Error('slow'), { name: 'SSS_REQUEST_TIME_EXCEEDED' }); }],
])('after %s the rows wait, and the same list goes out under the same id', (_, receiver) => {
    addRows(2);
    state.receiver = receiver;
    run();
    expect(column('state')).toEqual(['waiting', 'waiting']);
    expect(state.logged).toHaveLength(1);
    addRows(1);
    state.receiver = stored;
    run();
    const [first, second, other] = state.requests;
    expect(second.body).toBe(first.body);
    expect(second.headers['webhook-id']).toBe(first.headers['webhook-id']);
    expect(eventsOf(other)).toHaveLength(1);
    expect(column('state')).toEqual(['sent', 'sent', 'sent']);
});

test('a batch that was marked in part is repeated whole, and marks stay', () => {
    addRows(3);
    let marks = 0;
    const { submitFields } = require('../testing/netsuite').modules.record;
    state.receiver = stored;
    const failing = jest.spyOn(require('../testing/netsuite').modules.record, 'submitFields');
    failing.mockImplementation((options) => {
        marks += 1;
        if (marks > 1) throw new Error('out of order');
        submitFields(options);
    });
    run();
    failing.mockRestore();
    expect(column('state')).toEqual(['sent', 'waiting', 'waiting']);
    const sentAt = column('sent_at')[0];
    state.receiver = results(() => ({ outcome: 'duplicate' }));
    run();
    expect(state.requests[1].body).toBe(state.requests[0].body);
    expect(column('state')).toEqual(['sent', 'sent', 'sent']);
    expect(column('sent_at')[0]).toBe(sentAt);
});

test('refused events are marked with their code, the others as sent', () => {
    addRows(3);
    state.receiver = results((_, position) =>
        position === 1 ? { outcome: 'refused', problem: { code: 'record_id_unreadable' } } : { outcome: 'stored' },
    );
    run();
    expect(column('state')).toEqual(['sent', 'refused', 'sent']);
    expect(column('code')).toEqual(['', 'record_id_unreadable', '']);
    run();
    expect(state.requests).toHaveLength(1);
});

test('a list that is refused event by event does not come again', () => {
    addRows(1);
    const refusal = results(() => ({ outcome: 'refused', problem: { code: 'record_type_unreadable' } }));
    state.receiver = (request) => ({ ...refusal(request), code: 422 });
    run();
    expect(column('state')).toEqual(['refused']);
});

test('an outcome that is not known is no success', () => {
    addRows(1);
    state.receiver = results(() => ({ outcome: 'pondered' }));
    run();
    expect(column('state')).toEqual(['waiting']);
    expect(state.logged[0].level).toBe('error');
});

test.each(['', '  ', null])('without an address (%j) nothing is put into a batch and nothing sent', (url) => {
    addRows(2);
    state.parameters.custscript_amz_url = url;
    run();
    expect(state.requests).toEqual([]);
    expect(column('batch')).toEqual([undefined, undefined]);
});

test('without the secret nothing is sent: a copied account does not call out', () => {
    addRows(1);
    state.secrets = {};
    run();
    expect(state.requests).toEqual([]);
    expect(column('state')).toEqual(['waiting']);
});

describe('two runs side by side', () => {
    const { record } = require('../testing/netsuite').modules;
    const { load } = record;
    afterEach(() => jest.restoreAllMocks());

    const take = (options) => {
        const theirs = load(options);
        theirs.setValue({ fieldId: FIELD('batch'), value: 'theirs' });
        theirs.save();
    };

    test.each([
        ['before', (options) => { take(options); return load(options); }],
        ['after', (options) => { const ours = load(options); take(options); return ours; }],
    ])('a row that the other takes %s we look at it stays theirs', (_, taken) => {
        addRows(4);
        jest.spyOn(record, 'load').mockImplementation((options) => (options.id === 2 ? taken : load)(options));
        const [{ batch }] = script.getInputData();
        expect(column('batch')).toEqual([batch, 'theirs', batch, batch]);
    });

    test('a run that gets no row makes no batch', () => {
        addRows(2);
        jest.spyOn(record, 'load').mockImplementation((options) => { take(options); return load(options); });
        expect(script.getInputData()).toEqual([]);
    });
});

describe('what is deleted', () => {
    const old = new Date(Date.now() - 31 * 24 * 60 * 60 * 1000).toISOString();
    const young = new Date(Date.now() - 29 * 24 * 60 * 60 * 1000).toISOString();
    const left = () => state.rows.map((row) => row.id);

    test('rows older than 30 days, unless their batch waits', () => {
        addRows(1, { at: old, state: 'sent', batch: 'a' });
        addRows(1, { at: old, state: 'sent', batch: 'b' });
        addRows(1, { at: young, state: 'waiting', batch: 'b' });
        addRows(1, { at: young, state: 'sent', batch: 'c' });
        addRows(1, { at: old, state: 'refused', batch: 'a' });
        run();
        expect(left()).toEqual([2, 3, 4]);
    });

    test('rows that nobody ever asked for', () => {
        state.parameters = {};
        addRows(1, { at: old });
        addRows(1, { at: young });
        run();
        expect(left()).toEqual([2]);
    });

    test('in bites, within the units', () => {
        state.parameters = {};
        addRows(700, { at: old });
        script.summarize({ inputSummary: { error: null } });
        expect(left()).toHaveLength(200);
        expect(state.units).toBeLessThan(10000);
    });

    test('a failure to delete or to read is logged and no more', () => {
        addRows(1, { at: old, state: 'sent', batch: 'a' });
        state.failing['record.delete'] = new Error('gone');
        script.summarize({ inputSummary: { error: 'out of order' } });
        expect(state.logged.map(({ level }) => level)).toEqual(['error', 'error']);
    });
});
