use amz_app::settings::Settings;

use super::*;

/// A connection with more lines of configuration.
fn connection_with(more: &str) -> ConnectionSettings {
    let text = format!(
        "[[connection]]\nname = \"main\"\n[connection.amazon.bwp]\nclient_id = \"c\"\nclient_secret = \"s\"\n\
         target_id = \"t\"\n[connection.amazon.webhook_auth]\nallow_unauthenticated = true\n\
         [connection.netsuite]\naccount = \"1\"\ntimezone = \"UTC\"\n[connection.netsuite.auth.tba]\n\
         consumer_key = \"k\"\nconsumer_secret = \"s\"\ntoken_id = \"i\"\ntoken_secret = \"t\"\n{more}"
    );
    Settings::from_toml(&text, &Default::default(), Path::new("")).unwrap().connections.remove(0)
}

fn url() -> Url {
    "https://amz.example".parse().unwrap()
}

fn paths(bundle: &Bundle) -> Vec<&str> {
    bundle.files.iter().map(|file| file.path.as_str()).collect()
}

#[test]
fn every_field_and_record_type_of_the_settings_has_an_object_and_no_other() {
    let connection = connection_with("");
    let bundle = bundle(&connection, &url(), None).unwrap();
    let known: Vec<String> = connection
        .netsuite
        .fields
        .iter()
        .map(|(standard, _)| format!("src/Objects/{standard}.xml"))
        .collect();
    for path in &known {
        assert!(paths(&bundle).contains(&path.as_str()), "{path} is missing");
    }
    let fields = ["custbody_", "custcol_", "custitem_", "customrecord_"];
    for path in paths(&bundle) {
        let is_field = fields.iter().any(|prefix| path.starts_with(&format!("src/Objects/{prefix}")));
        assert!(!is_field || known.iter().any(|known| known == path), "settings do not know {path}");
    }
    assert!(bundle.renamed.is_empty());
}

#[test]
fn names_of_the_configuration_are_those_of_the_project() {
    let connection =
        connection_with("[connection.netsuite.fields]\ncustbody_amz_hold = \"custbody_keep_back\"\n");
    let bundle = bundle(&connection, &url(), None).unwrap();
    assert!(paths(&bundle).contains(&"src/Objects/custbody_keep_back.xml"));
    assert!(!paths(&bundle).contains(&"src/Objects/custbody_amz_hold.xml"));
    assert!(bundle.renamed.is_empty(), "the configuration knows them");
}

#[test]
fn names_with_a_prefix_make_a_project_when_they_are_pasted_into_the_configuration() {
    let own = "[connection.mapping]\nitem_sku_field = \"custitem_amz_sku\"\n[connection.netsuite.fields]\n\
               custbody_amz_hold = \"custbody_keep_back\"\n";
    let rendered = bundle(&connection_with(own), &url(), Some("shop")).unwrap();
    assert!(paths(&rendered).contains(&"src/Objects/custbody_keep_back.xml"), "settings come first");
    assert!(paths(&rendered).contains(&"src/Objects/customrecord_shop_outbox.xml"));

    let out = PathBuf::from("x");
    let written = Written {
        out: &out,
        connection: "main",
        url: &rendered.events_url,
        fields: &rendered.renamed,
        item_sku_field: rendered.item_sku_field.as_deref(),
        files: paths(&rendered),
    };
    let said = text(&written);
    let (_, table) = said.split_once(":\n\n").unwrap();
    let pasted = connection_with(&format!("{table}custbody_amz_hold = \"custbody_keep_back\"\n"));
    assert_eq!(pasted.netsuite.item_sku_field, "custitem_shop_sku");
    assert_eq!(bundle(&pasted, &url(), None).unwrap().files, rendered.files);
}

#[test]
fn address_is_where_the_connection_takes_notices() {
    let at = |base: &str| events_url(&base.parse().unwrap(), "main").map_err(|wrong| wrong.0);
    assert_eq!(at("https://amz.example").unwrap(), "https://amz.example/v1/main/netsuite/events");
    assert_eq!(
        at("https://amz.example:8443/in/").unwrap(),
        "https://amz.example:8443/in/v1/main/netsuite/events"
    );
    for refused in [
        "http://amz.example",
        "mailto:amz@example.com",
        "https://u:p@amz.example",
        "https://amz.example/?a=1",
    ] {
        assert!(at(refused).is_err(), "{refused}");
    }
    assert!(at(&format!("https://amz.example/{}", "x".repeat(300))).unwrap_err().contains("300"));
}

#[test]
fn project_that_netsuite_would_refuse_is_not_written() {
    let long = format!("custbody_{}", "a".repeat(32));
    let connection =
        connection_with(&format!("[connection.netsuite.fields]\ncustbody_amz_hold = \"{long}\"\n"));
    let refused = bundle(&connection, &url(), None).unwrap_err().to_string();
    assert!(refused.contains("id_too_long"), "{refused}");
    assert!(bundle(&connection_with(""), &url(), Some("No")).unwrap_err().is::<WrongUse>());
}

#[test]
fn files_go_into_an_empty_folder_only() {
    let folder = tempfile::tempdir().unwrap();
    let files = [BundleFile { path: "src/Objects/a.xml".to_owned(), content: "<a/>".to_owned() }];
    let out = folder.path().join("new/project");
    write(&out, &files).unwrap();
    assert_eq!(std::fs::read_to_string(out.join("src/Objects/a.xml")).unwrap(), "<a/>");
    assert!(write(&out, &files).unwrap_err().is::<WrongUse>());
    let empty = folder.path().join("empty");
    std::fs::create_dir(&empty).unwrap();
    write(&empty, &files).unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, "").unwrap();
    assert!(write(&file, &files).is_err());
}
