/**
 * Sends the outbox.
 *
 * Input: rows that wait are put into batches, and the batch is written on each row BEFORE anything is sent.
 * Map: one batch, one request: POST of {"events": [ … ]}, signed. The receiver knows an event by the id of the
 * request and the event's place in the list, so a batch is always sent as the same list under the same id: all its
 * rows in the order of their ids, those that have their answer included. Sent twice, it counts once.
 * Summarize: finished rows older than 30 days are deleted, a bite at a time.
 *
 * The script has two deployments, one on a schedule and one that the user events submit; they may run side by side.
 *
 * @NApiVersion 2.1
 * @NScriptType MapReduceScript
 * @NModuleScope SameAccount
 */
define(
    ['N/https', 'N/log', 'N/query', 'N/record', 'N/runtime', './amz_outbox', './amz_signature'],
    (https, log, query, record, runtime, outbox, signature) => {
        const { OUTBOX, FIELDS, STATES } = outbox;

        // A batch costs 220 of the 1,000 units of a map call; a run's claims 6,010 of the 10,000 of the input.
        const ROWS_PER_BATCH = 100;
        const ROWS_PER_RUN = 1000;
        const PURGED_PER_RUN = 500;
        const KEPT_DAYS = 30;

        const WAITING = `SELECT id, batch_id FROM (SELECT id, ${FIELDS.batch} AS batch_id FROM ${OUTBOX}
            WHERE ${FIELDS.state} = '${STATES.waiting}' ORDER BY id) WHERE ROWNUM <= ${ROWS_PER_RUN}`;
        const BATCH = `SELECT id, ${FIELDS.recordType} AS record_type, ${FIELDS.recordId} AS record_id,
            ${FIELDS.event} AS event_name, ${FIELDS.at} AS saved_at, ${FIELDS.state} AS row_state
            FROM ${OUTBOX} WHERE ${FIELDS.batch} = ? ORDER BY id`;
        // A batch that waits stays whole. Rows that never got a batch go too: nobody has listened for so long.
        const OUTDATED = `SELECT id FROM (SELECT id FROM ${OUTBOX} WHERE ${FIELDS.at} < ?
            AND (${FIELDS.batch} IS NULL OR ${FIELDS.batch} NOT IN (SELECT ${FIELDS.batch} FROM ${OUTBOX}
            WHERE ${FIELDS.state} = '${STATES.waiting}' AND ${FIELDS.batch} IS NOT NULL))
            ORDER BY id) WHERE ROWNUM <= ${PURGED_PER_RUN}`;

        const rows = (sql, params = []) => query.runSuiteQL({ query: sql, params }).asMappedResults();

        // Empty in an account that must not call out. A copy of an account (a sandbox) keeps this address but not the
        // API secret, so that nothing is signed there, and so nothing sent, before somebody has set up both.
        const address = () =>
            String(runtime.getCurrentScript().getParameter({ name: 'custscript_amz_url' }) ?? '').trim();

        const newBatch = (row) => `amz_${row.id}_${Date.now().toString(36)}${Math.random().toString(36).slice(2, 8)}`;

        /**
         * Puts a row into a batch unless somebody else was quicker: the record type locks optimistically, so that the
         * later of two saves is refused.
         */
        const claim = (row, batch) => {
            try {
                const stored = record.load({ type: OUTBOX, id: row.id });
                if (stored.getValue({ fieldId: FIELDS.batch })) return false;
                stored.setValue({ fieldId: FIELDS.batch, value: batch });
                stored.save();
                return true;
            } catch (taken) {
                log.debug({ title: 'amz: outbox row left to another run', details: taken });
                return false;
            }
        };

        const getInputData = () => {
            if (!address()) {
                log.audit({ title: 'amz: nothing sent', details: 'custscript_amz_url is empty' });
                return [];
            }
            const waiting = rows(WAITING);
            const batches = new Set(waiting.filter((row) => row.batch_id).map((row) => row.batch_id));
            // Claimed in the order of the ids, so that whoever reads a batch meanwhile sees its beginning.
            const free = waiting.filter((row) => !row.batch_id);
            for (let start = 0; start < free.length; start += ROWS_PER_BATCH) {
                const batch = newBatch(free[start]);
                const claimed = free.slice(start, start + ROWS_PER_BATCH).filter((row) => claim(row, batch));
                if (claimed.length > 0) batches.add(batch);
            }
            return [...batches].map((batch) => ({ batch }));
        };

        // The receiver tells repeats apart by the batch and this id, whatever became of other rows of the batch.
        const event = (row) => ({
            id: String(row.id),
            type: `${row.record_type}.${row.event_name}`,
            timestamp: row.saved_at,
            data: { recordType: row.record_type, id: String(row.record_id), event: row.event_name },
        });

        /**
         * What became of each event, or null when the answer does not say. A success without results is no receipt: it
         * may be a page of something in between. A refusal with results means that each event was judged.
         */
        const resultsOf = (response, count) => {
            if (response.code >= 500) return null;
            try {
                const { results } = JSON.parse(response.body);
                return Array.isArray(results) && results.length === count ? results : null;
            } catch (unreadable) {
                return null;
            }
        };

        const ENDINGS = { stored: STATES.sent, duplicate: STATES.sent, refused: STATES.refused };

        const mark = (row, { outcome, problem }) => {
            try {
                if (!Object.hasOwn(ENDINGS, outcome)) throw new Error(`outcome ${outcome} is not known`);
                record.submitFields({
                    type: OUTBOX,
                    id: row.id,
                    values: {
                        [FIELDS.state]: ENDINGS[outcome],
                        [FIELDS.sentAt]: new Date().toISOString(),
                        [FIELDS.code]: problem?.code ?? '',
                    },
                });
            } catch (failure) {
                // it waits on, and its whole batch is sent again
                log.error({ title: `amz: outbox row ${row.id} not marked`, details: failure });
            }
        };

        const send = (batch) => {
            const listed = rows(BATCH, [batch]);
            if (listed.length === 0) return;
            const body = JSON.stringify({ events: listed.map(event) });
            const timestamp = String(Math.floor(Date.now() / 1000));
            const response = https.post({
                url: address(),
                body,
                headers: {
                    'Content-Type': 'application/json',
                    'webhook-id': batch,
                    'webhook-timestamp': timestamp,
                    'webhook-signature': signature.sign(batch, timestamp, body),
                },
            });
            const results = resultsOf(response, listed.length);
            if (!results) {
                const details = `${batch}: ${response.code} ${String(response.body ?? '').slice(0, 300)}`;
                log.error({ title: 'amz: outbox batch waits', details });
                return;
            }
            listed.forEach((row, position) => {
                if (row.row_state === STATES.waiting) mark(row, results[position]);
            });
        };

        const map = ({ value }) => {
            try {
                send(JSON.parse(value).batch);
            } catch (failure) {
                log.error({ title: 'amz: outbox batch waits', details: failure });
            }
        };

        const purge = () => {
            const before = new Date(Date.now() - KEPT_DAYS * 24 * 60 * 60 * 1000).toISOString();
            rows(OUTDATED, [before]).forEach(({ id }) => record.delete({ type: OUTBOX, id }));
        };

        const summarize = (summary) => {
            if (summary.inputSummary.error) {
                log.error({ title: 'amz: outbox not read', details: summary.inputSummary.error });
            }
            try {
                purge();
            } catch (failure) {
                // two runs may want the same rows; what is left goes the next time
                log.error({ title: 'amz: outbox not purged', details: failure });
            }
        };

        return { getInputData, map, summarize };
    },
);
