//! What is wrong is found.

use amz_store::transfer::{check, compare, copy, migrate};
use sqlx::Executor;

use crate::filled::{connect, database, filled};

#[tokio::test]
async fn a_changed_byte_is_found() {
    let filled = filled().await;
    let (target, url) = database();
    copy(&filled.store(), &target, &|_| ()).await.unwrap();
    let mut database = connect(&url).await;
    for (table, statement) in [
        ("notices", "update notices set body = replace(body, 'n1', 'm1') where id = 1 and feed = 'inbox'"),
        ("looks", "update looks set ended_at = ended_at + 1 where id = 1"),
        ("requests", "delete from requests where lane = 'order/2'"),
        ("lanes", "update lanes set connection = 'third' where connection = 'other'"),
    ] {
        database.execute("begin").await.unwrap();
        database.execute(statement).await.unwrap();
        database.execute("commit").await.unwrap();
        let compared = compare(&filled.store(), &target, &|_| ()).await.unwrap();
        assert!(compared.differing().contains(&table), "{table}: {:?}", compared.differing());
    }
}

#[tokio::test]
async fn what_is_not_sound_is_told_with_an_example() {
    let filled = filled().await;
    let (target, url) = database();
    copy(&filled.store(), &target, &|_| ()).await.unwrap();
    let mut database = connect(&url).await;
    let faults = "delete from requests where lane = 'order/7';
        insert into requests (connection, lane, sequence, ask, due_at) values ('shop', 'order/99', 1, '\"Sing\"', 0);
        update intents set state = 'puzzled' where intent = 'create-order/1';
        update links set link = '{' where kind = 'order';
        delete from notices where feed = 'commands';
        update lanes set fence = 100000 where lane = 'order/2';
        select setval(pg_get_serial_sequence('calls', 'id'), 1)";
    database.execute(sqlx::raw_sql(faults)).await.unwrap();
    let found = check(&target, &|_| ()).await.unwrap();
    let broken: Vec<(&str, u64, &str)> = found
        .iter()
        .filter(|rule| rule.broken > 0)
        .map(|rule| (rule.rule, rule.broken, rule.example.as_deref().unwrap()))
        .collect();
    assert_eq!(
        broken,
        [
            ("every request has its lane", 1, "shop/order/99"),
            ("every lane has requests", 1, "other/order/7"),
            ("every waiting notice is there", 1, "shop/commands/1"),
            ("no fence is ahead of its sequence", 1, "shop/order/2"),
            ("no id is ahead of its sequence", 1, "calls"),
            ("every request can be read", 1, "shop/order/99/1"),
            ("every link can be read", 1, "shop/order/322-A"),
            ("every intent is in a state that is known", 1, "shop/create-order/1"),
        ]
    );
}

#[tokio::test]
async fn a_damaged_file_is_found() {
    let filled = filled().await;
    filled
        .change(
            &filled.paths.inbox,
            "pragma writable_schema = on; update sqlite_master set sql = 'create index notices_by_age on notices (id)'
             where name = 'notices_by_age'",
        )
        .await;
    let found = check(&filled.store(), &|_| ()).await.unwrap();
    let damage = found.iter().find(|rule| rule.rule == "no file is damaged").unwrap();
    assert!(damage.broken > 0 && damage.example.as_deref().unwrap().starts_with("inbox: "), "{damage:?}");
}

#[tokio::test]
async fn tables_are_made_once_however_often_they_are_brought_up_to_date() {
    let filled = filled().await;
    let (target, _) = database();
    assert_eq!(check(&target, &|_| ()).await.unwrap_err().code(), "store_absent");
    let first = migrate(&target).await.unwrap();
    assert_eq!((first.len(), first[0].before), (1, 0));
    let again = migrate(&target).await.unwrap();
    assert_eq!((again[0].before, again[0].after), (first[0].after, first[0].after));
    let files = migrate(&filled.store()).await.unwrap();
    let parts: Vec<&str> = files.iter().map(|part| part.part).collect();
    assert_eq!(parts, ["state", "inbox", "commands", "settings"]);
    assert!(files.iter().all(|part| part.before == part.after && part.after > 0), "{files:?}");
}

#[tokio::test]
async fn tables_of_another_version_are_not_read() {
    let filled = filled().await;
    filled
        .change(
            &filled.paths.state,
            "delete from _sqlx_migrations where version = 6;
             drop table paces; drop table turns; drop table duties; drop table slot_shares;
             drop table if exists slot_accounts",
        )
        .await;
    assert_eq!(check(&filled.store(), &|_| ()).await.unwrap_err().code(), "store_of_other_version");
    let done = migrate(&filled.store()).await.unwrap();
    assert_eq!((done[0].before, done[0].after), (5, 6));
    assert!(check(&filled.store(), &|_| ()).await.unwrap().iter().all(|rule| rule.broken == 0));
}
