/**
 * A NetSuite for the tests: the N modules that our scripts use, over plain data, counting units as documented
 * (transactions: create, load, transform 10, save 20; custom records 2 and 4; SuiteQL 10, https 10, task 20).
 *
 * Use: jest.mock('N/record', () => require('../testing/netsuite').modules.record) and so on.
 */
const nodeCrypto = require('crypto');

const OUTBOX = 'customrecord_amz_outbox';
const FIELD = (name) => `custrecord_amz_outbox_${name}`;

const state = {};

const reset = () => {
    Object.keys(state).forEach((key) => delete state[key]);
    Object.assign(state, {
        units: 0,
        /** Rows of the outbox, in the order of their ids. */
        rows: [],
        /** Transactions by internal id, and those that transforms give. */
        records: {},
        transformed: null,
        saved: [],
        context: 'USERINTERFACE',
        roleId: 'customrole_shop_clerk',
        parameters: { custscript_amz_url: 'https://amz.example/v1/main/netsuite/events' },
        /** API secrets by script id, in base64. */
        secrets: { custsecret_amz_signing: 'MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw' },
        submitted: [],
        requests: [],
        /** Answers a request: {code, body}. */
        receiver: () => ({ code: 500, body: '' }),
        logged: [],
        /** Makes a call fail: {'record.create': error}. */
        failing: {},
    });
};

const cost = (units, call) => {
    state.units += units;
    if (state.failing[call]) throw state.failing[call];
};

/** A record over plain values; `type` and `id` as NetSuite has them. */
const makeRecord = ({ type, id, values = {}, lines = [], onSave }) => ({
    type,
    id,
    values,
    lines,
    getValue: ({ fieldId }) => values[fieldId] ?? '',
    setValue: ({ fieldId, value }) => {
        values[fieldId] = value;
    },
    getLineCount: () => lines.length,
    getSublistValue: ({ sublistId, fieldId, line }) => (sublistId === 'item' ? lines[line][fieldId] : undefined),
    setSublistValue: ({ sublistId, fieldId, line, value }) => {
        if (sublistId !== 'item') throw new Error(`no sublist ${sublistId}`);
        lines[line][fieldId] = value;
    },
    save: () => {
        if (onSave) return onSave(values);
        cost(20, 'record.save');
        state.saved.push(type);
        return id;
    },
});

const isRow = (type) => type === OUTBOX;

const rowOf = (id) => {
    const row = state.rows.find((candidate) => candidate.id === Number(id));
    if (!row) throw Object.assign(new Error('no such record'), { name: 'RCRD_DSNT_EXIST' });
    return row;
};

const record = {
    create: ({ type }) => {
        if (!isRow(type)) throw new Error(`nobody creates ${type}`);
        cost(2, 'record.create');
        const onSave = (values) => {
            cost(4, 'record.save');
            const id = 1 + Math.max(0, ...state.rows.map((row) => row.id));
            state.rows.push({ id, version: 1, values: { ...values } });
            return id;
        };
        return makeRecord({ type, onSave });
    },
    load: ({ type, id, isDynamic }) => {
        if (!isRow(type)) {
            cost(10, 'record.load');
            // in dynamic mode a line must be selected first; our scripts set lines directly
            if (isDynamic) throw new Error('not made for dynamic mode');
            const found = state.records[id];
            if (!found || found.type !== type) throw Object.assign(new Error('gone'), { name: 'RCRD_DSNT_EXIST' });
            return found;
        }
        cost(2, 'record.load');
        const { version, values } = rowOf(id);
        const onSave = (changed) => {
            cost(4, 'record.save');
            const stored = rowOf(id);
            if (stored.version !== version) {
                throw Object.assign(new Error('changed'), { name: 'RCRD_HAS_BEEN_CHANGED' });
            }
            Object.assign(stored, { version: version + 1, values: { ...changed } });
            return id;
        };
        return makeRecord({ type, id, values: { ...values }, onSave });
    },
    submitFields: ({ type, id, values }) => {
        if (!isRow(type)) throw new Error(`nobody marks ${type}`);
        cost(2, 'record.submitFields');
        const stored = rowOf(id);
        Object.assign(stored.values, values);
        stored.version += 1;
    },
    delete: ({ type, id }) => {
        if (!isRow(type)) throw new Error(`nobody deletes ${type}`);
        cost(4, 'record.delete');
        state.rows.splice(state.rows.indexOf(rowOf(id)), 1);
    },
    transform: (options) => {
        cost(10, 'record.transform');
        state.transformed = options;
        return state.records[`${options.fromId}:${options.toType}`];
    },
};

/** What the map/reduce script asks, told apart by its conditions. */
const query = {
    runSuiteQL: ({ query: sql, params = [] }) => {
        cost(10, 'query.runSuiteQL');
        const value = (row, name) => row.values[FIELD(name)] || null;
        const is = (text) => sql.replace(/\s+/g, ' ').includes(text);
        const waits = (row) => value(row, 'state') === 'waiting';
        const bite = (rows) => rows.slice(0, Number(/ROWNUM <= (\d+)/.exec(sql)[1]));
        let found;
        if (is(`WHERE ${FIELD('batch')} = ? ORDER BY id`)) {
            found = state.rows.filter((row) => value(row, 'batch') === params[0]);
        } else if (is(`WHERE ${FIELD('at')} < ? AND (${FIELD('batch')} IS NULL OR ${FIELD('batch')} NOT IN (SELECT`)) {
            const open = state.rows.filter(waits).map((row) => value(row, 'batch'));
            const outdated = (row) => value(row, 'at') < params[0] && !open.includes(value(row, 'batch') ?? undefined);
            found = bite(state.rows.filter(outdated));
        } else if (is(`WHERE ${FIELD('state')} = 'waiting' ORDER BY id`)) {
            found = bite(state.rows.filter(waits));
        } else {
            throw new Error(`a query that the tests do not know: ${sql}`);
        }
        const columns = (row) => ({
            id: row.id,
            batch_id: value(row, 'batch'),
            record_type: value(row, 'record_type'),
            record_id: value(row, 'record_id'),
            event_name: value(row, 'event'),
            saved_at: value(row, 'at'),
            row_state: value(row, 'state'),
        });
        return { asMappedResults: () => found.map(columns) };
    },
};

const modules = {
    record,
    query,
    log: Object.fromEntries(
        ['debug', 'audit', 'error', 'emergency'].map((level) => [
            level,
            (entry) => state.logged.push({ level, ...entry }),
        ]),
    ),
    runtime: {
        get executionContext() {
            return state.context;
        },
        getCurrentUser: () => ({ roleId: state.roleId }),
        getCurrentScript: () => ({ getParameter: ({ name }) => state.parameters[name] ?? null }),
    },
    task: {
        TaskType: { MAP_REDUCE: 'MAP_REDUCE' },
        create: (options) => ({
            submit: () => {
                cost(20, 'task.submit');
                state.submitted.push(options);
            },
        }),
    },
    https: {
        post: (request) => {
            cost(10, 'https.post');
            state.requests.push(request);
            return state.receiver(request);
        },
    },
    encode: { Encoding: { BASE_64: 'BASE_64', UTF_8: 'UTF_8' } },
    crypto: {
        HashAlg: { SHA256: 'SHA256' },
        createSecretKey: ({ secret, encoding }) => {
            if (!(secret in state.secrets)) throw Object.assign(new Error('no secret'), { name: 'INVALID_SECRET' });
            return { secret, encoding };
        },
        createHmac: ({ algorithm, key }) => {
            if (algorithm !== 'SHA256' || key.encoding !== 'BASE_64') throw new Error('not as agreed');
            const hmac = nodeCrypto.createHmac('sha256', Buffer.from(state.secrets[key.secret], 'base64'));
            return {
                update: ({ input, inputEncoding }) => hmac.update(input, inputEncoding === 'UTF_8' ? 'utf8' : 'latin1'),
                digest: ({ outputEncoding }) => hmac.digest(outputEncoding === 'BASE_64' ? 'base64' : 'hex'),
            };
        },
    },
    error: { create: ({ name, message }) => Object.assign(new Error(message), { name }) },
};

reset();

module.exports = { state, reset, modules, makeRecord, FIELD };
