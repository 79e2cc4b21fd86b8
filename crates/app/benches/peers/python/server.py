"""The webhook's endpoint as it is usually written with FastAPI: check the credentials, parse, insert, answer."""

import json
import os
import secrets
import sqlite3
from typing import Annotated

import uvicorn
from fastapi import Depends, FastAPI, HTTPException, Request
from fastapi.security import HTTPBasic, HTTPBasicCredentials

USER = os.environ["WEBHOOK_USER"].encode()
PASSWORD = os.environ["WEBHOOK_PASSWORD"].encode()

database = sqlite3.connect("events.db", isolation_level=None)
database.execute("pragma page_size = 8192")
database.execute("pragma journal_mode = wal")
database.execute("pragma synchronous = full")
database.execute(
    """create table if not exists events (
        id          integer primary key,
        connection  text not null,
        event_key   text not null,
        kind        text not null,
        body        text not null,
        received_at text not null default current_timestamp,
        unique (connection, event_key)
    )"""
)

app = FastAPI()
basic = HTTPBasic()


async def check(credentials: Annotated[HTTPBasicCredentials, Depends(basic)]) -> None:
    user = secrets.compare_digest(credentials.username.encode(), USER)
    password = secrets.compare_digest(credentials.password.encode(), PASSWORD)
    if not (user and password):
        raise HTTPException(401, "credentials_refused")


@app.get("/healthz")
async def healthz() -> dict[str, str]:
    return {"status": "ok"}


@app.post("/v1/{connection}/amazon/events")
async def receive(connection: str, request: Request, _: Annotated[None, Depends(check)]) -> dict[str, str]:
    body = (await request.body()).decode()
    try:
        event = json.loads(body)
        key, kind = event["idempotencyKey"], event["eventDescriptor"]
    except (ValueError, KeyError, TypeError):
        raise HTTPException(400, "event_unreadable") from None
    # one statement is one commit; SQLite has one writer, so handing it to a thread only adds the hand-over
    stored = database.execute(
        "insert into events (connection, event_key, kind, body) values (?, ?, ?, ?) on conflict do nothing",
        (connection, key, kind, body),
    )
    return {"outcome": "stored" if stored.rowcount == 1 else "duplicate"}


if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(os.environ["PORT"]), loop="uvloop", access_log=False, log_level="warning")
