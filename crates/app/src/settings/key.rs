//! What is known about a key: its place, type, default, unit and meaning.

/// One key of the configuration.
#[derive(Debug, Clone, Copy)]
pub struct Key {
    /// Place in the file, for example `connection.netsuite.concurrency`.
    pub path: &'static str,
    pub(super) kind: Kind,
    pub(super) default: Fallback,
    /// Unit of the value; empty where it has none.
    pub unit: &'static str,
    /// What the value does.
    pub meaning: &'static str,
}

/// What a key has when the configuration does not name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fallback {
    /// Must be given.
    Required,
    /// Must be given when its table is.
    RequiredInTable,
    /// May stay absent.
    Absent,
    /// This text, read as if an environment variable had set it.
    Text(&'static str),
    /// Follows from another key, in the way this text says.
    Derived(&'static str),
}

/// Type of a key's value.
#[derive(Debug, Clone, Copy)]
pub(super) enum Kind {
    /// Text without control characters.
    Text,
    /// User name of HTTP Basic authentication: text without a colon.
    UserName,
    /// Name of a connection.
    Name,
    /// NetSuite account in realm spelling.
    Account,
    /// NetSuite internal id: digits.
    InternalId,
    /// Id of a NetSuite field or record type.
    FieldId,
    /// Name of a member of a NetSuite record as REST shows it.
    Member,
    /// Capital letters, digits and `_`.
    Word,
    /// ISO 4217 code.
    Currency,
    /// Calendar date.
    Date,
    /// Five fields as cron writes them, or `off`.
    Schedule,
    /// Filter of log events.
    Filter,
    /// One of some words.
    Choice(&'static [&'static str]),
    /// True or false.
    Flag,
    /// Whole number within limits.
    Whole { least: u64, most: u64 },
    /// Number from 0 to 1.
    Share,
    /// How often per second: a number from a thousandth to a thousand.
    Rate,
    /// Path of a file of text.
    File,
    /// Amount of money, not negative, as text: never a floating point number.
    Amount,
    /// Whole number with a unit, within limits in milliseconds.
    Duration { least: &'static str, most: &'static str },
    /// Instant as RFC 3339 writes it.
    Instant,
    /// IANA time zone.
    Zone,
    /// IP address and port.
    Address,
    /// HTTPS address, plain HTTP on loopback only.
    Endpoint,
    /// Address that messages are posted to; a secret, because such addresses often carry a token.
    WebhookAddress,
    /// Where the state is kept.
    Store,
    /// Secret text.
    Secret,
    /// Private key in PEM.
    PrivateKey,
    /// One or more signing secrets (`whsec_…`).
    SigningSecrets,
    /// List of values of another kind.
    List(&'static Kind),
    /// Table from NetSuite internal ids to values of another kind.
    Table(&'static Kind),
    /// Table from the merchant's own words to values of another kind.
    Words(&'static Kind),
}

impl Kind {
    /// The type's name, for documentation.
    pub(super) fn type_name(&self) -> String {
        match self {
            Self::Text
            | Self::UserName
            | Self::Name
            | Self::Account
            | Self::FieldId
            | Self::Member
            | Self::Word => "text".to_owned(),
            Self::InternalId => "internal id".to_owned(),
            Self::Currency => "currency code".to_owned(),
            Self::Date => "date".to_owned(),
            Self::Schedule => "cron schedule or `\"off\"`".to_owned(),
            Self::Filter => "log filter".to_owned(),
            Self::Choice(words) => {
                words.iter().map(|word| format!("`\"{word}\"`")).collect::<Vec<_>>().join(" or ")
            }
            Self::Flag => "true or false".to_owned(),
            Self::Whole { least, most } => format!("whole number, {least} to {most}"),
            Self::Share => "number, 0 to 1".to_owned(),
            Self::Rate => "number, 0.001 to 1000".to_owned(),
            Self::File => "path of a file".to_owned(),
            Self::Amount => "amount".to_owned(),
            Self::Duration { least, most } => format!("duration, {least} to {most}"),
            Self::Instant => "instant".to_owned(),
            Self::Zone => "time zone".to_owned(),
            Self::Address => "IP address and port".to_owned(),
            Self::Endpoint => "address".to_owned(),
            Self::WebhookAddress => "address or secret form".to_owned(),
            Self::Store => "store address or secret form".to_owned(),
            Self::Secret => "secret".to_owned(),
            Self::PrivateKey => "secret (PEM)".to_owned(),
            Self::SigningSecrets => "secret or list of secrets".to_owned(),
            Self::List(inner) => format!("list of {}", inner.type_name()),
            Self::Table(inner) => format!("table, internal id to {}", inner.type_name()),
            Self::Words(inner) => format!("table, text to {}", inner.type_name()),
        }
    }

    /// What a value must be, to be read after "expected".
    pub(super) fn expected(&self) -> String {
        match self {
            Self::Text => "text, not empty, without control characters".to_owned(),
            Self::UserName => "text, not empty, without a colon or control characters".to_owned(),
            Self::Name => "1 to 64 letters or digits, with single `-` or `_` between them".to_owned(),
            Self::Account => {
                "the account id in realm spelling, for example `1234567` or `1234567_SB1`".to_owned()
            }
            Self::InternalId => "a NetSuite internal id, for example \"7\"".to_owned(),
            Self::FieldId => "a NetSuite id: a small letter, then small letters, digits and `_`".to_owned(),
            Self::Member => {
                "a member of a NetSuite record: a letter, then letters, digits and `_`".to_owned()
            }
            Self::Word => "a word of capital letters, digits and `_`, for example \"STANDARD\"".to_owned(),
            Self::Currency => "an ISO 4217 code, for example \"USD\"".to_owned(),
            Self::Date => "a date such as \"2024-11-01\"".to_owned(),
            Self::Schedule => {
                "five fields as cron writes them, for example \"0 3 * * *\", that come to pass; or \"off\""
                    .to_owned()
            }
            Self::Filter => {
                "a filter such as \"info\" or \"info,amz_connector=debug\", as `tracing` reads it".to_owned()
            }
            Self::Choice(words) => {
                words.iter().map(|word| format!("\"{word}\"")).collect::<Vec<_>>().join(" or ")
            }
            Self::Flag => "true or false".to_owned(),
            Self::Whole { least, most } => format!("a whole number from {least} to {most}"),
            Self::Share => "a number from 0 to 1".to_owned(),
            Self::Rate => "a number from 0.001 to 1000, for example \"2\" or \"0.5\"".to_owned(),
            Self::File => "the path of a readable file of UTF-8 text".to_owned(),
            Self::Amount => "an amount as text, for example \"1.00\", not negative".to_owned(),
            Self::Duration { least, most } => {
                format!(
                    "a whole number with a unit such as \"250ms\", \"2s\", \"15m\" or \"1h\", from {least} to {most}"
                )
            }
            Self::Instant => "an instant such as \"2026-01-01T00:00:00Z\"".to_owned(),
            Self::Zone => "an IANA time zone such as \"America/Los_Angeles\"".to_owned(),
            Self::Address => "an IP address and port such as \"127.0.0.1:8080\"".to_owned(),
            Self::Endpoint => {
                "an https:// address without user, query or fragment (http:// on loopback only)".to_owned()
            }
            Self::WebhookAddress => {
                "an https:// address without user or fragment (http:// on loopback only), as text, \
                 { env = \"NAME\" } or { file = \"PATH\" }"
                    .to_owned()
            }
            Self::Store => {
                "\"sqlite://PATH\", \"postgres://USER:PASSWORD@HOST/DATABASE\", or { env = \"NAME\" } or { file = \"PATH\" } that \
                 hold it"
                    .to_owned()
            }
            Self::Secret => "text, { env = \"NAME\" } or { file = \"PATH\" }".to_owned(),
            Self::PrivateKey => {
                "a private key in PEM, as text, { env = \"NAME\" } or { file = \"PATH\" }".to_owned()
            }
            Self::SigningSecrets => {
                "`whsec_` and base64, as text, { env = \"NAME\" } or { file = \"PATH\" }, or a list of them"
                    .to_owned()
            }
            Self::List(inner) => format!("a list, each: {}", inner.expected()),
            Self::Table(inner) => format!("a table from internal ids, each: {}", inner.expected()),
            Self::Words(inner) => format!("a table from texts, each: {}", inner.expected()),
        }
    }

    /// True when a value of this kind must never be shown.
    pub(super) fn is_secret(&self) -> bool {
        matches!(
            self,
            Self::Secret | Self::PrivateKey | Self::SigningSecrets | Self::WebhookAddress | Self::Store
        )
    }
}

impl Key {
    /// A key that must be given.
    pub(super) const fn required(path: &'static str, kind: Kind, meaning: &'static str) -> Self {
        Self { path, kind, default: Fallback::Required, unit: "", meaning }
    }

    /// A key that must be given when its table is.
    pub(super) const fn in_table(path: &'static str, kind: Kind, meaning: &'static str) -> Self {
        Self { path, kind, default: Fallback::RequiredInTable, unit: "", meaning }
    }

    /// A key that may stay absent.
    pub(super) const fn optional(path: &'static str, kind: Kind, meaning: &'static str) -> Self {
        Self { path, kind, default: Fallback::Absent, unit: "", meaning }
    }

    /// A key with a default.
    pub(super) const fn with_default(
        path: &'static str,
        kind: Kind,
        default: &'static str,
        meaning: &'static str,
    ) -> Self {
        Self { path, kind, default: Fallback::Text(default), unit: "", meaning }
    }

    /// A key whose default follows from another key.
    pub(super) const fn derived(
        path: &'static str,
        kind: Kind,
        rule: &'static str,
        meaning: &'static str,
    ) -> Self {
        Self { path, kind, default: Fallback::Derived(rule), unit: "", meaning }
    }

    /// Names the unit.
    pub(super) const fn unit(mut self, unit: &'static str) -> Self {
        self.unit = unit;
        self
    }

    /// True when the key can be set at run time. What secrets, addresses, log-ins and the store are cannot, nor can
    /// which file is read: whoever may change settings shall not read the machine's files.
    pub fn is_changeable(&self) -> bool {
        let tables = ["mapping", "policy", "inventory", "sync"];
        let below = self.path.strip_prefix("connection.").unwrap_or_default();
        let table = below.split('.').next().unwrap_or_default();
        let in_table = below.contains('.') && tables.contains(&table);
        (in_table || below == "netsuite.concurrency")
            && !self.kind.is_secret()
            && !matches!(self.kind, Kind::File)
    }

    /// Type of the value, in words.
    pub fn type_name(&self) -> String {
        self.kind.type_name()
    }

    /// What holds when the configuration does not name the key, in words.
    pub fn default_text(&self) -> String {
        match self.default {
            Fallback::Required => "**required**".to_owned(),
            Fallback::RequiredInTable => "**required in its table**".to_owned(),
            Fallback::Absent => "none".to_owned(),
            Fallback::Text(text) => format!("`{text}`"),
            Fallback::Derived(rule) => rule.to_owned(),
        }
    }

    /// The environment variable that overrides the key, with `<NAME>` for the connection's.
    pub fn variable(&self) -> String {
        let segments: Vec<String> = self.path.split('.').map(str::to_ascii_uppercase).collect();
        let joined = segments.join("__");
        let named = joined.strip_prefix("CONNECTION__").map(|rest| format!("CONNECTION__<NAME>__{rest}"));
        format!("AMZ__{}", named.unwrap_or(joined))
    }
}
