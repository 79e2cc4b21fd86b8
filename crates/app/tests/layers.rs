//! Holds the arrows between the layers: each crate may depend on those below it and on no other.

use std::collections::BTreeSet;
use std::path::Path;

/// A crate's folder and the workspace crates that its `[dependencies]` may name.
const ARROWS: [(&str, &[&str]); 11] = [
    ("crates/domain", &[]),
    ("crates/services", &["amz-domain"]),
    ("crates/connector", &["amz-domain", "amz-services"]),
    ("crates/store", &["amz-domain", "amz-services"]),
    ("crates/event-handler", &["amz-domain", "amz-services"]),
    // shares no types with the connector: a wrong field name shared by both would pass every test
    ("crates/sandbox", &[]),
    // a PostgreSQL server for tests and benches; no product code depends on it
    ("crates/temporary-postgres", &[]),
    ("crates/app", &["amz-domain", "amz-services", "amz-connector", "amz-store", "amz-event-handler"]),
    ("bins/webhook", &["amz-app"]),
    ("bins/sync", &["amz-app"]),
    ("bins/amz", &["amz-domain", "amz-services", "amz-app", "amz-sandbox"]),
];

fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

/// Names in the `[dependencies]` section of a manifest.
fn dependencies(manifest: &str) -> BTreeSet<String> {
    let section =
        manifest.split("\n[").find(|section| section.starts_with("dependencies]")).unwrap_or_default();
    let names = section.lines().skip(1).filter_map(|line| line.split(['.', '=', ' ']).next());
    names.filter(|name| name.starts_with("amz-")).map(str::to_owned).collect()
}

#[test]
fn arrows_point_down_only() {
    for (folder, allowed) in ARROWS {
        let manifest = std::fs::read_to_string(root().join(folder).join("Cargo.toml")).unwrap();
        let allowed: BTreeSet<String> = allowed.iter().map(|name| (*name).to_owned()).collect();
        let forbidden: Vec<_> = dependencies(&manifest).difference(&allowed).cloned().collect();
        assert!(forbidden.is_empty(), "{folder} must not depend on {forbidden:?}");
    }
}

#[test]
fn every_crate_has_its_place() {
    let known: BTreeSet<&str> = ARROWS.iter().map(|(folder, _)| *folder).collect();
    for layer in ["crates", "bins"] {
        for entry in std::fs::read_dir(root().join(layer)).unwrap() {
            let entry = entry.unwrap();
            let folder = format!("{layer}/{}", entry.file_name().to_string_lossy());
            let is_crate = entry.path().join("Cargo.toml").exists();
            assert!(!is_crate || known.contains(folder.as_str()), "{folder} is not in the table of arrows");
        }
    }
}

#[test]
fn the_services_know_no_http_no_sql_and_no_clock() {
    let mut folders = vec![root().join("crates/services/src"), root().join("crates/domain/src")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let text = std::fs::read_to_string(&path).unwrap();
            for word in
                ["reqwest", "axum", "sqlx", "Utc::now", "SystemTime::now", "Instant::now", "f64", "f32"]
            {
                assert!(!text.contains(word), "{} names {word}", path.display());
            }
        }
    }
}
