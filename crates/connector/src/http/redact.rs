//! Takes secrets and personal data out of what is recorded.
//!
//! First by field name, over JSON (also JSON inside strings) and forms. Then by value: whatever the request
//! carried in such a field is also taken out of every other text, because vendors quote input in messages.

use http::header::{AUTHORIZATION, CONTENT_TYPE};
use serde_json::{Map, Value};
use url::form_urlencoded;

use super::exchange::{Answer, Body, Outgoing};
use super::fields::{Class, OpenFields};

/// Recorded bodies are cut to this size.
pub const MAX_RECORDED_BYTES: usize = 16 * 1024;

/// Shorter values are too common to be searched for in other texts: a state `NY`, a house number.
const SHORTEST_SEARCHED_BYTES: usize = 5;

/// Deeper documents are not walked; what lies below is taken out.
const DEEPEST_LEVEL: usize = 64;

/// Knows what one request carries that must not be shown.
#[derive(Clone, Default)]
pub struct Redactor {
    /// Longest first, so that a street is found before the town in it.
    known: Vec<(String, Class)>,
    /// Custom fields that may be shown.
    open: OpenFields,
}

impl std::fmt::Debug for Redactor {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Redactor({} values)", self.known.len())
    }
}

impl Redactor {
    /// Learns the secrets and the personal data of a request.
    pub(super) fn of(outgoing: &Outgoing, open: OpenFields) -> Self {
        let mut redactor = Self { known: Vec::new(), open };
        let authorization = outgoing.headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
        if let Some((_, credentials)) = authorization.and_then(|value| value.split_once(' ')) {
            redactor.learn(&Value::from(credentials), Class::Secret);
        }
        // a token may travel in a header of the vendor's own
        let marked =
            outgoing.headers.iter().filter(|(name, value)| value.is_sensitive() && *name != AUTHORIZATION);
        for value in marked.filter_map(|(_, value)| value.to_str().ok()) {
            redactor.learn(&Value::from(value), Class::Secret);
        }
        match &outgoing.body {
            Body::Empty => {}
            Body::Json(document) => redactor.search(document, None, 0),
            Body::Form(fields) => {
                for (name, value) in fields {
                    if let Some(class) = redactor.open.class_of(name, None) {
                        redactor.learn(&Value::from(value.as_str()), class);
                    }
                }
            }
        }
        redactor.settle();
        redactor
    }

    fn settle(&mut self) {
        self.known.sort_by(|(one, _), (other, _)| other.len().cmp(&one.len()).then_with(|| one.cmp(other)));
        self.known.dedup_by(|one, other| one.0 == other.0);
    }

    /// What the audit trail shows of a request body; nothing when there is none.
    pub fn request(&self, body: &Body) -> Option<String> {
        match body {
            Body::Empty => None,
            Body::Json(document) => Some(cut(self.document(document, None, 0).to_string())),
            Body::Form(fields) => {
                let pairs = fields.iter().map(|(name, value)| match self.open.class_of(name, None) {
                    Some(class) => (name.as_str(), class.mark().to_owned()),
                    None => (name.as_str(), self.text(value)),
                });
                Some(cut(form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()))
            }
        }
    }

    /// What the audit trail shows of an answer's body; of an unreadable one only kind and size.
    pub fn response(&self, answer: &Answer) -> Option<String> {
        if answer.body.is_empty() {
            return None;
        }
        Some(match answer.json::<Value>() {
            Ok(document) => {
                let mut wider = self.clone();
                wider.search(&document, None, 0);
                wider.settle();
                cut(wider.document(&document, None, 0).to_string())
            }
            Err(_) => {
                let kind = answer.header(CONTENT_TYPE.as_str()).and_then(|kind| kind.split(';').next());
                format!("[{} bytes of {}]", answer.body.len(), self.text(kind.unwrap_or("unknown type")))
            }
        })
    }

    /// A text without the request's secrets and personal data, and without anything that looks like an
    /// e-mail address.
    pub fn text(&self, text: &str) -> String {
        let mut safe = text.to_owned();
        for (value, class) in &self.known {
            if safe.contains(value.as_str()) {
                safe = safe.replace(value.as_str(), class.mark());
            }
        }
        if safe.contains('@') { without_addresses(&safe) } else { safe }
    }

    fn document(&self, value: &Value, parent: Option<&str>, level: usize) -> Value {
        if level > DEEPEST_LEVEL {
            return Value::from("[too deep]");
        }
        match value {
            Value::Object(fields) => {
                let fields = fields.iter().map(|(name, value)| {
                    let safe = match self.open.class_of(name, parent) {
                        Some(class) if !is_nothing(value) => Value::from(class.mark()),
                        _ => self.document(value, Some(name), level + 1),
                    };
                    (name.clone(), safe)
                });
                Value::Object(fields.collect::<Map<_, _>>())
            }
            Value::Array(items) => {
                Value::Array(items.iter().map(|item| self.document(item, parent, level + 1)).collect())
            }
            Value::String(text) => match inner_document(text) {
                Some(inner) => Value::from(self.document(&inner, parent, level + 1).to_string()),
                None => Value::from(self.text(text)),
            },
            Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
        }
    }

    fn search(&mut self, value: &Value, parent: Option<&str>, level: usize) {
        if level > DEEPEST_LEVEL {
            return;
        }
        match value {
            Value::Object(fields) => {
                for (name, value) in fields {
                    match self.open.class_of(name, parent) {
                        Some(class) => self.learn(value, class),
                        None => self.search(value, Some(name), level + 1),
                    }
                }
            }
            Value::Array(items) => items.iter().for_each(|item| self.search(item, parent, level + 1)),
            Value::String(text) => {
                if let Some(inner) = inner_document(text) {
                    self.search(&inner, parent, level + 1);
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    fn learn(&mut self, value: &Value, class: Class) {
        match value {
            Value::Object(fields) => fields.values().for_each(|value| self.learn(value, class)),
            Value::Array(items) => items.iter().for_each(|item| self.learn(item, class)),
            Value::String(text) if text.trim().len() >= SHORTEST_SEARCHED_BYTES => {
                self.known.push((text.trim().to_owned(), class));
            }
            Value::String(_) | Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }
}

/// `null`, and the empty shells around it, say that something is missing; that is worth seeing.
fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.is_empty(),
        Value::Bool(_) | Value::Number(_) => false,
    }
}

fn inner_document(text: &str) -> Option<Value> {
    let document = text.trim_start().starts_with(['{', '[']).then(|| serde_json::from_str(text).ok());
    document.flatten().filter(|value: &Value| value.is_object() || value.is_array())
}

fn without_addresses(text: &str) -> String {
    let is_part = |letter: char| letter.is_alphanumeric() || matches!(letter, '.' | '_' | '-' | '+' | '@');
    let mut safe = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(is_part) {
        let (before, from) = rest.split_at(start);
        let (word, after) = from.split_at(from.find(|letter| !is_part(letter)).unwrap_or(from.len()));
        safe.push_str(before);
        let is_address =
            word.split_once('@').is_some_and(|(user, host)| !user.is_empty() && host.contains('.'));
        safe.push_str(if is_address { Class::Personal.mark() } else { word });
        rest = after;
    }
    safe.push_str(rest);
    safe
}

fn cut(mut text: String) -> String {
    if text.len() > MAX_RECORDED_BYTES {
        let whole = text.len();
        let mut end = MAX_RECORDED_BYTES - 40;
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        text.truncate(end);
        text.push_str(&format!("[cut, {whole} bytes]"));
    }
    text
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, Method};
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn outgoing(body: Body) -> Outgoing {
        let authorization = (AUTHORIZATION, "Bearer Atza-secret".parse().unwrap());
        Outgoing {
            operation: "test".into(),
            method: Method::POST,
            url: "https://vendor.example/".parse().unwrap(),
            headers: HeaderMap::from_iter([authorization]),
            body,
            attempt: 1,
        }
    }

    fn recorded(document: Value) -> Value {
        let body = Body::Json(document);
        serde_json::from_str(
            &Redactor::of(&outgoing(body.clone()), OpenFields::default()).request(&body).unwrap(),
        )
        .unwrap()
    }

    fn answer(body: &str) -> Answer {
        Answer { status: 200, headers: HeaderMap::new(), body: body.as_bytes().to_vec() }
    }

    #[test]
    fn a_netsuite_order_shows_items_and_keys_but_not_the_shopper() {
        let document = json!({
            "id": "42", "tranId": "SO42", "email": "ada@example.com", "otherRefNum": "PO-7",
            "entity": { "id": "17", "refName": "Ada Lovelace" },
            "shipAddressList": { "id": "5", "refName": "Home" },
            "shippingAddress": { "addr1": "12 Engine Street", "country": { "id": "US" } },
            "shippingAddress_text": "Ada Lovelace, 12 Engine Street",
            "custbody_amz_shopper_identity": "Atza|x",
            "item": { "items": [{ "item": { "id": "9", "refName": "Blue mug" }, "quantity": 1.50 }] },
            "zip": "", "shipPhone": null,
        });
        let mut expected = document.clone();
        expected["email"] = json!("[personal]");
        expected["entity"]["refName"] = json!("[personal]");
        expected["shipAddressList"] = json!("[personal]");
        expected["shippingAddress"] = json!("[personal]");
        expected["shippingAddress_text"] = json!("[personal]");
        expected["custbody_amz_shopper_identity"] = json!("[secret]");
        assert_eq!(recorded(document), expected);
    }

    #[test]
    fn json_inside_a_string_is_redacted_too() {
        let recorded = recorded(json!({ "data": "{\"orderId\":\"322\",\"phoneNumber\":\"555\"}" }));
        let inner: Value = serde_json::from_str(recorded["data"].as_str().unwrap()).unwrap();
        assert_eq!(inner, json!({ "orderId": "322", "phoneNumber": "[personal]" }));
    }

    #[test]
    fn forms_keep_what_explains_them() {
        let fields =
            [("grant_type", "client_credentials"), ("client_id", "amzn1.x"), ("client_secret", "hush&")];
        let fields = fields.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
        let body = Body::Form(fields);
        let recorded = Redactor::of(&outgoing(body.clone()), OpenFields::default()).request(&body).unwrap();
        assert_eq!(recorded, "grant_type=client_credentials&client_id=amzn1.x&client_secret=%5Bsecret%5D");
    }

    #[test]
    fn what_the_request_carried_is_found_in_any_text() {
        let body = json!({
            "recipient": { "name": "Ada Lovelace", "region": "WA", "streetAddress": "12 Engine Street" }
        });
        let redactor = Redactor::of(&outgoing(Body::Json(body)), OpenFields::default());
        let text = "token Atza-secret: WAREHOUSE knows no 12 Engine Street (Ada Lovelace, bob@mail.example)";
        assert_eq!(
            redactor.text(text),
            "token [secret]: WAREHOUSE knows no [personal] ([personal], [personal])"
        );
        let recorded = redactor.response(&answer(r#"{"message":"no 12 Engine Street"}"#)).unwrap();
        assert_eq!(recorded, r#"{"message":"no [personal]"}"#);
    }

    #[test]
    fn what_the_answer_carries_in_one_field_is_found_in_its_others() {
        let body = r#"{"entity":{"refName":"Ada Lovelace"},"memo":"for Ada Lovelace"}"#;
        let recorded = Redactor::default().response(&answer(body)).unwrap();
        assert!(!recorded.contains("Lovelace"), "{recorded}");
    }

    #[test]
    fn of_an_unreadable_body_only_kind_and_size_are_recorded() {
        let redactor = Redactor::default();
        let mut page = answer("<html>Ada Lovelace</html>");
        assert_eq!(redactor.response(&page).unwrap(), "[25 bytes of unknown type]");
        page.headers.insert(CONTENT_TYPE, "text/html; charset=utf-8".parse().unwrap());
        assert_eq!(redactor.response(&page).unwrap(), "[25 bytes of text/html]");
        assert_eq!(redactor.response(&answer("")), None);
        assert_eq!(redactor.request(&Body::Empty), None);
    }

    #[test]
    fn numbers_keep_their_digits() {
        let recorded = Redactor::default().response(&answer(r#"{"amount":12345678901234567.89}"#)).unwrap();
        assert_eq!(recorded, r#"{"amount":12345678901234567.89}"#);
    }

    #[test]
    fn documents_without_bottom_end_somewhere() {
        let deep = format!("{}\"ada@example.com\"{}", "[".repeat(100), "]".repeat(100));
        let recorded = Redactor::default().response(&answer(&deep)).unwrap();
        assert!(recorded.contains("[too deep]") && !recorded.contains("ada"), "{recorded}");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]

        #[test]
        fn long_bodies_are_cut_between_characters(text in "[aä€😀]{4000,9000}") {
            let recorded = Redactor::default().response(&answer(&json!({ "text": text }).to_string())).unwrap();
            prop_assert!(recorded.len() <= MAX_RECORDED_BYTES);
        }

        #[test]
        fn no_input_makes_redaction_panic(body in ".{0,200}", text in ".{0,200}") {
            let redactor = Redactor::of(&outgoing(Body::Json(json!({ "name": body, "other": text }))), OpenFields::default());
            redactor.text(&text);
            redactor.response(&answer(&text));
        }
    }
}
