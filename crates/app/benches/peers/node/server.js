// The webhook's endpoint as it is usually written with Express: check the credentials, parse, insert, answer.
'use strict';

const { timingSafeEqual } = require('node:crypto');
const express = require('express');
const { Pool } = require('pg');

const pool = new Pool({ host: process.env.DATABASE_SOCKET, database: process.env.DATABASE, user: 'postgres', max: 20 });
const expected = Buffer.from(
  'Basic ' + Buffer.from(`${process.env.WEBHOOK_USER}:${process.env.WEBHOOK_PASSWORD}`).toString('base64'));

function allowed(request) {
  const given = Buffer.from(request.get('authorization') ?? '');
  return given.length === expected.length && timingSafeEqual(given, expected);
}

const app = express();
app.disable('x-powered-by');
app.disable('etag');

app.get('/healthz', (request, response) => response.json({ status: 'ok' }));

// the bytes are kept as they came, so they are parsed here
app.post('/v1/:connection/amazon/events', express.raw({ type: '*/*', limit: '256kb' }), async (request, response) => {
  if (!allowed(request)) return response.status(401).json({ error: 'credentials_refused' });
  const body = request.body.toString('utf8');
  let event;
  try {
    event = JSON.parse(body);
  } catch {
    return response.status(400).json({ error: 'body_not_json' });
  }
  if (typeof event.idempotencyKey !== 'string' || typeof event.eventDescriptor !== 'string') {
    return response.status(400).json({ error: 'event_unreadable' });
  }
  try {
    const stored = await pool.query({
      name: 'store',
      text: 'insert into events (connection, event_key, kind, body) values ($1, $2, $3, $4) on conflict do nothing',
      values: [request.params.connection, event.idempotencyKey, event.eventDescriptor, body],
    });
    response.json({ outcome: stored.rowCount === 1 ? 'stored' : 'duplicate' });
  } catch (error) {
    console.error(error);
    response.status(503).json({ error: 'store_unavailable' });
  }
});

app.listen(Number(process.env.PORT), '127.0.0.1');
