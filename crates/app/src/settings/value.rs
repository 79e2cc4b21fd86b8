//! One value read as the type its key asks for.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;
use rust_decimal::Decimal;
use secrecy::SecretString;
use tracing_subscriber::EnvFilter;

use super::address::{endpoint, store_address, webhook_address};
use super::fault::FaultCode;
use super::key::Kind;
use super::nearest::nearest;
use super::secret::{Places, is_private_key, is_signing_secret, resolve};
use super::tree::{Entry, Node, ValueSource};
use crate::schedule::Schedule;

/// A value of a known type.
pub(super) enum Value {
    Text(String),
    Flag(bool),
    Whole(u64),
    Amount(Decimal),
    Duration(Duration),
    Instant(DateTime<Utc>),
    Zone(Tz),
    Address(SocketAddr),
    Secret(SecretString),
    Secrets(Vec<SecretString>),
    Texts(Vec<String>),
    Table(BTreeMap<String, String>),
}

/// Why a value cannot be used.
pub(super) struct Problem {
    pub(super) code: FaultCode,
    /// Never a secret.
    pub(super) found: Option<String>,
    /// Where it lies within the key's value, for lists and tables.
    pub(super) place: Option<String>,
    pub(super) expected: Option<String>,
    pub(super) suggestion: Option<String>,
}

impl Problem {
    pub(super) fn new(code: FaultCode) -> Self {
        Self { code, found: None, place: None, expected: None, suggestion: None }
    }

    pub(super) fn found(mut self, found: impl Into<String>) -> Self {
        self.found = Some(found.into());
        self
    }

    pub(super) fn expected(mut self, expected: impl Into<String>) -> Self {
        self.expected = Some(expected.into());
        self
    }

    pub(super) fn at(mut self, place: impl Into<String>) -> Self {
        self.place = Some(place.into());
        self
    }
}

/// Reads a value as its key's type.
pub(super) fn read(kind: &Kind, entry: &Entry, places: Places<'_>) -> Result<Value, Problem> {
    match kind {
        Kind::Text
        | Kind::UserName
        | Kind::Name
        | Kind::Account
        | Kind::FieldId
        | Kind::Member
        | Kind::Word
        | Kind::Currency
        | Kind::Date
        | Kind::Schedule
        | Kind::File
        | Kind::Filter
        | Kind::Choice(_)
        | Kind::Endpoint
        | Kind::InternalId => plain(kind, entry).map(Value::Text),
        Kind::Flag => flag(entry).map(Value::Flag),
        Kind::Whole { least, most } => whole(entry, *least, *most).map(Value::Whole),
        Kind::Share => share(entry).map(Value::Amount),
        Kind::Rate => rate(entry).map(Value::Amount),
        Kind::Amount => amount(entry).map(Value::Amount),
        Kind::Duration { least, most } => duration_within(entry, least, most).map(Value::Duration),
        Kind::Instant => {
            let text = text(entry)?;
            let instant = DateTime::parse_from_rfc3339(text);
            instant
                .map(|instant| Value::Instant(instant.to_utc()))
                .map_err(|_| wrong(FaultCode::NotAnInstant, text))
        }
        Kind::Zone => zone(text(entry)?).map(Value::Zone),
        Kind::Address => {
            let text = text(entry)?;
            text.parse().map(Value::Address).map_err(|_| wrong(FaultCode::Malformed, text))
        }
        Kind::WebhookAddress => webhook_address(resolve(entry, places)?).map(Value::Secret),
        Kind::Store => store_address(resolve(entry, places)?).map(Value::Secret),
        Kind::Secret => resolve(entry, places).map(Value::Secret),
        Kind::PrivateKey => {
            let key = resolve(entry, places)?;
            if is_private_key(&key) {
                Ok(Value::Secret(key))
            } else {
                Err(Problem::new(FaultCode::Malformed))
            }
        }
        Kind::SigningSecrets => signing_secrets(entry, places).map(Value::Secrets),
        Kind::List(inner) => list(inner, entry).map(Value::Texts),
        Kind::Table(inner) => table(&Kind::InternalId, inner, entry).map(Value::Table),
        Kind::Words(inner) => table(&Kind::Text, inner, entry).map(Value::Table),
    }
}

/// How a value is shown; secrets are not.
pub(super) fn shown(kind: &Kind, entry: &Entry) -> String {
    if kind.is_secret() {
        return "[secret]".to_owned();
    }
    match &entry.node {
        Node::Text(text) => text.clone(),
        Node::Whole(number) => number.to_string(),
        Node::Fraction(number) => number.clone(),
        Node::Flag(flag) => flag.to_string(),
        Node::List(list) => list.iter().map(|entry| shown(kind, entry)).collect::<Vec<_>>().join(","),
        Node::Table(table) => {
            let rows = table.iter().map(|(key, entry)| format!("{key}={}", shown(kind, entry)));
            rows.collect::<Vec<_>>().join(",")
        }
    }
}

/// A value as JSON has it, in the form in which it can be set at run time; secrets have none. `shown` is its text.
pub(super) fn typed(value: &Value, shown: &str) -> Option<serde_json::Value> {
    match value {
        Value::Text(text) => Some(text.clone().into()),
        Value::Flag(flag) => Some((*flag).into()),
        Value::Whole(number) => Some((*number).into()),
        // amounts and shares are text, so that no floating point number comes between
        Value::Amount(amount) => Some(amount.to_string().into()),
        Value::Duration(_) | Value::Instant(_) | Value::Zone(_) | Value::Address(_) => Some(shown.into()),
        Value::Secret(_) | Value::Secrets(_) => None,
        Value::Texts(texts) => Some(texts.clone().into()),
        Value::Table(rows) => {
            Some(rows.iter().map(|(key, row)| (key.clone(), serde_json::Value::from(row.clone()))).collect())
        }
    }
}

/// Something found that is not what is expected, with its text.
pub(super) fn wrong(code: FaultCode, text: &str) -> Problem {
    Problem::new(code).found(quoted(text))
}

/// Text in quotes, cut where it is long.
fn quoted(text: &str) -> String {
    const LONGEST: usize = 80;
    if text.chars().count() <= LONGEST {
        return format!("{text:?}");
    }
    format!("{:?}…", text.chars().take(LONGEST).collect::<String>())
}

/// Text that is not empty; the empty text counts as absent.
pub(super) fn text(entry: &Entry) -> Result<&str, Problem> {
    match &entry.node {
        Node::Text(text) if text.is_empty() => Err(Problem::new(FaultCode::Missing).found("empty text")),
        Node::Text(text) => Ok(text),
        Node::Whole(number) => Err(Problem::new(FaultCode::WrongType).found(format!("the number {number}"))),
        Node::Flag(flag) => Err(Problem::new(FaultCode::WrongType).found(flag.to_string())),
        Node::Fraction(_) | Node::List(_) | Node::Table(_) => {
            Err(Problem::new(FaultCode::WrongType).found(entry.type_name()))
        }
    }
}

/// Values that end up as checked text.
fn plain(kind: &Kind, entry: &Entry) -> Result<String, Problem> {
    if let (Kind::InternalId, Node::Whole(number)) = (kind, &entry.node) {
        return if *number >= 0 {
            Ok(number.to_string())
        } else {
            Err(wrong(FaultCode::Malformed, &number.to_string()))
        };
    }
    let text = text(entry)?;
    match kind {
        Kind::Endpoint => return endpoint(text),
        Kind::Choice(words) if !words.contains(&text) => {
            let mut problem = wrong(FaultCode::NotOneOf, text);
            problem.suggestion = nearest(text, words.iter().copied()).map(str::to_owned);
            return Err(problem);
        }
        _ => {}
    }
    if well_formed(kind, text) { Ok(text.to_owned()) } else { Err(wrong(FaultCode::Malformed, text)) }
}

fn well_formed(kind: &Kind, text: &str) -> bool {
    let all = |allowed: fn(char) -> bool| text.chars().all(allowed);
    match kind {
        Kind::Text | Kind::File => all(|letter| !letter.is_control()) && text.trim() == text,
        Kind::UserName => all(|letter| !letter.is_control() && letter != ':'),
        Kind::Name => {
            let parts = text.split(['-', '_']);
            text.len() <= 64 && parts.into_iter().all(|part| !part.is_empty() && is_alphanumeric(part))
        }
        Kind::Account => text.split('_').all(|part| {
            !part.is_empty()
                && part.chars().all(|letter| letter.is_ascii_uppercase() || letter.is_ascii_digit())
        }),
        Kind::InternalId => all(|letter| letter.is_ascii_digit()),
        Kind::FieldId => {
            text.starts_with(|letter: char| letter.is_ascii_lowercase())
                && all(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '_')
        }
        Kind::Member => {
            text.starts_with(|letter: char| letter.is_ascii_alphabetic())
                && all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
        }
        Kind::Word => all(|letter| letter.is_ascii_uppercase() || letter.is_ascii_digit() || letter == '_'),
        Kind::Currency => amz_domain::Currency::try_from(text).is_ok(),
        Kind::Date => text.len() == 10 && NaiveDate::parse_from_str(text, "%Y-%m-%d").is_ok(),
        Kind::Schedule => Schedule::parse(text).is_ok(),
        Kind::Filter => EnvFilter::builder().parse(text).is_ok(),
        _ => true,
    }
}

fn is_alphanumeric(text: &str) -> bool {
    text.chars().all(|letter| letter.is_ascii_alphanumeric())
}

/// True when the value was written as text only because its source knows nothing else.
fn only_text(entry: &Entry) -> bool {
    !matches!(entry.source, ValueSource::File)
}

fn flag(entry: &Entry) -> Result<bool, Problem> {
    match &entry.node {
        Node::Flag(flag) => Ok(*flag),
        Node::Text(text) if only_text(entry) => match text.as_str() {
            "true" => Ok(true),
            "false" => Ok(false),
            other => Err(wrong(FaultCode::WrongType, other)),
        },
        _ => Err(other_type(entry)),
    }
}

fn whole(entry: &Entry, least: u64, most: u64) -> Result<u64, Problem> {
    let number = match &entry.node {
        Node::Whole(number) => i128::from(*number),
        Node::Text(text) if only_text(entry) => {
            text.parse().map_err(|_| wrong(FaultCode::WrongType, text))?
        }
        _ => return Err(other_type(entry)),
    };
    u64::try_from(number)
        .ok()
        .filter(|number| (least..=most).contains(number))
        .ok_or_else(|| Problem::new(FaultCode::OutOfRange).found(number.to_string()))
}

/// A number of another kind, or text in the file where something else belongs.
fn other_type(entry: &Entry) -> Problem {
    match &entry.node {
        Node::Text(text) => wrong(FaultCode::WrongType, text),
        _ => Problem::new(FaultCode::WrongType).found(entry.type_name()),
    }
}

fn share(entry: &Entry) -> Result<Decimal, Problem> {
    let number = number(entry)?;
    let in_range = (Decimal::ZERO..=Decimal::ONE).contains(&number) && !number.is_sign_negative();
    if in_range { Ok(number) } else { Err(Problem::new(FaultCode::OutOfRange).found(number.to_string())) }
}

fn rate(entry: &Entry) -> Result<Decimal, Problem> {
    let number = match &entry.node {
        // as an amount: text keeps its digits
        Node::Text(text) => plain_number(text)?,
        _ => number(entry)?,
    };
    let in_range = (Decimal::new(1, 3)..=Decimal::ONE_THOUSAND).contains(&number);
    if in_range { Ok(number) } else { Err(Problem::new(FaultCode::OutOfRange).found(number.to_string())) }
}

/// A number, with a fraction or without.
fn number(entry: &Entry) -> Result<Decimal, Problem> {
    match &entry.node {
        Node::Whole(number) => Ok(Decimal::from(*number)),
        Node::Fraction(number) => plain_number(number),
        Node::Text(text) if only_text(entry) => plain_number(text),
        _ => Err(other_type(entry)),
    }
}

/// Digits with at most one point between them.
fn plain_number(text: &str) -> Result<Decimal, Problem> {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let (units, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let is_plain = digits(units.strip_prefix('-').unwrap_or(units)) && digits(fraction);
    let number = Decimal::from_str_exact(text).ok().filter(|_| is_plain);
    number.ok_or_else(|| wrong(FaultCode::WrongType, text))
}

/// Money is written as text, so that no floating point number comes between; whole numbers are exact anyway.
fn amount(entry: &Entry) -> Result<Decimal, Problem> {
    let text = match &entry.node {
        Node::Whole(number) => number.to_string(),
        _ => text(entry)?.to_owned(),
    };
    let is_plain = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let amount = Decimal::from_str_exact(&text).ok().filter(|_| is_plain);
    amount.ok_or_else(|| wrong(FaultCode::Malformed, &text))
}

/// Reads a whole number with a unit: `250ms`, `2s`, `15m`, `1h`.
pub(super) fn duration(text: &str) -> Option<Duration> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at_checked(digits)?;
    let milliseconds_each = match unit {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        _ => return None,
    };
    number.parse::<u64>().ok()?.checked_mul(milliseconds_each).map(Duration::from_millis)
}

fn duration_within(entry: &Entry, least: &str, most: &str) -> Result<Duration, Problem> {
    let text = match &entry.node {
        // a number without its unit is the likeliest slip
        Node::Whole(number) => return Err(wrong(FaultCode::NotADuration, &number.to_string())),
        _ => text(entry)?,
    };
    let read = duration(text).ok_or_else(|| wrong(FaultCode::NotADuration, text))?;
    let above = duration(least).is_none_or(|least| read >= least);
    let below = duration(most).is_none_or(|most| read <= most);
    if above && below { Ok(read) } else { Err(wrong(FaultCode::OutOfRange, text)) }
}

fn zone(text: &str) -> Result<Tz, Problem> {
    text.parse().map_err(|_| {
        let mut problem = wrong(FaultCode::UnknownTimezone, text);
        problem.suggestion =
            nearest(text, chrono_tz::TZ_VARIANTS.iter().map(|zone| zone.name())).map(str::to_owned);
        problem
    })
}

/// The members of a list; text from the environment is cut at its commas.
fn members(entry: &Entry) -> Result<Vec<Entry>, Problem> {
    match &entry.node {
        Node::List(list) => Ok(list.clone()),
        Node::Text(text) if only_text(entry) => {
            let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
            Ok(parts.map(|part| Entry::text(part, entry.source.clone())).collect())
        }
        _ => Err(other_type(entry)),
    }
}

fn list(inner: &Kind, entry: &Entry) -> Result<Vec<String>, Problem> {
    let read = |(index, member): (usize, &Entry)| {
        plain(inner, member).map_err(|problem| problem.expected(inner.expected()).at(format!("[{index}]")))
    };
    members(entry)?.iter().enumerate().map(read).collect()
}

/// A table from keys of one kind to values of another.
fn table(names: &Kind, inner: &Kind, entry: &Entry) -> Result<BTreeMap<String, String>, Problem> {
    let Node::Table(rows) = &entry.node else { return Err(other_type(entry)) };
    let read = |(key, value): (&String, &Entry)| {
        if !well_formed(names, key) || key.is_empty() {
            let problem = wrong(FaultCode::Malformed, key);
            return Err(problem.expected(names.expected()).at(format!(".{key}")));
        }
        let value = plain(inner, value);
        let value = value.map_err(|problem| problem.expected(inner.expected()).at(format!(".{key}")))?;
        Ok((key.clone(), value))
    };
    rows.iter().map(read).collect()
}

fn signing_secrets(entry: &Entry, places: Places<'_>) -> Result<Vec<SecretString>, Problem> {
    let entries = match &entry.node {
        Node::List(list) => list.clone(),
        Node::Text(text) if only_text(entry) && text.contains(',') => members(entry)?,
        _ => vec![entry.clone()],
    };
    if entries.is_empty() {
        return Err(Problem::new(FaultCode::Missing).found("an empty list"));
    }
    let read = |(index, member): (usize, &Entry)| {
        let place =
            |problem: Problem| if entries.len() > 1 { problem.at(format!("[{index}]")) } else { problem };
        let secret = resolve(member, places).map_err(place)?;
        if is_signing_secret(&secret) { Ok(secret) } else { Err(place(Problem::new(FaultCode::Malformed))) }
    };
    entries.iter().enumerate().map(read).collect()
}
